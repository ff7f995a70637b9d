"""What a ticket document says: plain values, in the reader's language, already formatted."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LANG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


class RenderFailed(Exception):
    """The document could not be made."""


class RenderTimeout(RenderFailed):
    """The document was not ready in time; the worker that tried is gone."""


class PoolBusy(RenderFailed):
    """Too many documents are waiting already; try again shortly."""


@dataclass(frozen=True, slots=True)
class TicketSheet:
    """One page: one ticket. Every string is already in the reader's language and formatted."""

    event_name: str
    when: str
    place: str  # may hold several lines
    holder: str | None  # None: a ticket type that needs no name
    ticket_type: str
    order_code: str
    ticket_code: str
    barcode: str  # the QR's text
    organiser: str
    colour: str  # "#rrggbb"
    lang: str  # BCP 47
    # title, holder, ticket_type, order, place, when, scan, personal, page
    labels: Mapping[str, str]

    def __post_init__(self) -> None:
        if not _COLOUR.fullmatch(self.colour):
            raise ValueError(f"not a colour: {self.colour!r}")
        _check_lang(self.lang)


@dataclass(frozen=True, slots=True)
class Document:
    """Some tickets in one file, and a note of those that could not be in it."""

    title: str
    lang: str
    sheets: tuple[TicketSheet, ...]
    missing: str | None = None

    def __post_init__(self) -> None:
        _check_lang(self.lang)
        if not self.sheets and not self.missing:
            raise ValueError("a document without tickets needs a note that says why")

    def to_json(self) -> bytes:
        """As bytes for another process; lone surrogates survive as escapes."""
        sheets = [
            {name: getattr(sheet, name) for name in TicketSheet.__dataclass_fields__}
            | {"labels": dict(sheet.labels)}
            for sheet in self.sheets
        ]
        content = {
            "title": self.title,
            "lang": self.lang,
            "sheets": sheets,
            "missing": self.missing,
        }
        return json.dumps(content).encode("ascii")

    @classmethod
    def from_json(cls, data: bytes) -> Document:
        """The document that `to_json` wrote."""
        content = json.loads(data)
        sheets = tuple(TicketSheet(**sheet) for sheet in content.pop("sheets"))
        return cls(sheets=sheets, **content)


def _check_lang(lang: str) -> None:
    if not _LANG.fullmatch(lang):
        raise ValueError(f"not a language tag: {lang!r}")
