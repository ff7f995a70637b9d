"""Putting set text and shapes on the page, through a tag of our own in xhtml2pdf's HTML.

xhtml2pdf makes the file and its pages; what stands on a page has been set to fit already, and its
paragraphs would measure and break all of it once more (three times the work, measured).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xhtml2pdf.parser
from reportlab.lib.colors import HexColor
from reportlab.platypus.flowables import Flowable
from xhtml2pdf.tags import pisaTag

from .clusters import FONT, NAME, bitmap
from .scripts import Piece

FAMILY = "notosans"
BOLD = "notosans-bold"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. All measures are points from the page's lower left corner."""

    x: float
    y: float  # of the baseline
    size: float
    bold: bool
    colour: str
    pieces: Sequence[Piece]

    def draw(self, canvas: Any) -> None:
        text = canvas.beginText(self.x, self.y)
        text.setFillColor(HexColor(self.colour))
        clusters = ""
        for piece in self.pieces:
            if not isinstance(piece, str):
                # As one string: readers of right-to-left text take each for a unit.
                clusters += FONT.char_for(piece)
                continue
            clusters = self._flush(text, clusters)
            text.setFont(BOLD if self.bold else FAMILY, self.size)
            text.textOut(piece)
        self._flush(text, clusters)
        canvas.drawText(text)

    def _flush(self, text: Any, clusters: str) -> str:
        if clusters:
            text.setFont(NAME, self.size)
            text.textOut(clusters)
        return ""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, filled or framed."""

    x: float
    y: float
    width: float
    height: float
    fill: str | None = None
    frame: str | None = None
    radius: float = 0

    def draw(self, canvas: Any) -> None:
        if self.fill:
            canvas.setFillColor(HexColor(self.fill))
        if self.frame:
            canvas.setStrokeColor(HexColor(self.frame))
            canvas.setLineWidth(0.75)
        paint = {"stroke": int(bool(self.frame)), "fill": int(bool(self.fill))}
        if self.radius:
            canvas.roundRect(self.x, self.y, self.width, self.height, self.radius, **paint)
        else:
            canvas.rect(self.x, self.y, self.width, self.height, **paint)


@dataclass(frozen=True, slots=True)
class Dashes:
    """A dashed line from left to right."""

    x: float
    y: float
    width: float
    colour: str

    def draw(self, canvas: Any) -> None:
        canvas.setStrokeColor(HexColor(self.colour))
        canvas.setLineWidth(0.75)
        canvas.setDash(3, 3)
        canvas.line(self.x, self.y, self.x + self.width, self.y)
        canvas.setDash()


@dataclass(frozen=True, slots=True)
class Torn:
    """A torn edge: a row of discs in the paper's colour, which is one line of round dashes."""

    y: float
    width: float
    step: float
    disc: float  # its diameter

    def draw(self, canvas: Any) -> None:
        canvas.saveState()
        canvas.setStrokeColor(HexColor("#ffffff"))
        canvas.setLineWidth(self.disc)
        canvas.setLineCap(1)
        canvas.setDash([0, self.step])
        canvas.line(self.step / 2, self.y, self.width, self.y)
        canvas.restoreState()


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code as an image of one pixel a module: these keep their edges at every size."""

    x: float
    y: float
    side: float
    modules: int
    bits: bytes

    def draw(self, canvas: Any) -> None:
        doc = canvas._doc
        name = f"code{hashlib.sha256(self.bits).hexdigest()[:16]}"
        if not doc.hasForm(name):
            # As drawImage would, but without making and reading a PNG in between.
            image = bitmap(self.bits, self.modules, self.modules, 1, "DeviceGray")
            doc.Reference(image, doc.getXObjectName(name))
        canvas.saveState()
        canvas.translate(self.x, self.y)
        canvas.scale(self.side, self.side)
        canvas.doForm(name)
        canvas.restoreState()


Mark = Line | Box | Dashes | Torn | Code


class Marks(Flowable):
    """A page's marks as the one thing xhtml2pdf places on it."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        super().__init__()
        self.marks = marks

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return width, height

    def draw(self) -> None:
        for mark in self.marks:
            mark.draw(self.canv)


class Pages:
    """The pages of the document that is being made; `<pdf:marks n="0">` is the first."""

    def __init__(self) -> None:
        self.marks: Sequence[Sequence[Mark]] = ()


PAGES = Pages()


class _MarksTag(pisaTag):
    def start(self, c: Any) -> None:
        c.addPara()
        c.addStory(Marks(PAGES.marks[int(self.node.getAttribute("n"))]))


def register() -> None:
    """Make the tag known: xhtml2pdf looks its classes up by name in its parser."""
    xhtml2pdf.parser.pisaTagPDFMARKS = _MarksTag
