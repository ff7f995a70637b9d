"""The organisers' pictures, for everybody: an address holds the digest of what it shows.

And the pictures that we make of their events, for messengers to show beneath a link.
"""

import re

from flask import Blueprint, Flask, Response, abort, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from sqlalchemy import select

from ticketing.extensions import db
from ticketing.models import Image, Shop
from ticketing.organising import event_previews, images
from ticketing.pdf import RenderFailed
from ticketing.web.around.assets import FOR_A_YEAR, static_url
from ticketing.words import languages

blueprint = Blueprint("pictures", __name__)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["image_path"] = images.path_of
    app.jinja_env.globals["preview_path"] = event_previews.path_of
    app.jinja_env.globals["shop_logo"] = _shop_logo


def _shop_logo() -> Image | None:
    """The logo of the shop whose page this is."""
    return g.shop.logo if "shop" in g else None


@blueprint.get("/images/<name>")
def image(name: str) -> Response:
    """A picture that some event or shop has; browsers may keep it for a year."""
    digest, _dot, extension = name.partition(".")
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        abort(404)
    found = images.by_digest(digest)
    if found is None or images.EXTENSIONS[found.content_type] != extension:
        abort(404)
    return _kept(found.data, found.content_type, digest)


@blueprint.get("/images/preview/<slug>/<lang>/<mark>.jpg")
def preview(slug: str, lang: str, mark: str) -> ResponseReturnValue:
    """What a link to this shop, or to an order or ticket of it, looks like in a chat."""
    shop = db.session.scalar(select(Shop).where(Shop.slug == slug))
    if shop is None or lang not in languages.spoken():
        abort(404)
    with force_locale(lang.replace("-", "_")):
        shown = event_previews.of_shop(shop)
        if shown.mark() != mark:  # the event was changed since: nobody should keep it as it was
            return redirect(event_previews.path_of(shop))
    try:
        drawn = event_previews.file_of(shown).read_bytes()
    except (RenderFailed, FileNotFoundError):  # messengers ask once: better a plain one than none
        return redirect(static_url("preview.png"))
    return _kept(drawn, "image/jpeg", mark)


def _kept(data: bytes, content_type: str, mark: str) -> Response:
    """An answer that never changes at this address."""
    response = Response(data, mimetype=content_type)
    response.headers["Cache-Control"] = FOR_A_YEAR
    response.set_etag(mark)
    response.make_conditional(request)  # which changes it in place
    return response
