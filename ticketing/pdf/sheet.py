"""The design of the page: where everything stands, in which size and colour.

Every text has a room of its own and is set to fit it, so a ticket is one page whatever it says.
"""

from __future__ import annotations

from markupsafe import escape

from ticketing.carried.qr import qr_bits
from ticketing.organising.brand import ground_for_labels, text_on

from .document import Document, TicketSheet
from .draw import Box, Code, Dashes, Line, Mark, Torn
from .measure import pieces_width
from .scripts import Piece, compose
from .wrap import Fitted, fit

WIDTH, HEIGHT = 595, 842  # A4 in points
MARGIN = 48
INNER = WIDTH - 2 * MARGIN
BAND = 232
LEFT, RIGHT = 284, 188  # the two columns under the band
CUT = 680
TOOTH = 14.875  # of the torn edge beneath the band: forty of them in its width
QUIET = 4  # modules of white that a decoder needs around the code; they are in the image

INK, GREY, RULE = "#15181c", "#5f6770", "#cfd4da"


def html(document: Document) -> tuple[str, list[list[Mark]]]:
    """The document for xhtml2pdf, and the marks of each of its pages."""
    pages = [_ticket(sheet) for sheet in document.sheets]
    if document.missing:
        pages.append(_note(document, document.missing))
    # Written out, for HTML knows no empty elements but its own: "/>" would nest them.
    body = "<pdf:nextpage></pdf:nextpage>".join(
        f'<pdf:marks n="{n}"></pdf:marks>' for n in range(len(pages))
    )
    return (
        f"<html lang='{escape(document.lang)}'><head><style>@page {{ margin: 0; "
        f"size: {WIDTH}pt {HEIGHT}pt }}</style></head><body>{body}</body></html>"
    ), pages


class _Column:
    """Text from the top down; measures count from the top of the page."""

    def __init__(self, marks: list[Mark], x: float, top: float, width: float, lang: str) -> None:
        self.marks, self.x, self.top, self.width, self.lang = marks, x, top, width, lang

    def text(
        self,
        text: str,
        size: float,
        *,
        high: float,
        bold: bool = False,
        colour: str = INK,
        align: float = 0,
        gap: float = 0,
    ) -> None:
        """Add text that is `high` at most; align 0 is left, 0.5 centred, 1 right."""
        fitted = fit(text, self.width, high, size, bold, self.lang)
        self.top += gap
        self.lines(fitted, bold=bold, colour=colour, align=align)

    def lines(self, fitted: Fitted, *, bold: bool, colour: str, align: float = 0) -> None:
        for pieces in fitted.lines:
            spare = self.width - pieces_width(pieces, bold) * fitted.size if align else 0
            # A line is 1.22 of its size; centred in that, Noto Sans stands at one size down.
            y = HEIGHT - self.top - fitted.size
            self.marks.append(Line(self.x + spare * align, y, fitted.size, bold, colour, pieces))
            self.top += fitted.leading

    def row(
        self, label: str, value: str, *, high: float, size: float = 14, bold: bool = False
    ) -> None:
        """A small grey label over its value."""
        self.text(label, 8.5, high=11, colour=GREY, gap=18)
        self.text(value, size, high=high, bold=bold, gap=2)


def _ticket(sheet: TicketSheet) -> list[Mark]:
    lang, labels = sheet.lang, sheet.labels
    marks = _band(sheet.colour, sheet.organiser, sheet.event_name, labels["title"], lang)

    left = _Column(marks, MARGIN, BAND + 14, LEFT, lang)
    headline, name = (
        ("ticket_type", sheet.ticket_type) if sheet.holder is None else ("holder", sheet.holder)
    )
    left.text(labels[headline], 8.5, high=11, colour=GREY, gap=18)
    left.text(name, 28, high=122, bold=True, gap=1)
    if sheet.holder is not None:
        left.row(labels["ticket_type"], sheet.ticket_type, high=44, size=18, bold=True)
    left.row(labels["when"], sheet.when, high=34, size=13)
    left.row(labels["place"], sheet.place, high=52)
    left.row(labels["order"], sheet.order_code, high=18, bold=True)

    x, top = WIDTH - MARGIN - RIGHT, BAND + 34
    marks.append(Box(x, HEIGHT - top - RIGHT, RIGHT, RIGHT, fill="#ffffff", frame=RULE, radius=8))
    side = RIGHT - 8
    marks.append(Code(x + 4, HEIGHT - top - 4 - side, side, *qr_bits(sheet.barcode, QUIET)))
    right = _Column(marks, x, top + RIGHT, RIGHT, lang)
    right.text(sheet.ticket_code, 21, high=26, bold=True, align=0.5, gap=12)
    right.text(labels["scan"], 9.5, high=36, colour=GREY, align=0.5, gap=2)

    marks.append(_scissors())
    marks.append(Dashes(MARGIN + 18, HEIGHT - CUT, INNER - 18, GREY))
    foot = _Column(marks, MARGIN, CUT + 16, INNER, lang)
    foot.text(labels["personal"], 8.5, high=64, colour=GREY)
    foot.text(labels["page"], 8.5, high=22, colour=GREY, gap=6)
    return marks


def _band(colour: str, organiser: str, event_name: str, title: str, lang: str) -> list[Mark]:
    colour = ground_for_labels(colour)
    ink = text_on(colour)
    marks: list[Mark] = [Box(0, HEIGHT - BAND, WIDTH, BAND, fill=colour)]
    if ink == "#000000":
        # A pale band needs an edge on white paper.
        marks.append(Box(0, HEIGHT - BAND - 0.5, WIDTH, 0.5, fill=RULE))
    marks.append(Torn(HEIGHT - BAND, WIDTH, TOOTH, TOOTH * 0.6))
    _Column(marks, MARGIN, 42, INNER - 140, lang).text(
        organiser, 13, high=17, bold=True, colour=ink
    )
    _Column(marks, MARGIN + INNER - 120, 42, 120, lang).text(
        title, 13, high=17, colour=ink, align=1
    )
    event = fit(event_name, INNER, 118, 30, True, lang)
    # The name stands at the foot of the band, however many lines it has.
    top = BAND - 28 - len(event.lines) * event.leading
    _Column(marks, MARGIN, top, INNER, lang).lines(event, bold=True, colour=ink)
    return marks


def _note(document: Document, missing: str) -> list[Mark]:
    """The closing page: which tickets are not in this file."""
    if document.sheets:
        last = document.sheets[-1]
        marks = _band(last.colour, last.organiser, last.event_name, "", document.lang)
    else:
        marks = _band(INK, "", document.title, "", document.lang)
    column = _Column(marks, MARGIN, BAND + 32, INNER, document.lang)
    column.text(missing, 12, high=520)
    return marks


def _scissors() -> Line:
    pieces: list[Piece] = compose("\N{BLACK SCISSORS}")
    return Line(MARGIN, HEIGHT - CUT - 4, 12, False, GREY, pieces)
