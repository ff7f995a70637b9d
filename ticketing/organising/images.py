"""Pictures that organisers upload: looked at with suspicion, decoded and encoded anew.

What is stored holds the pixels alone: no place where a photo was taken, no text, nothing that
another program could read as something else. The work is done in a process of its own, which may
do nothing else and not for long: see `decoding.py`.
"""

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from ticketing.extensions import db
from ticketing.models import Image
from ticketing.running import confined

MAX_BYTES: Final = 8 * 1024 * 1024

EXTENSIONS: Final = {"image/jpeg": "jpg", "image/webp": "webp"}

_DECODER: Final = Path(__file__).with_name("decoding.py")
# One large picture at a time: two would double the memory that is needed at most.
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
    return _decoded("event_picture", uploaded)


def logo(uploaded: bytes) -> Picture:
    """A logo as a WebP, at most 400 on each side, transparency kept; raises `InvalidImage`."""
    return _decoded("logo", uploaded)


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


def _decoded(kind: str, uploaded: bytes) -> Picture:
    if not uploaded:
        raise InvalidImage(_l("Please choose a file."))
    if len(uploaded) > MAX_BYTES:
        raise InvalidImage(
            _l("This file is too large. Please choose one of at most %(n)d MB.", n=8)
        )
    with _decoding:
        head, data = confined.ask(_DECODER, kind, uploaded)
    if head.get("refused") == "pixels":
        raise InvalidImage(
            _l("This picture has too many pixels. Please choose a smaller version of it.")
        )
    if head.get("refused") == "small":
        raise InvalidImage(_l("This picture is too small or too narrow. Please choose another."))
    if "type" not in head:
        raise InvalidImage(
            _l("This isn’t a picture we can read. Please choose a JPEG, PNG, WebP or GIF.")
        )
    return Picture(data, head["type"], head["width"], head["height"])
