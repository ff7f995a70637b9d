"""Pages inside somebody's own: `/embed.js` for that page, and what ours keep while they are framed.

The page around asks for a language and looks in the query; there is no cookie and no storage to
keep them in, so each address leads on with them (leading.py; static/framed.js for looks that the
page around changes later).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, current_app, g, has_request_context, request

from ticketing.web.around import packing
from ticketing.web.around.protection import EMBEDDABLE_PATHS
from ticketing.words import languages

THEMES: Final = ("light", "dark")
MAX_RADIUS: Final = 32  # pixels
MAX_AGE: Final = 600  # seconds; a shop's page has this address for years, so it has to change
_FRAMES: Final = {"iframe", "frame", "object", "embed"}

blueprint = Blueprint("embed", __name__)


def init_app(app: Flask) -> None:
    app.context_processor(_framed)


@blueprint.get("/embed.js")
def script() -> Response:
    """What a shop's own page loads; the same for everybody."""
    file = packing.file_at(Path(current_app.static_folder or "") / "embed.js")
    response = packing.answer_with(file)
    response.headers["Cache-Control"] = f"public, max-age={MAX_AGE}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def kept() -> dict[str, str]:
    """What this request asks of language and looks, as far as we understand it."""
    asked = {key: request.args.get(key, "") for key in _READS}
    return {key: value for key, value in asked.items() if _READS[key](value)}


_READS: Final[dict[str, Callable[[str], bool]]] = {
    "lang": lambda text: text in languages.spoken(),
    "theme": lambda text: text in THEMES,
    "accent": lambda text: re.fullmatch(r"[0-9a-f]{6}", text) is not None,
    "radius": lambda text: (
        re.fullmatch(r"\d{1,2}", text, re.ASCII) is not None and int(text) <= MAX_RADIUS
    ),
}


@dataclass(frozen=True, slots=True)
class Look:
    """How a page is asked to look; nothing of it where it wasn't asked."""

    theme: str = ""
    accent: str = ""
    radius: str = ""

    @property
    def query(self) -> str:
        """What the colours' stylesheet has to know beside the colour."""
        asked = {"theme": self.theme, "radius": self.radius}
        found = urlencode({key: value for key, value in asked.items() if value})
        return f"?{found}" if found else ""


def _framed() -> dict[str, object]:
    # A stream's news are drawn outside of any request.
    inside = has_request_context() and request.path.startswith(EMBEDDABLE_PATHS)
    if not inside or "shop" not in g:
        return {"look": Look(), "frame_origins": None}
    asked = kept()
    asked.pop("lang", None)
    return {"look": Look(**asked), "frame_origins": _frame_origins(g.shop.embed_origins)}


def _frame_origins(origins: list[str]) -> list[str] | None:
    """Which pages this one may talk to, if it stands in one; browsers of old don't say."""
    return origins if origins and may_be_framed() else None


def may_be_framed() -> bool:
    """Whether the asked page may stand in another one; not if the browser says where it will."""
    return request.headers.get("Sec-Fetch-Dest", "iframe") in _FRAMES
