"""From bytes to a checked body, with everything that is wrong said at once."""

import json
from typing import Any, NoReturn, TypeVar

from flask import request
from flask_babel import gettext as _
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import RequestEntityTooLarge

from ticketing.api.answers import MAX_ERRORS, REQUEST, ApiError, invalid

B = TypeVar("B", bound=BaseModel)


def read(model: type[B], *, may_be_empty: bool = False) -> B:
    """The request's body as this model.

    Raises `ApiError`: 413 (by Werkzeug), 415, 400 for what isn't JSON, 422 for other JSON.
    """
    raw = _received()
    if not raw and may_be_empty:
        return model()
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ApiError(415, {REQUEST: [_("Please send the body without compression.")]})
    if request.mimetype != "application/json":
        raise ApiError(415, {REQUEST: [_("Please send JSON, as Content-Type: application/json.")]})
    return checked(model, _parse(raw))


def checked(model: type[B], given: Any) -> B:
    """What was sent as this model; raises `ApiError` 422 with all that is wrong, by field."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        found: dict[str, list[str]] = {}
        for detail in error.errors(include_url=False, include_input=False)[:MAX_ERRORS]:
            field = ".".join(str(part) for part in detail["loc"]) if detail["loc"] else REQUEST
            found.setdefault(field, []).append(_text_of(detail))
        raise invalid(found) from None


def _received() -> bytes:
    raw = request.get_data(cache=False)
    # A body that doesn't say its length beforehand is cut off at the limit, without an error.
    limit = request.max_content_length
    if request.content_length is None and limit is not None and len(raw) >= limit:
        raise RequestEntityTooLarge
    return raw


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(
            raw.decode(), object_pairs_hook=_without_doubles, parse_constant=_no_constant
        )
    except RecursionError:
        raise ApiError(400, {REQUEST: [_("The JSON is nested too deeply.")]}) from None
    except ValueError:
        # Not UTF-8, not JSON, a key twice, NaN, or a number of thousands of digits.
        raise ApiError(
            400, {REQUEST: [_("The body isn't JSON in UTF-8 with each key only once.")]}
        ) from None


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of two values under one key each program would pick its own."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _text_of(detail: ErrorDetails) -> str:
    """Our own words for pydantic's, which exist in English only."""
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            text = _("This is missing.")
        case "extra_forbidden":
            text = _("There is no such field.")
        case "model_type" | "model_attributes_type" | "dict_type":
            text = _("This must be an object.")
        case "list_type":
            text = _("This must be a list.")
        case "string_type":
            text = _("This must be a text.")
        case "string_unicode" | "refused_character":
            text = _("This holds a character that can't be printed.")
        case "answer_type":
            text = _("This must be a text, or a list of texts.")
        case "one_ticket":
            text = _("A line with a holder or a number of its own is one ticket.")
        case "bool_type" | "bool_parsing":
            text = _("This must be true or false.")
        case "literal_error":
            text = _(
                "Please use one of these: %(expected)s.",
                expected=context["expected"].replace(" or ", ", "),
            )
        case "moment":
            text = _("Please give a moment with its timezone, like 2026-05-01T12:00:00Z.")
        case "cursor":
            text = _("Please use what the page before gave as next.")
        case "our_own_reference":
            text = _("References of this kind are kept for the built-in shop.")
        case "string_pattern_mismatch":
            text = _("This may not begin or end with a space, or hold a line break.")
        case "string_too_short":
            text = _("This may not be empty.")
        case "string_too_long":
            text = _("Please use at most %(n)d characters.", n=context["max_length"])
        case "too_short":
            text = _("Please send at least one.")
        case "too_long":
            text = _("Please send at most %(n)d.", n=context["max_length"])
        case "int_type" | "int_from_float" | "int_parsing" | "int_parsing_size":
            text = _("This must be a whole number.")
        case "greater_than_equal":
            text = _("This must be at least %(n)d.", n=context["ge"])
        case "less_than_equal":
            text = _("This may be at most %(n)d.", n=context["le"])
        case _other:
            text = _("This isn't right.")
    return str(text)
