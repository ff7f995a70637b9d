"""The design of the picture: the event's own above, torn off, and beneath it what it is about.

1200 × 630 is what every messenger shows whole:
https://developers.facebook.com/docs/sharing/webmasters/images
"""

from __future__ import annotations

import io
from typing import Final

from PIL import Image as Pillow
from PIL import ImageDraw, ImageOps
from PIL.Image import Image

from ticketing.organising.brand import LIGHT_SURFACES, brand_tokens
from ticketing.pdf.scripts import base_direction
from ticketing.pdf.wrap import Fitted, fit

from .lettering import Lettering
from .preview import Preview

WIDTH: Final = 1200
HEIGHT: Final = 630
MOST_BYTES: Final = 300 * 1024  # messengers show no picture of much more

_MARGIN: Final = 72
_PICTURE: Final = 306  # how much of the height the event's own picture has
_STRIP: Final = 20  # of paper at the foot of a picture without one
_STUB: Final = 256  # the tear-off at the right, with the day
_TOOTH: Final = 30  # from one tooth of a torn edge to the next …
_BITE: Final = 9  # … and the radius of what is torn out between them
_HOLES: Final = 18  # from one hole of the perforation to the next …
_HOLE: Final = 3  # … and its radius
_FINE: Final = 4  # shapes are drawn so many times larger, then made smaller: smooth edges
_QUALITIES: Final = (88, 80, 70, 60)


def draw(preview: Preview, picture: bytes = b"") -> bytes:
    """A JPEG of at most `MOST_BYTES`; `picture` is the event's own."""
    tokens = brand_tokens(preview.colour)["light"]
    image = _ground(tokens["accent"], tokens["accent-deep"])
    if picture:
        top, foot = _PICTURE, HEIGHT
        image.paste(_cover(picture), mask=_torn(top, 0, top))
    else:
        top, foot = 0, HEIGHT - _STRIP
        paper = Pillow.new("RGB", image.size, LIGHT_SURFACES[0])
        image.paste(paper, mask=_torn(foot, foot, HEIGHT))
    ink = tokens["on-accent"]
    image.paste(Pillow.new("RGB", image.size, ink), mask=_perforation(top + _BITE, foot - _BITE))
    lettering = Lettering(image.size)
    if picture:
        _letter(lettering, preview, top + 30, foot - 32, large=60, small=30)
    else:
        _letter(lettering, preview, top + 64, foot - 56, large=96, small=38)
    _letter_stub(lettering, preview, (top + foot) / 2)
    lettering.on(image, ink)
    return _encoded(image)


def _ground(accent: str, deep: str) -> Image:
    """The organiser's colour, deeper away from the top, as on the pages."""
    image = Pillow.new("RGB", (WIDTH, HEIGHT), accent)
    spread = Pillow.radial_gradient("L").resize((2 * WIDTH, 2 * HEIGHT), Pillow.Resampling.BICUBIC)
    left = WIDTH // 3  # so that the middle, where it is lightest, is at two thirds of the width
    depth = spread.crop((left, HEIGHT, left + WIDTH, 2 * HEIGHT))
    image.paste(Pillow.new("RGB", image.size, deep), mask=depth)
    return image


def _cover(picture: bytes) -> Image:
    """The middle of the event's picture, from edge to edge, for what is seen of it."""
    with Pillow.open(io.BytesIO(picture), formats=("JPEG",)) as opened:
        seen = (WIDTH, _PICTURE + _BITE)
        fitted = ImageOps.fit(opened.convert("RGB"), seen, Pillow.Resampling.LANCZOS)
    image = Pillow.new("RGB", (WIDTH, HEIGHT))
    image.paste(fitted)
    return image


def _torn(edge: int, top: int, bottom: int) -> Image:
    """What lies between top and bottom, one of which is an edge that something was torn off at."""
    holes = [(x, edge) for x in range(_TOOTH // 2, WIDTH, _TOOTH)]
    mask = _dots(holes, _BITE)
    ImageDraw.Draw(mask).rectangle((0, top, WIDTH, bottom - 1), fill=255)
    return mask


def _perforation(top: int, bottom: int) -> Image:
    """Where the stub comes off: holes from top to bottom."""
    count = (bottom - top) // _HOLES
    first = top + (bottom - top - (count - 1) * _HOLES) // 2
    holes = [(WIDTH - _STUB, first + number * _HOLES) for number in range(count)]
    return _dots(holes, _HOLE).point(lambda value: value * 3 // 5)


def _dots(middles: list[tuple[int, int]], radius: int) -> Image:
    """Discs as a mask of the whole picture."""
    side = 2 * radius
    large = Pillow.new("L", (side * _FINE, side * _FINE))
    ImageDraw.Draw(large).ellipse((0, 0, side * _FINE - 1, side * _FINE - 1), fill=255)
    dot = large.resize((side, side), Pillow.Resampling.BOX)
    mask = Pillow.new("L", (WIDTH, HEIGHT))
    for x, y in middles:
        mask.paste(dot, (x - radius, y - radius))
    return mask


def _letter(
    lettering: Lettering, preview: Preview, top: float, foot: float, *, large: float, small: float
) -> None:
    """The organiser at the top; at the foot the event, when and where it is."""
    room = WIDTH - _STUB - 2 * _MARGIN
    line = small * 1.3
    # Each begins on its own side: a name in Arabic may stand above a date in English.
    organiser = fit(preview.organiser, room, line, small * 0.9, True, preview.lang)
    side = _side(preview.organiser)
    top = lettering.text(organiser, _MARGIN, top, room, bold=True, align=side)
    facts = [(text, fit(text, room, line, small, False, preview.lang)) for text in preview.facts()]
    foot -= sum(_height(fitted) for _text, fitted in facts)
    name = fit(preview.name, room, foot - top - small, large, True, preview.lang)
    above = foot - _height(name) - small / 3
    lettering.text(name, _MARGIN, above, room, bold=True, align=_side(preview.name))
    for text, fitted in facts:
        foot = lettering.text(fitted, _MARGIN, foot, room, bold=False, align=_side(text))


def _letter_stub(lettering: Lettering, preview: Preview, middle: float) -> None:
    """The day on which it begins, as large as on a calendar."""
    room = _STUB - 40
    day = fit(preview.day, room, 180, 128, True, preview.lang)
    month = fit(preview.month, room, 60, 44, False, preview.lang)
    left, top = WIDTH - _STUB + 20, middle - (_height(day) + _height(month)) / 2
    top = lettering.text(day, left, top, room, bold=True, align=0.5)
    lettering.text(month, left, top, room, bold=False, align=0.5)


def _side(text: str) -> float:
    """Where its lines begin: 0 is left, 1 right."""
    return float(base_direction(text) == "R")


def _height(fitted: Fitted) -> float:
    return len(fitted.lines) * fitted.leading


def _encoded(image: Image) -> bytes:
    for quality in _QUALITIES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()
