"""What goes in and out. The same classes check bodies, shape answers and write the OpenAPI."""

import datetime as dt
import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from ticketing.api.shapes.texts import Body, Text, printable
from ticketing.api.shapes.tickets import MAIL_HOLDERS, LineIn
from ticketing.ordering import order_codes
from ticketing.ordering.orders import MAX_TICKETS, WEB_REFERENCE

CODE: Final = re.compile(f"[{order_codes.ALPHABET}]{{{order_codes.LENGTH}}}")
_CODE_EXAMPLE: Final = "K7XQ9P"

TicketState = Literal["open", "personalised", "checked_in", "cancelled"]


def _not_our_own(value: str) -> str:
    if value.startswith(WEB_REFERENCE):
        raise PydanticCustomError("our_own_reference", "our own reference")
    return value


class BookerIn(Body):
    """Who placed the order and gets its link. Names may be in any script."""

    first_name: Text = Field(
        min_length=1,
        description="At most 200 characters once normalised (Unicode NFC, single spaces).",
        examples=["Bea"],
    )
    last_name: Text = Field("", description="As the first name; empty for who has one name.")
    email: str = Field(min_length=3, max_length=320, examples=["bea@example.org"])
    phone: str = Field(
        "",
        max_length=40,
        description="International, or national as in the event's country; may be empty.",
        examples=["+31687654321"],
    )


class OrderIn(Body):
    """An order that was completed in a shop."""

    shop: Annotated[str, AfterValidator(printable)] = Field(
        min_length=1, max_length=80, description="The shop's slug.", examples=["riverside"]
    )
    reference: Annotated[str, AfterValidator(printable), AfterValidator(_not_our_own)] = Field(
        min_length=1,
        max_length=100,
        pattern=r"^\S(.*\S)?$",
        description=(
            "The shop's own number of the order. The same shop and reference again is the same "
            "order, so that an order may be sent again without harm. "
            f"It can't begin with {WEB_REFERENCE}"
        ),
        examples=["2026-000123"],
    )
    locale: Annotated[str, Field(max_length=35)] | None = Field(
        None,
        description=(
            "The booker's language (BCP 47); one we don't speak, or none, becomes the shop's first."
        ),
        examples=["en"],
    )
    booker: BookerIn
    tickets: list[LineIn] = Field(
        min_length=1,
        max_length=MAX_TICKETS,
        description=f"Together at most {MAX_TICKETS} tickets.",
    )
    mail_holders: bool = MAIL_HOLDERS


class CancelIn(Body):
    reason: Annotated[str, AfterValidator(printable)] = Field(
        "", max_length=500, description="For the order's history."
    )


class TicketPlaced(BaseModel):
    id: str = Field(
        description="Stands for the ticket for good, and is what people read out.",
        examples=[f"{_CODE_EXAMPLE}-1"],
    )
    type: str = Field(description="The ticket type's code.", examples=["weekend"])
    state: TicketState
    external_id: str | None = Field(
        description="The shop's own number of this ticket, if it sent one.",
        examples=["2026-000123/1"],
    )


class OrderPlaced(BaseModel):
    code: str = Field(pattern=f"^{CODE.pattern}$", examples=[_CODE_EXAMPLE])
    reference: str
    overview_url: str = Field(
        description="The booker's page. Whoever has this link has the booker's rights.",
        json_schema_extra={"format": "uri"},
    )
    tickets: list[TicketPlaced]


class BookerOut(BaseModel):
    first_name: str
    last_name: str
    email: str
    phone: str = Field(description="E.164, or empty.")


class HolderOut(BookerOut):
    """The person named on a ticket."""

    email: str = Field(description="May be empty if the event doesn't ask for it.")
    details: dict[str, str | int | bool | list[str]] = Field(
        description="Whatever else the event asks for, by field; a list where several count."
    )


class TicketOut(TicketPlaced):
    status: Literal["open", "shared", "opened", "ready", "checked_in", "cancelled"] = Field(
        description="The state and, while it is open, how far its shared link has come."
    )
    status_text: str = Field(description="The status in words.", examples=["Ready – Anna V."])
    holder: HolderOut | None = Field(description="Null while nobody is named.")
    downloadable: bool = Field(description="Whether the ticket may be downloaded now.")
    ticket_url: str | None = Field(
        description=(
            "The holder's page. Whoever has this link has the ticket. Null unless the ticket is "
            "personalised, and for keys without `orders:write`."
        ),
        json_schema_extra={"format": "uri"},
    )
    personalised_at: dt.datetime | None
    checked_in_at: dt.datetime | None


class OrderOut(BaseModel):
    code: str = Field(pattern=f"^{CODE.pattern}$", examples=[_CODE_EXAMPLE])
    reference: str
    shop: str = Field(description="The shop's slug.")
    state: Literal["placed", "cancelled"]
    locale: str
    booker: BookerOut
    overview_url: str | None = Field(
        description=(
            "The booker's page. Whoever has this link has the booker's rights, so it is null "
            "for keys without `orders:write`."
        ),
        json_schema_extra={"format": "uri"},
    )
    created_at: dt.datetime
    updated_at: dt.datetime = Field(description="When anything in it changed last.")
    cancelled_at: dt.datetime | None
    tickets: list[TicketOut]


class Counts(BaseModel):
    """How many of an order's tickets are in each state."""

    open: int
    personalised: int
    checked_in: int
    cancelled: int


class OrderListed(BaseModel):
    """An order in a list: its tickets are counted only."""

    code: str = Field(pattern=f"^{CODE.pattern}$", examples=[_CODE_EXAMPLE])
    reference: str
    shop: str = Field(description="The shop's slug.")
    state: Literal["placed", "cancelled"]
    booker: BookerOut
    created_at: dt.datetime
    updated_at: dt.datetime = Field(description="When anything in it changed last.")
    cancelled_at: dt.datetime | None
    tickets: Counts


class OrdersOut(BaseModel):
    orders: list[OrderListed]
    next: str | None = Field(description="What to send as `after` for the next page, if any.")


class ChoiceOut(BaseModel):
    key: str
    label: str


class AskedOut(BaseModel):
    """A detail that is asked of a holder."""

    key: str = Field(
        description=(
            "Where it stands in a holder: `first_name`, `last_name`, `email` and `phone` "
            "themselves, all others in `details`."
        ),
        examples=["city"],
    )
    label: str
    kind: Literal["text", "long_text", "email", "phone", "date", "choice", "choices", "yes_no"]
    required: bool
    choices: list[ChoiceOut]


class TypeOut(BaseModel):
    code: str = Field(examples=["weekend"])
    name: str
    price: int = Field(description="In the currency's smallest unit, for show.")
    needs_personal_data: bool
    archived: bool = Field(description="No longer sold.")
    asks: list[AskedOut] = Field(description="What a holder of such a ticket is asked for.")


class EventOut(BaseModel):
    name: str
    place: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    timezone: str = Field(description="IANA name.", examples=["Europe/Amsterdam"])
    currency: str = Field(examples=["EUR"])


class ShopOut(BaseModel):
    slug: str = Field(examples=["riverside"])
    name: str
    archived: bool = Field(description="Takes no new orders.")
    languages: list[str]
    event: EventOut
    ticket_types: list[TypeOut]


class ShopsOut(BaseModel):
    shops: list[ShopOut]


class Errors(BaseModel):
    """What is wrong, by field: `booker.email`, `tickets.0.type`, or `request` for the whole."""

    errors: dict[str, list[str]]
