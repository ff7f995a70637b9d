"""The picture that messengers show beneath a link: about the event, in the reader's language.

It is made when the first of them asks for it, in the processes of `ticketing.pdf`, and kept. Its
address holds a mark of all that it shows: an event that was changed has another one.
"""

from pathlib import Path
from typing import Final

from flask import Flask, current_app
from flask_babel import get_locale

from ticketing.carried import tickets_pdf
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Shop
from ticketing.organising import images
from ticketing.pdf import PdfCache, PoolBusy, RenderFailed
from ticketing.previews.failed import Failed
from ticketing.previews.preview import Preview
from ticketing.words import localtime

LIMIT: Final = 64 * 1024 * 1024  # bytes of pictures that are kept, some sixty kB each


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its folder of pictures, and a note of those that can't be drawn."""
    folder = settings.instance_path / "previews"
    app.extensions["passalong.previews"] = PdfCache(folder, LIMIT, suffix=".jpg")
    app.extensions["passalong.previews_failed"] = Failed()


def of_shop(shop: Shop) -> Preview:
    """What the picture says in the current locale."""
    event = shop.event
    day, month = localtime.day_and_month(event)
    return Preview(
        name=event.name,
        when=localtime.event_when(event),
        place=next(iter(event.place.splitlines()), ""),
        day=day,
        month=month,
        organiser=shop.organiser.name,
        colour=shop.colour,
        lang=str(get_locale()).replace("_", "-"),
        picture=event.image.digest if event.image else "",
    )


def path_of(shop: Shop) -> str:
    """Its public address in the current locale, which changes with what it shows."""
    preview = of_shop(shop)
    return f"/images/preview/{shop.slug}/{preview.lang}/{preview.mark()}.jpg"


def file_of(preview: Preview) -> Path:
    """The JPEG, made now if it isn't there. Raises `pdf.RenderFailed`.

    Whoever waits for it holds no connection to the database. What can't be drawn isn't tried anew
    at each request: many may ask for the same picture, and each try keeps a process busy.
    """
    db.session.rollback()
    cache = current_app.extensions["passalong.previews"]
    assert isinstance(cache, PdfCache)  # noqa: S101 - tells the type checker what stands there
    return cache.get_or_make(preview.mark(), lambda: _drawn(preview))


def tidy() -> None:
    """Delete the pictures that nobody has asked for in days."""
    current_app.extensions["passalong.previews"].drop_unused()


def _drawn(preview: Preview) -> bytes:
    failed = current_app.extensions["passalong.previews_failed"]
    assert isinstance(failed, Failed)  # noqa: S101 - likewise
    mark = preview.mark()
    if mark in failed:
        raise RenderFailed("it could not be drawn a moment ago")
    try:
        return _drawn_now(preview)
    except PoolBusy:  # nobody has tried
        raise
    except RenderFailed:
        failed.note(mark)
        raise


def _drawn_now(preview: Preview) -> bytes:
    own = images.by_digest(preview.picture) if preview.picture else None
    data = own.data if own else b""
    db.session.rollback()
    return tickets_pdf.renderer().draw(preview, data)
