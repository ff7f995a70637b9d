"""Pictures that organisers upload: looked at with suspicion, decoded and encoded anew.

What is stored holds the pixels alone: no place where a photo was taken, no text, nothing that
another program could read as something else.
"""

import hashlib
import io
import struct
import threading
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from ticketing.apart import apart
from ticketing.extensions import db
from ticketing.models import Image

MAX_BYTES: Final = 8 * 1024 * 1024
MAX_PIXELS: Final = 40_000_000
LEAST_SIDE: Final = 16  # of what is stored: a line is no picture

# Twice the width of a page's column; large enough for the preview that messengers show.
PICTURE_BOX: Final = (1200, 1600)
PICTURE_BYTES: Final = 250 * 1024  # messengers show no preview of much more
LOGO_BOX: Final = (400, 400)

EXTENSIONS: Final = {"image/jpeg": "jpg", "image/webp": "webp"}
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
    Pillow.DecompressionBombError,
)

# One large picture at a time: two would double what a process needs at most.
_decoding = threading.Lock()


class InvalidImage(Exception):
    """No picture that we take; `text` says what to do about it."""

    def __init__(self, text: LazyString) -> None:
        super().__init__(text)
        self.text = text


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored: our own encoding of what was uploaded; sides in pixels."""

    data: bytes
    content_type: str
    width: int
    height: int


def event_picture(uploaded: bytes) -> Picture:
    """An event's picture as a JPEG, at most 1200 wide; raises `InvalidImage`."""
    with _decoding:
        return apart(_event_picture, uploaded)


def logo(uploaded: bytes) -> Picture:
    """A logo as a WebP, at most 400 on each side, transparency kept; raises `InvalidImage`."""
    with _decoding:
        return apart(_logo, uploaded)


def store(session: Session, organiser_id: int, picture: Picture) -> Image:
    """Add a picture in the caller's transaction. Each belongs to one event or shop alone."""
    image = Image(
        organiser_id=organiser_id,
        digest=hashlib.sha256(picture.data).hexdigest(),
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        data=picture.data,
    )
    session.add(image)
    session.flush()
    return image


def by_digest(digest: str) -> Image | None:
    """A stored picture with its data. Two uploads of one file are the same to who looks."""
    return db.session.scalar(
        select(Image).where(Image.digest == digest).options(undefer(Image.data)).limit(1)
    )


def path_of(image: Image) -> str:
    """Its public address, which changes with its content."""
    return f"/images/{image.digest}.{EXTENSIONS[image.content_type]}"


def _event_picture(uploaded: bytes) -> Picture:
    image = _flat(_decoded(uploaded, PICTURE_BOX))
    for quality in _QUALITIES:
        data = _encoded(image, "JPEG", quality=quality, optimize=True, progressive=True)
        if len(data) <= PICTURE_BYTES:
            break
    return Picture(data, "image/jpeg", *image.size)


def _logo(uploaded: bytes) -> Picture:
    image = _decoded(uploaded, LOGO_BOX)
    # Drawings are smaller without loss, photos with it.
    drawn = _encoded(image, "WEBP", lossless=True, quality=80, method=4)
    photo = _encoded(image, "WEBP", quality=88, method=4)
    return Picture(min(drawn, photo, key=len), "image/webp", *image.size)


def _decoded(uploaded: bytes, box: tuple[int, int]) -> Pillow.Image:
    """The picture upright, in sRGB, within the box, without anything beside its pixels."""
    if not uploaded:
        raise InvalidImage(_l("Please choose a file."))
    if len(uploaded) > MAX_BYTES:
        raise InvalidImage(
            _l("This file is too large. Please choose one of at most %(n)d MB.", n=8)
        )
    with _no_warnings():
        try:
            _check(uploaded)
            image = _pixels(uploaded, box)
        except InvalidImage:
            raise
        except _BROKEN as error:
            raise InvalidImage(
                _l("This isn’t a picture we can read. Please choose a JPEG, PNG, WebP or GIF.")
            ) from error
    if min(image.size) < LEAST_SIDE:
        raise InvalidImage(_l("This picture is too small or too narrow. Please choose another."))
    return image


def _check(uploaded: bytes) -> None:
    """Look at the header and the checksums before anything is unpacked."""
    with Pillow.open(io.BytesIO(uploaded), formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise InvalidImage(
                _l("This picture has too many pixels. Please choose a smaller version of it.")
            )
        image.verify()


def _pixels(uploaded: bytes, box: tuple[int, int]) -> Pillow.Image:
    with Pillow.open(io.BytesIO(uploaded), formats=_FORMATS) as opened:
        profile = opened.info.get("icc_profile")
        # A JPEG can be unpacked at a fraction of its size; it may still have to be turned.
        opened.draft(None, (max(box), max(box)))
        opened.load()
        image: Pillow.Image = opened
        if image.mode.startswith("I"):
            image = image.point(lambda value: value / 256).convert("L")
        elif image.mode in {"1", "P", "PA"}:  # of which no mean can be taken
            image = image.convert(_mode(image))
        image.thumbnail((2 * max(box), 2 * max(box)), Pillow.Resampling.BOX)
        image = _in_srgb(ImageOps.exif_transpose(image), profile)
        image.thumbnail(box, Pillow.Resampling.LANCZOS)
        bare = Pillow.new(image.mode, image.size)
        bare.paste(image)
        return bare


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
        except ImageCms.PyCMSError:
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


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Pillow warns of large pictures and odd metadata; we have limits of our own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
