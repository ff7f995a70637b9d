"""Tickets to print, and ways to look at the printed page."""

from __future__ import annotations

import dataclasses
import io
import unicodedata
from typing import Any

import pypdf
import pypdfium2
import zxingcpp
from PIL import Image

from ticketing.pdf import Document, TicketSheet

BARCODE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 3 + "QWERTYUIOPASDFGHJKLZXCVB"
LABELS = {
    "title": "Ticket",
    "holder": "Name",
    "ticket_type": "Ticket type",
    "order": "Order",
    "place": "Place",
    "when": "Date",
    "scan": "Show this code at the door",
    "personal": "This ticket is personal. Bring an ID with the same name.",
    "page": "Ticket 1 of 3",
}
SHEET = TicketSheet(
    event_name="Summer Night by the River",
    when="Saturday 12 June 2027, 14:00 – 23:00 (CEST)",
    place="Old Shipyard\nHafenstraße 12, 20457 Hamburg",
    holder="Zoë Łukasiewicz",
    ticket_type="Weekend",
    order_code="K7XQ9P",
    ticket_code="K7XQ9P-3",
    barcode=BARCODE,
    organiser="Shipyard Society",
    colour="#5b2a86",
    lang="en",
    labels=LABELS,
)


def document(*sheets: TicketSheet, missing: str | None = None) -> Document:
    return Document(title="Tickets", lang="en", sheets=sheets, missing=missing)


def ticket(**changes: Any) -> Document:
    """A document of one ticket that differs from the usual one."""
    return document(dataclasses.replace(SHEET, **changes))


def note(text: str) -> Document:
    """A document that says just this, in regular 12 pt below the band."""
    return document(missing=text)


def pages(pdf: bytes) -> int:
    return len(pypdf.PdfReader(io.BytesIO(pdf)).pages)


def picture(pdf: bytes, *, dpi: int = 150, page: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as opened:
        return opened[page].render(scale=dpi / 72).to_pil().convert("RGB")


def text(pdf: bytes, page: int = 0) -> str:
    """The page's text as pypdf reads it."""
    return pypdf.PdfReader(io.BytesIO(pdf)).pages[page].extract_text()


def pdfium_text(pdf: bytes, page: int = 0) -> str:
    """The page's text as Chrome's reader reads it."""
    with pypdfium2.PdfDocument(pdf) as opened:
        return opened[page].get_textpage().get_text_range()


def squeezed(value: str) -> str:
    """Without white space, for a long name is broken into lines; in one canonical order."""
    return unicodedata.normalize("NFC", "".join(value.split()))


def decoded(pdf: bytes, page: int = 0, dpi: int = 150) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(picture(pdf, dpi=dpi, page=page))]


def holder_room(pdf: bytes, dpi: int = 300) -> Image.Image:
    """The part of the page where the holder's name stands."""
    return _cut(pdf, 44, 273, 334, 400, dpi)


def note_room(pdf: bytes, dpi: int = 600) -> Image.Image:
    """The part of a note's page where its text stands."""
    return _cut(pdf, 44, 258, 550, 700, dpi)


def _cut(pdf: bytes, left: int, top: int, right: int, bottom: int, dpi: int) -> Image.Image:
    unit = dpi / 72
    whole = picture(pdf, dpi=dpi)
    return whole.crop((int(left * unit), int(top * unit), int(right * unit), int(bottom * unit)))


def ink(image: Image.Image) -> Image.Image:
    """What is printed, cut out of its white surroundings; in grey, black on white."""
    grey = image.convert("L")
    box = grey.point(lambda value: 255 if value < 200 else 0).getbbox()
    assert box is not None, "nothing is printed here"
    return grey.crop(box)
