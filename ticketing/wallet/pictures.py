"""The pictures of a pass, in the sizes that phones want.

https://developer.apple.com/design/human-interface-guidelines/wallet: an icon of 38 × 38 points for
the lock screen and for mails, a logo within 160 × 50 at the top, and the event's picture within
90 × 90; each as a PNG at one, two and three pixels a point.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ticketing.models import Shop
from ticketing.organising import brand, images
from ticketing.running.apart import apart

if TYPE_CHECKING:
    from PIL.Image import Image

ICON: Final = (38, 38)
LOGO: Final = (160, 50)
THUMBNAIL: Final = (90, 60)  # 3:2, as wide as Apple lets it be
SCALES: Final = (1, 2, 3)

_KEPT: Final = 8  # shops whose pictures a process remembers, a fifth of a megabyte each
_PLATES: Final = ("#ffffff", "#000000")
_GLYPH_SIDE: Final = 24  # the grid that the ticket is drawn on
_FINE: Final = 4  # drawn so many times larger, then made smaller: smooth edges


def of_shop(shop: Shop) -> dict[str, bytes]:
    """{file name: PNG}. A shop without a logo has a ticket drawn in its colour."""
    logo, picture = shop.logo, shop.event.image
    return _made(logo.digest if logo else None, picture.digest if picture else None, shop.colour)


@lru_cache(maxsize=_KEPT)
def _made(logo: str | None, picture: str | None, colour: str) -> dict[str, bytes]:
    return apart(_drawn, _data(logo), _data(picture), brand.ground_for_labels(colour))


def _data(digest: str | None) -> bytes | None:
    found = images.by_digest(digest) if digest else None
    return found.data if found else None


def _drawn(logo: bytes | None, picture: bytes | None, ground: str) -> dict[str, bytes]:
    files = {}
    for scale in SCALES:
        suffix = f"@{scale}x.png" if scale > 1 else ".png"
        icon, top = _icon_and_logo(logo, ground, scale)
        files[f"icon{suffix}"] = _png(icon)
        files[f"logo{suffix}"] = _png(top)
        if picture is not None:
            files[f"thumbnail{suffix}"] = _png(_cover(_opened(picture), _times(THUMBNAIL, scale)))
    return files


def _icon_and_logo(logo: bytes | None, ground: str, scale: int) -> tuple[Image, Image]:
    """The icon stands on the organiser's colour; the logo on the pass, which has it too."""
    if logo is None:
        ink = brand.text_on(ground)
        glyph = _ticket(_times(ICON, scale)[1] * 3 // 4, ink)
        return _on(ground, glyph, _times(ICON, scale)), _ticket(_times(LOGO, scale)[1], ink)
    drawn = _opened(logo)
    plate = _plate_for(drawn, ground)
    side = _times(ICON, scale)[0]
    icon = _on(plate or ground, _within(drawn, (side * 7 // 8, side * 7 // 8)), (side, side))
    if plate is None:
        return icon, _within(drawn, _times(LOGO, scale))
    edge = 4 * scale
    width, height = _times(LOGO, scale)
    inner = _within(drawn, (width - 2 * edge, height - 2 * edge))
    card = _on(plate, inner, (inner.width + 2 * edge, inner.height + 2 * edge))
    return icon, _rounded(card, radius=edge)


def _plate_for(drawn: Image, ground: str) -> str | None:
    """What a logo has to stand on to be seen, where the organiser's own colour won't do."""
    mean = _mean_colour(drawn)
    if mean is None or brand.contrast(mean, ground) >= brand.EDGE_CONTRAST:
        return None
    return max(_PLATES, key=lambda plate: brand.contrast(mean, plate))


def _mean_colour(drawn: Image) -> str | None:
    """Of what is drawn; None if it fills its box, which then is its own background."""
    from PIL import ImageStat

    alpha = drawn.getchannel("A")
    if ImageStat.Stat(alpha).extrema[0][0] > 250:
        return None
    seen = alpha.point(lambda value: 255 if value > 127 else 0)
    if seen.getbbox() is None:
        return None
    mean = ImageStat.Stat(drawn.convert("RGB"), seen).mean
    return "#" + "".join(f"{round(channel):02x}" for channel in mean)


def _ticket(side: int, ink: str) -> Image:
    """Our own sign: a ticket with its torn edge."""
    from PIL import Image, ImageDraw

    unit = side * _FINE / _GLYPH_SIDE
    shape = Image.new("L", (side * _FINE, side * _FINE))
    draw = ImageDraw.Draw(shape)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[float, ...]:
        return (left * unit, top * unit, right * unit, bottom * unit)

    draw.rounded_rectangle(box(1, 5, 23, 19), radius=2 * unit, fill=255)
    for x in (1, 23):
        draw.ellipse(box(x - 2.5, 9.5, x + 2.5, 14.5), fill=0)
    for y in (7, 10.5, 14):
        draw.rectangle(box(15, y, 16.2, y + 2.2), fill=0)
    glyph = Image.new("RGBA", (side, side), ink)
    glyph.putalpha(shape.resize((side, side), Image.Resampling.BOX))
    return glyph


def _opened(data: bytes) -> Image:
    """A picture that we encoded ourselves."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=("JPEG", "WEBP")) as image:
        return image.convert("RGBA")


def _within(image: Image, box: tuple[int, int]) -> Image:
    """The whole picture, as large as the box lets it be."""
    from PIL import ImageOps

    return ImageOps.contain(image, box)


def _cover(image: Image, box: tuple[int, int]) -> Image:
    """The middle of the picture, filling the box."""
    from PIL import ImageOps

    return ImageOps.fit(image, box).convert("RGB")


def _on(ground: str, image: Image, size: tuple[int, int]) -> Image:
    """The picture in the middle of a plain ground."""
    from PIL import Image as Pillow

    whole = Pillow.new("RGBA", size, ground)
    at = ((size[0] - image.width) // 2, (size[1] - image.height) // 2)
    whole.alpha_composite(image, at)
    return whole.convert("RGB")


def _rounded(image: Image, radius: int) -> Image:
    from PIL import Image as Pillow
    from PIL import ImageDraw

    size = image.width * _FINE, image.height * _FINE
    shape = Pillow.new("L", size)
    ImageDraw.Draw(shape).rounded_rectangle((0, 0, *size), radius=radius * _FINE, fill=255)
    image = image.convert("RGBA")
    image.putalpha(shape.resize(image.size, Pillow.Resampling.BOX))
    return image


def _times(points: tuple[int, int], scale: int) -> tuple[int, int]:
    return points[0] * scale, points[1] * scale


def _png(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
