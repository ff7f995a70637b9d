"""Tickets as they are sent: so many of a type, or one with its holder and the shop's number."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from ticketing.api.shapes.texts import Body, Text, printable
from ticketing.asking.fields import MAX_LONG
from ticketing.ordering.arriving import MAX_EXTERNAL_ID, MAX_TICKETS

_MAX_ANSWERS: Final = 100


def _answer(value: Any) -> Any:
    """A text, or the texts of a question that takes several; what is right only fields know."""
    several = value if isinstance(value, list) else [value]
    if len(several) > _MAX_ANSWERS or not all(isinstance(each, str) for each in several):
        raise PydanticCustomError("answer_type", "answer type")
    if any(len(each) > 2 * MAX_LONG for each in several):
        raise PydanticCustomError("string_too_long", "too long", {"max_length": 2 * MAX_LONG})
    return value


_TEXT: Final = {"type": "string", "maxLength": 2 * MAX_LONG}
Answer = Annotated[
    Any,
    AfterValidator(_answer),
    WithJsonSchema({"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "maxItems": _MAX_ANSWERS}]}),
]


class HolderIn(Body):
    """Who the ticket is for. What the event requires must be there; what it doesn't ask for is
    left out."""

    first_name: Text = Field(min_length=1, examples=["Anna"])
    last_name: Text = Field(
        "",
        description=(
            "An empty one says that the person has one name; that is something else than none."
        ),
        examples=["Visser"],
    )
    email: str = Field("", max_length=320, examples=["anna@example.org"])
    phone: str = Field(
        "",
        max_length=40,
        description="International, or national as in the event's country.",
    )
    details: dict[str, Answer] = Field(
        default_factory=dict,
        max_length=_MAX_ANSWERS,
        description=(
            "Whatever else the event asks for, by field: `date_of_birth`, `city`, or the key of "
            "a question of the organiser's, as `GET /api/v1/shops` lists them. Choices are given "
            "by their keys; a list where several count."
        ),
        examples=[{"city": "Zürich"}],
    )


TypeCode = Annotated[
    str,
    Field(min_length=1, max_length=50, description="A ticket type's code.", examples=["weekend"]),
    AfterValidator(printable),
]
ExternalId = Annotated[
    str,
    Field(min_length=1, max_length=MAX_EXTERNAL_ID, pattern=r"^\S(.*\S)?$"),
    AfterValidator(printable),
]


class _LeftOut:
    """Stands for a quantity that isn't there, which null is not."""


def _whole(value: Any) -> Any:
    """In JSON, 2.0 is the same number as 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _quantity(value: Any, check: Callable[[Any], int], info: ValidationInfo) -> int:
    """A line with a holder or a number of the shop's stands for one ticket."""
    named = [info.data[key] for key in ("holder", "external_id") if key in info.data]
    single = any(each is not None for each in named)
    if isinstance(value, _LeftOut):
        # One of these that can't be read isn't here; about that enough is said already.
        if single or len(named) < 2:
            return 1
        raise PydanticCustomError("missing", "missing")
    number = check(value)
    if number != 1 and single:
        raise PydanticCustomError("one_ticket", "one ticket")
    return number


class LineIn(Body):
    """So many tickets of one type, or one ticket with its holder or the shop's number.

    Lines of the same type add up.
    """

    model_config = Body.model_config | {
        "json_schema_extra": {
            "anyOf": [
                {"required": ["quantity"]},
                {"required": ["holder"], "properties": {"holder": {"type": "object"}}},
                {"required": ["external_id"], "properties": {"external_id": {"type": "string"}}},
            ],
            "examples": [
                {"type": "weekend", "quantity": 2},
                {
                    "type": "weekend",
                    "external_id": "2026-000123/1",
                    "holder": {
                        "first_name": "Anna",
                        "last_name": "Visser",
                        "email": "anna@example.org",
                    },
                },
            ],
        }
    }

    type: TypeCode
    holder: HolderIn | None = Field(None, description="Who the ticket is for, if that is known.")
    external_id: ExternalId | None = Field(
        None,
        description="The shop's own number of this ticket, unique within the order.",
        examples=["2026-000123/1"],
    )
    quantity: Annotated[int, BeforeValidator(_whole), WrapValidator(_quantity)] = Field(
        default_factory=_LeftOut,
        validate_default=True,
        ge=1,
        le=MAX_TICKETS,
        description="Left out, or 1, where there is a `holder` or an `external_id`.",
        examples=[2],
    )


class AddedIn(Body):
    """One more ticket for an order."""

    type: TypeCode
    external_id: ExternalId = Field(
        description=(
            "The shop's own number of this ticket, unique within the order. The same number "
            "again adds nothing, so that tickets may be sent again without harm."
        ),
        examples=["2026-000123/3"],
    )
    holder: HolderIn | None = Field(None, description="Who the ticket is for, if that is known.")


MAIL_HOLDERS: Final[Any] = Field(
    True, description="Whether those named as holders are mailed their tickets at once."
)


class AddIn(Body):
    """Tickets that an order gets beside those it has."""

    tickets: list[AddedIn] = Field(min_length=1, max_length=MAX_TICKETS)
    mail_holders: bool = MAIL_HOLDERS
