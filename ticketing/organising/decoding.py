"""Decodes one picture and encodes it anew, in a confined process: see `confined.py`."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable
from typing import Any, Final

from PIL import Image as Pillow
from PIL import ImageCms

MAX_PIXELS: Final = 40_000_000
LEAST_SIDE: Final = 16  # of what is stored: a line is no picture

# Twice the width of a page's column; large enough for the preview that messengers show.
PICTURE_BOX: Final = (1200, 1600)
PICTURE_BYTES: Final = 250 * 1024  # messengers show no preview of much more
LOGO_BOX: Final = (400, 400)

_FORMATS: Final = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITIES: Final = (84, 76, 68, 60, 50, 40)

# Everything that Pillow's decoders raise on files that aren't what they say.
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    struct.error,
    zlib.error,
    MemoryError,
)

_ORIENTATION: Final = 0x0112  # in EXIF: how the camera was held
_TURNS: Final = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}

Made = tuple[bytes, str, int, int]  # the file, its content type, its sides in pixels


class Refused(Exception):
    """No picture that we take: `broken`, `pixels` (too many) or `small`."""


def event_picture(uploaded: bytes) -> Made:
    """A JPEG, at most 1200 wide; raises `Refused`."""
    image = _flat(_decoded(uploaded, PICTURE_BOX))
    for quality in _QUALITIES:
        data = _encoded(image, "JPEG", quality=quality, optimize=True, progressive=True)
        if len(data) <= PICTURE_BYTES:
            break
    return data, "image/jpeg", *image.size


def logo(uploaded: bytes) -> Made:
    """A WebP, at most 400 on each side, transparency kept; raises `Refused`."""
    image = _decoded(uploaded, LOGO_BOX)
    # Drawings are smaller without loss, photos with it.
    drawn = _encoded(image, "WEBP", lossless=True, quality=80, method=4)
    photo = _encoded(image, "WEBP", quality=88, method=4)
    return min(drawn, photo, key=len), "image/webp", *image.size


def _decoded(uploaded: bytes, box: tuple[int, int]) -> Pillow.Image:
    """The picture upright, in sRGB, within the box, without anything beside its pixels."""
    try:
        _check(uploaded)
        image = _pixels(uploaded, box)
    except Pillow.DecompressionBombError as error:
        raise Refused("pixels") from error
    except _BROKEN as error:
        raise Refused("broken") from error
    if min(image.size) < LEAST_SIDE:
        raise Refused("small")
    return image


def _check(uploaded: bytes) -> None:
    """Look at the header and the checksums before anything is unpacked."""
    with Pillow.open(io.BytesIO(uploaded), formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise Refused("pixels")
        image.verify()


def _pixels(uploaded: bytes, box: tuple[int, int]) -> Pillow.Image:
    with Pillow.open(io.BytesIO(uploaded), formats=_FORMATS) as opened:
        profile, turn = opened.info.get("icc_profile"), _turn(opened)
        # A JPEG can be unpacked at a fraction of its size; it may still have to be turned.
        opened.draft(None, (max(box), max(box)))
        opened.load()
        image: Pillow.Image = opened
        if image.mode.startswith("I"):  # 16 bits a pixel, where the transparent one is of no use
            image.info.pop("transparency", None)
            image = image.point(lambda value: value / 256).convert("L")
        elif image.mode in {"1", "P", "PA"} or "transparency" in image.info:
            image = image.convert(_mode(image))  # of which, unlike before, a mean can be taken
        image.thumbnail((2 * max(box), 2 * max(box)), Pillow.Resampling.BOX)
        image = _in_srgb(image.transpose(turn) if turn else image, profile)
        image.thumbnail(box, Pillow.Resampling.LANCZOS)
        bare = Pillow.new(image.mode, image.size)
        bare.paste(image)
        return bare


def _turn(image: Pillow.Image) -> Pillow.Transpose | None:
    """What makes the picture upright; metadata that nobody can read is no reason to refuse it."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except _BROKEN:
        return None


def _in_srgb(image: Pillow.Image, profile: Any) -> Pillow.Image:
    """RGB or RGBA with the colours that were meant: phones take pictures in other spaces."""
    mode = _mode(image)
    if profile and image.mode in {"RGB", "RGBA", "CMYK"} and (mode == "RGB" or image.mode == mode):
        try:
            converted = ImageCms.profileToProfile(
                image,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                outputMode=mode,
            )
        except (ImageCms.PyCMSError, *_BROKEN):
            converted = None  # a profile nobody can read: the plain numbers are the best guess
        if converted is not None:
            return converted
    return image.convert(mode)


def _mode(image: Pillow.Image) -> str:
    return "RGBA" if "A" in image.mode or "transparency" in image.info else "RGB"


def _flat(image: Pillow.Image) -> Pillow.Image:
    """On white, for a format without transparency."""
    if image.mode == "RGB":
        return image
    flat = Pillow.new("RGB", image.size, "#ffffff")
    flat.paste(image, mask=image.getchannel("A"))
    return flat


def _encoded(image: Pillow.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _kind(make: Callable[[bytes], Made]) -> Callable[[bytes], tuple[dict[str, Any], bytes]]:
    def answer(uploaded: bytes) -> tuple[dict[str, Any], bytes]:
        # Pillow warns of large pictures and odd metadata; we have limits of our own.
        warnings.simplefilter("ignore")
        try:
            data, content_type, width, height = make(uploaded)
        except Refused as refused:
            return {"refused": str(refused)}, b""
        return {"type": content_type, "width": width, "height": height}, data

    return answer


KINDS: Final = {"event_picture": _kind(event_picture), "logo": _kind(logo)}
