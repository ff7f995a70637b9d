"""Static files under addresses that change with their content, and the shop's own colour."""

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from flask import Blueprint, Flask, Response, abort, current_app, g, request
from werkzeug.security import safe_join

from ticketing.organising.brand import DEFAULT_COLOUR, brand_css
from ticketing.web.around import packing
from ticketing.web.embed import kept

blueprint = Blueprint("assets", __name__)
TICKET_WORKER: Final = "ticket-worker.js"
YEAR: Final = 365 * 24 * 3600
BRAND_MARK: Final = sha256(brand_css(DEFAULT_COLOUR).encode()).hexdigest()[:8]
FOR_A_YEAR: Final = f"public, max-age={YEAR}, immutable"


def init_app(app: Flask) -> None:
    app.view_functions["static"] = static_file  # Flask's own packs nothing
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.globals["base_url"] = app.extensions["passalong.settings"].base_url
    app.context_processor(lambda: {"brand_hex": g.shop.colour[1:] if "shop" in g else None})
    app.jinja_env.globals["brand_mark"] = BRAND_MARK


def static_url(filename: str) -> str:
    """The file's address with a mark of its content, so that browsers may keep it for a year."""
    file = packing.file_at(Path(current_app.static_folder or "") / filename)
    return f"/static/{filename}?v={file.mark}"


def static_file(filename: str) -> Response:
    """A file of ours. It may be kept only under the mark of what it holds now.

    A page of a former version may ask this one for its files: what it gets is ours, and must not
    be taken for what it meant from then on.
    """
    path = safe_join(current_app.static_folder or "", filename)
    try:
        file = packing.file_at(Path(path or ""))
    except (OSError, ValueError):  # no file of ours has such a name, or could have
        abort(404)
    response = packing.answer_with(file)
    response.headers["Cache-Control"] = (
        FOR_A_YEAR if request.args.get("v") == file.mark else "no-cache"
    )
    if filename == TICKET_WORKER:  # or it would be in charge of its own folder alone
        response.headers["Service-Worker-Allowed"] = "/t/"
    return response


@blueprint.get("/brand/<mark>/<hex_colour>.css")
def brand(mark: str, hex_colour: str) -> Response:
    """A shop's accent colours as a stylesheet; the address holds all it depends on.

    The mark is of what we make of a colour. A page of a former version gets what is made now.
    """
    if not re.fullmatch(r"[0-9a-f]{6}", hex_colour):
        abort(404)
    asked = kept()
    css = brand_css(f"#{hex_colour}", theme=asked.get("theme", ""), radius=asked.get("radius", ""))
    response = Response(css, mimetype="text/css")
    response.headers["Cache-Control"] = FOR_A_YEAR if mark == BRAND_MARK else "no-cache"
    return response
