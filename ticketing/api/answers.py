"""What the API answers when it says no: always JSON, `{"errors": {field: [text]}}`."""

from collections.abc import Mapping
from typing import Final

from flask import Blueprint, Response, make_response
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from ticketing.storing.transactions import Busy, Unavailable

REQUEST: Final = "request"  # the "field" of what is wrong with no field of the body
MAX_ERRORS: Final = 50  # a body of two megabytes can hold more mistakes than anybody reads
_MAX_FIELD_NAME: Final = 100
RETRY_SECONDS: Final = "2"
_KEPT_HEADERS: Final = ("Allow", "WWW-Authenticate", "Retry-After")


class ApiError(Exception):
    """A request that gets no further; `errors` is {field: [what to do about it]}."""

    def __init__(
        self,
        status: int,
        errors: Mapping[str, list[str]],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.errors = errors
        self.headers = headers or {}


def invalid(errors: Mapping[str, list[str]]) -> ApiError:
    """The body is JSON, but not what this address takes."""
    return ApiError(422, errors)


def not_found() -> ApiError:
    """Nothing here for this key: not there at all, or another organiser's."""
    return ApiError(404, {REQUEST: [_("There is nothing here.")]})


def init_blueprint(blueprint: Blueprint) -> None:
    blueprint.register_error_handler(ApiError, _answer_error)
    blueprint.register_error_handler(Unavailable, answer_unavailable)


def answer_http(error: HTTPException) -> Response:
    """For what never reached a view: an unknown address, a wrong method, our own failure."""
    code = error.code or 500
    answer = _answer(code, {REQUEST: [_text_of(error, code)]})
    for name, value in error.get_headers():
        if name in _KEPT_HEADERS:
            answer.headers[name] = value
    return answer


def _text_of(error: HTTPException, code: int) -> str:
    return {
        404: _("There is nothing here."),
        405: _("This address doesn't take this method."),
        413: _("The body is too large: at most 2 MB."),
        500: _("Something went wrong on our side. Please try again."),
    }.get(code) or error.name


def _answer_error(error: ApiError) -> Response:
    answer = _answer(error.status, error.errors)
    answer.headers.update(error.headers)
    return answer


def answer_unavailable(error: Unavailable) -> Response:
    """Sending the same once more is right in either case: a reference is an order once."""
    if isinstance(error, Busy):
        text = _("Very busy right now. Nothing was written; try again.")
    else:
        text = _("The database can't be reached just now. Send it again in a moment.")
    answer = _answer(503, {REQUEST: [text]})
    answer.headers["Retry-After"] = RETRY_SECONDS
    return answer


def _answer(status: int, errors: Mapping[str, list[str]]) -> Response:
    shown = {_shown(field): texts for field, texts in list(errors.items())[:MAX_ERRORS]}
    return make_response({"errors": shown}, status)


def _shown(field: str) -> str:
    # A field's name may be the sender's own: half a character in it would make our JSON unreadable.
    return field[:_MAX_FIELD_NAME].encode("utf-8", "replace").decode()
