"""The claims of a save link as Google's reference has them, for what we use.

https://developers.google.com/wallet/reference/rest/v1/Jwt, eventticketclass, eventticketobject.
"""
# ruff: noqa: N815 - the names are Google's own

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from tests.wallet.apple_reference import Moment, Text


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


Id = Annotated[str, StringConstraints(pattern=r"^\d+\.[A-Za-z0-9._-]+$", max_length=100)]


Colour = Annotated[str, StringConstraints(pattern="^#[0-9a-f]{6}$")]


class TranslatedString(_Strict):
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[A-Za-z]+)?$")]
    value: Text


class LocalizedString(_Strict):
    defaultValue: TranslatedString


class Venue(_Strict):
    name: LocalizedString
    address: LocalizedString


class EventDateTime(_Strict):
    start: Moment
    end: Moment | None = None


class EventTicketClass(_Strict):
    id: Id
    issuerName: Text
    reviewStatus: Literal["UNDER_REVIEW", "DRAFT"]
    eventName: LocalizedString
    dateTime: EventDateTime
    venue: Venue | None = None
    hexBackgroundColor: Colour | None = None


class Barcode(_Strict):
    type: Literal["QR_CODE"]
    value: Text


class EventTicketObject(_Strict):
    id: Id
    classId: Id
    state: Literal["ACTIVE"]
    barcode: Barcode
    ticketNumber: Text
    ticketType: LocalizedString
    ticketHolderName: Text | None = None


class Payload(_Strict):
    eventTicketClasses: Annotated[list[EventTicketClass], Field(min_length=1, max_length=1)]
    eventTicketObjects: Annotated[list[EventTicketObject], Field(min_length=1, max_length=1)]


class Claims(_Strict):
    iss: Annotated[str, StringConstraints(pattern=r"^[^@]+@[^@]+\.gserviceaccount\.com$")]
    aud: Literal["google"]
    typ: Literal["savetowallet"]
    iat: int
    payload: Payload
