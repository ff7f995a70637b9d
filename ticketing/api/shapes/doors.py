"""What doors ask and are told."""

import datetime as dt
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field

from ticketing.api.shapes.parameters import Moment, number
from ticketing.api.shapes.texts import Body
from ticketing.carried.doors import Reason

MAX_PAGE: Final = 1000
_ID: Final = "^[0-7][0-9a-f]{15}$"


class DoorEvent(BaseModel):
    id: int = Field(description="Stands for the event in addresses.")
    name: str
    place: str
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    timezone: str = Field(description="IANA name.", examples=["Europe/Amsterdam"])
    barcode_key: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="The Ed25519 public key of this event's barcodes; it doesn't change.",
    )


class DoorEvents(BaseModel):
    events: list[DoorEvent]


class RefusedWanted(Body):
    """Which refused barcodes to list. Without any of these: all of the event's."""

    updated_since: Moment | None = Field(
        None,
        description="Only of orders that changed since; the `as_of` of the list before.",
        examples=["2026-05-01T12:00:00Z"],
    )
    after: Annotated[str, Field(pattern=_ID)] | None = Field(
        None, description="The `next` of the page before."
    )
    limit: Annotated[int, BeforeValidator(number)] = Field(
        500, ge=1, le=MAX_PAGE, description="How many at most."
    )


class RefusedBarcode(BaseModel):
    """Barcodes of this id are refused up to this generation."""

    id: str = Field(pattern=_ID, description="The barcode's id, in hexadecimal.")
    up_to: int = Field(description="The last generation that is refused; it never falls.")
    reason: Reason


class RefusedOut(BaseModel):
    refused: list[RefusedBarcode]
    next: str | None = Field(description="What to send as `after` for the next page, if any.")
    as_of: dt.datetime = Field(
        description=(
            "What to send as `updated_since` the next time, from the first page of this list."
        )
    )


class CheckInIn(Body):
    barcode: str = Field(max_length=400, description="What the scanner read.")


class CheckIn(BaseModel):
    admitted: bool
    reason: Literal["unknown", "replaced", "open", "cancelled", "checked_in"] | None = Field(
        description=(
            "Why not: `unknown` (none of this event's), `replaced` (there is a newer one), `open` "
            "(nobody's yet), `cancelled`, `checked_in` (somebody was let in with it)."
        )
    )
    ticket: str | None = Field(description="The ticket's `id`.", examples=["K7XQ9P-1"])
    holder: str | None = Field(description="Who is named on it, if anybody is.")
