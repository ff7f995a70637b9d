"""The organisers' pictures, for everybody: an address holds the digest of what it shows."""

import re

from flask import Blueprint, Flask, Response, abort, g, request

from ticketing import images
from ticketing.models import Image
from ticketing.web.assets import FOR_A_YEAR

blueprint = Blueprint("pictures", __name__)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["image_path"] = images.path_of
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
    response = Response(found.data, mimetype=found.content_type)
    response.headers["Cache-Control"] = FOR_A_YEAR
    response.set_etag(digest)
    response.make_conditional(request)  # which changes it in place
    return response
