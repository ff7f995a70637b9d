"""Static files under addresses that change with their content, and the shop's own colour."""

import gzip
import hashlib
import re
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, g, request, url_for

from ticketing.brand import brand_css
from ticketing.web.embed import kept

blueprint = Blueprint("assets", __name__)
YEAR = 365 * 24 * 3600


def init_app(app: Flask) -> None:
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.globals["base_url"] = app.extensions["passalong.settings"].base_url
    app.context_processor(lambda: {"brand_hex": g.shop.colour[1:] if "shop" in g else None})
    app.after_request(_compress)
    app.after_request(_cache_hashed)


def static_url(filename: str) -> str:
    """The file's address with a mark of its content, so that browsers may keep it for a year."""
    path = Path(current_app.static_folder or "") / filename
    return url_for("static", filename=filename, v=_mark(path, path.stat().st_mtime_ns))


@lru_cache(maxsize=256)
def _mark(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def _compress(response: Response) -> Response:
    """Stylesheets and scripts go out gzipped; they hold no secret that its length could tell."""
    if (
        request.endpoint == "static"
        and response.status_code == 200
        and response.mimetype in {"text/css", "text/javascript"}
    ):
        response.vary.add("Accept-Encoding")
        if request.accept_encodings.quality("gzip") > 0:
            path = Path(current_app.static_folder or "") / (request.view_args or {})["filename"]
            response.direct_passthrough = False
            response.set_data(_gzipped(path, path.stat().st_mtime_ns))
            response.headers["Content-Encoding"] = "gzip"
            del response.headers["ETag"]  # it was the plain file's
    return response


@lru_cache(maxsize=64)
def _gzipped(path: Path, _changed: int) -> bytes:
    return gzip.compress(path.read_bytes(), 9, mtime=0)


def _cache_hashed(response: Response) -> Response:
    if request.endpoint == "static" and response.status_code in {200, 304}:
        response.headers["Cache-Control"] = (
            f"public, max-age={YEAR}, immutable" if request.args.get("v") else "no-cache"
        )
    return response


@blueprint.get("/brand/<hex_colour>.css")
def brand(hex_colour: str) -> Response:
    """A shop's accent colours as a stylesheet; the address holds all it depends on."""
    if not re.fullmatch(r"[0-9a-f]{6}", hex_colour):
        abort(404)
    asked = kept()
    css = brand_css(f"#{hex_colour}", theme=asked.get("theme", ""), radius=asked.get("radius", ""))
    response = Response(css, mimetype="text/css")
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response
