"""Text of any script on a picture: set as on a ticket (`ticketing.pdf`), drawn by HarfBuzz."""

from __future__ import annotations

import io
from dataclasses import dataclass, field

import uharfbuzz as hb  # type: ignore[import-untyped]
from PIL import Image as Pillow
from PIL.Image import Image

from ticketing.pdf import faces
from ticketing.pdf.measure import pieces_width
from ticketing.pdf.scripts import Piece, Shaped
from ticketing.pdf.wrap import Fitted

_SPELLED = 0.5  # of the size: a character that no font has is written as its code point


@dataclass
class Lettering:
    """Gathers lines, to be drawn on a picture at once. Measures are pixels from its top left."""

    size: tuple[int, int]
    _draw: hb.RasterDraw = field(default_factory=hb.RasterDraw)
    _emoji: list[tuple[Image, tuple[int, int]]] = field(default_factory=list)

    def text(
        self, fitted: Fitted, x: float, top: float, width: float, *, bold: bool, align: float = 0
    ) -> float:
        """Set lines from `top` on in a room so wide; where they end below.

        align: 0 is left, 0.5 centred, 1 right.
        """
        for pieces in fitted.lines:
            spare = width - pieces_width(pieces, bold) * fitted.size if align else 0
            # A line is 1.22 of its size; Noto Sans stands in it at one size down.
            self._line(pieces, x + spare * align, top + fitted.size, fitted.size, bold)
            top += fitted.leading
        return top

    def on(self, picture: Image, colour: str) -> None:
        """Draw what was set; emoji in colours of their own."""
        width, height = self.size
        self._draw.extents = hb.RasterExtents(0, 0, width, height, width)
        drawn = self._draw.render()
        mask = Pillow.frombytes("L", self.size, bytes(drawn.buffer))
        picture.paste(Pillow.new("RGB", self.size, colour), mask=mask)
        for emoji, at in self._emoji:
            picture.paste(emoji, at, emoji)

    def _line(self, pieces: list[Piece], x: float, base: float, size: float, bold: bool) -> None:
        for piece in pieces:
            shaped = piece if isinstance(piece, Shaped) else _shaped(piece, bold)
            self._set(shaped, x, base, size)
            x += shaped.advance * size

    def _set(self, shaped: Shaped, x: float, base: float, size: float) -> None:
        if shaped.family == faces.EMOJI:
            self._set_emoji(shaped, x, base, size)
            return
        face = faces.face(shaped.family or faces.TEXT, shaped.bold)
        scale = size / face.units * (1 if shaped.family else _SPELLED)
        for glyph, right, up in shaped.glyphs:
            # A font's y goes up, a picture's down.
            self._draw.transform = (scale, 0, 0, -scale, x + right * size, base - up * size)
            self._draw.draw_glyph(face.font, glyph)

    def _set_emoji(self, shaped: Shaped, x: float, base: float, size: float) -> None:
        face = faces.face(faces.EMOJI)
        unit = size / face.units
        for glyph, right, up in shaped.glyphs:
            extents = face.font.get_glyph_extents(glyph)
            png = face.font.get_glyph_color_png(glyph)
            if extents is None or not png or not png.data:
                continue  # an invisible part of a sequence
            sides = round(extents.width * unit), round(-extents.height * unit)
            if min(sides) < 1:
                continue
            with Pillow.open(io.BytesIO(png.data), formats=("PNG",)) as opened:
                emoji = opened.convert("RGBA").resize(sides, Pillow.Resampling.LANCZOS)
            left = x + right * size + extents.x_bearing * unit
            top = base - up * size - extents.y_bearing * unit
            self._emoji.append((emoji, (round(left), round(top))))


def _shaped(text: str, bold: bool) -> Shaped:
    """Plain text shaped as well: at this size one sees whether letters are kerned."""
    face = faces.face(faces.TEXT, bold)
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(face.font, buffer)
    glyphs, x = [], 0.0
    for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        place = (x + at.x_offset) / face.units, at.y_offset / face.units
        glyphs.append((info.codepoint, *place))
        x += at.x_advance
    return Shaped(faces.TEXT, bold, tuple(glyphs), x / face.units, text)
