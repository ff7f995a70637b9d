"""`pass.json` as Apple's reference has it, for what we use: any other key or type is an error.

https://developer.apple.com/documentation/walletpasses/pass and the pages below it.
"""
# ruff: noqa: N815 - the names are Apple's own

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _moment(text: str) -> str:
    """ISO 8601 with date, hours, minutes and a timezone; seconds may follow."""
    assert dt.datetime.fromisoformat(text).tzinfo is not None
    assert "T" in text
    return text


Text = Annotated[str, StringConstraints(min_length=1)]
Moment = Annotated[str, AfterValidator(_moment)]
Colour = Annotated[str, StringConstraints(pattern=r"^rgb\(\d{1,3}, \d{1,3}, \d{1,3}\)$")]
Style = Literal[
    "PKDateStyleNone", "PKDateStyleShort", "PKDateStyleMedium", "PKDateStyleLong", "PKDateStyleFull"
]
Detector = Literal[
    "PKDataDetectorTypePhoneNumber",
    "PKDataDetectorTypeLink",
    "PKDataDetectorTypeAddress",
    "PKDataDetectorTypeCalendarEvent",
]


class PassField(_Strict):
    key: Text
    label: Text
    value: Text
    dateStyle: Style | None = None
    timeStyle: Style | None = None
    ignoresTimeZone: bool = False
    dataDetectorTypes: list[Detector] | None = None

    def model_post_init(self, _context: object) -> None:
        if self.dateStyle or self.timeStyle:
            _moment(self.value)


class EventTicket(_Strict):
    headerFields: Annotated[list[PassField], Field(max_length=3)]
    primaryFields: Annotated[list[PassField], Field(min_length=1, max_length=1)]
    secondaryFields: Annotated[list[PassField], Field(max_length=4)]
    auxiliaryFields: Annotated[list[PassField], Field(max_length=4)]
    backFields: list[PassField]

    def model_post_init(self, _context: object) -> None:
        keys = [each.key for each in self.all()]
        assert len(keys) == len(set(keys)), "a key is unique in the whole pass"

    def all(self) -> list[PassField]:
        return [
            *self.headerFields,
            *self.primaryFields,
            *self.secondaryFields,
            *self.auxiliaryFields,
            *self.backFields,
        ]


class Barcode(_Strict):
    format: Literal[
        "PKBarcodeFormatQR",
        "PKBarcodeFormatPDF417",
        "PKBarcodeFormatAztec",
        "PKBarcodeFormatCode128",
    ]
    message: Text
    messageEncoding: Literal["iso-8859-1", "utf-8"]
    altText: str | None = None


class RelevantInterval(_Strict):
    startDate: Moment
    endDate: Moment

    def model_post_init(self, _context: object) -> None:
        length = dt.datetime.fromisoformat(self.endDate) - dt.datetime.fromisoformat(self.startDate)
        assert dt.timedelta(0) < length <= dt.timedelta(hours=24)


class Semantics(_Strict):
    eventType: Literal["PKEventTypeGeneric"]
    eventName: Text
    eventStartDate: Moment
    eventEndDate: Moment | None = None
    venueName: Text


class Pass(_Strict):
    formatVersion: Literal[1]
    passTypeIdentifier: Annotated[str, StringConstraints(pattern=r"^pass\.")]
    teamIdentifier: Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{10}$")]
    serialNumber: Annotated[str, StringConstraints(min_length=16)]
    organizationName: Text
    description: Text
    logoText: Text | None = None
    groupingIdentifier: Text | None = None
    sharingProhibited: bool = False
    voided: bool = False
    relevantDate: Moment | None = None
    relevantDates: list[RelevantInterval] = []
    expirationDate: Moment | None = None
    barcodes: Annotated[list[Barcode], Field(min_length=1)]
    backgroundColor: Colour
    foregroundColor: Colour
    labelColor: Colour
    semantics: Semantics
    eventTicket: EventTicket
