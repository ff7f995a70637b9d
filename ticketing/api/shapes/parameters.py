"""What stands behind the question mark, checked like a body."""

import datetime as dt
import re
from typing import Annotated, Any, Final, Literal, TypeVar

from flask import request
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from ticketing.api import bodies
from ticketing.api.shapes.orders import CODE
from ticketing.api.shapes.texts import Body, printable

P = TypeVar("P", bound=BaseModel)

MAX_PAGE: Final = 100
_CURSOR: Final = re.compile(rf"([0-9]{{1,16}})\.({CODE.pattern})", re.ASCII)


def number(value: Any) -> Any:
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{1,6}", value, re.ASCII):
            raise PydanticCustomError("int_parsing", "not a number")
        return int(value)
    return value


def _moment(value: Any) -> Any:
    """A moment that says in which timezone it is; in an address a + must be written %2B."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("moment", "not a moment") from None
        if value.tzinfo is None or not 1970 <= value.year <= 9000:
            raise PydanticCustomError("moment", "not a moment")
    return value


Moment = Annotated[
    dt.datetime,
    BeforeValidator(_moment),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


def _cursor(value: str) -> str:
    if not _CURSOR.fullmatch(value):
        raise PydanticCustomError("cursor", "not a cursor")
    return value


class OrdersWanted(Body):
    """Which orders to list. Without any of these: all of the organiser's."""

    shop: Annotated[str, AfterValidator(printable)] | None = Field(
        None, max_length=80, description="A shop's slug.", examples=["riverside"]
    )
    reference: Annotated[str, AfterValidator(printable)] | None = Field(
        None, max_length=100, description="The shop's own number, to the letter."
    )
    state: Literal["placed", "cancelled"] | None = Field(None)
    updated_since: Moment | None = Field(
        None,
        description=(
            "Only what changed at this moment or later; with its timezone, as in "
            "`2026-05-01T12:00:00Z`."
        ),
        examples=["2026-05-01T12:00:00Z"],
    )
    after: Annotated[str, AfterValidator(_cursor)] | None = Field(
        None, max_length=40, description="The `next` of the page before."
    )
    limit: Annotated[int, BeforeValidator(number)] = Field(
        50, ge=1, le=MAX_PAGE, description="How many at most."
    )


def read(model: type[P]) -> P:
    """The address's parameters as this model; raises `ApiError` 422 by their names."""
    return bodies.checked(model, request.args.to_dict())


def cursor_after(moment: dt.datetime, code: str) -> str:
    """Where the next page begins; it tells no row number."""
    return f"{_microseconds(moment)}.{code}"


def place_of(cursor: str) -> tuple[dt.datetime, str]:
    """The moment and the order's code that `cursor_after` was given."""
    microseconds, _dot, code = cursor.partition(".")
    return _EPOCH + dt.timedelta(microseconds=int(microseconds)), code


_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def described(model: type[BaseModel]) -> list[dict[str, Any]]:
    """The parameters as the OpenAPI document names them."""
    found = []
    for name, schema in model.model_json_schema()["properties"].items():
        described = {key: value for key, value in schema.items() if key not in {"title", "default"}}
        texts = described.pop("description", "")
        # An address holds no null: left out is left out.
        choices = [each for each in described.pop("anyOf", []) if each.get("type") != "null"]
        described |= choices[0] if choices else {}
        one = {"name": name, "in": "query", "required": False, "schema": described}
        if texts:
            one["description"] = texts
        found.append(one)
    return found
