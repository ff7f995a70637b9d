"""Polls that bring no news, answered before Flask begins.

Where no stream gets through, each open overview asks every few seconds, and nearly always nothing
has changed. Whatever else is asked, or has an answer, goes on to `overview.changes`.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from flask import Flask
from sqlalchemy import select

from ticketing import links, metrics
from ticketing.config import Settings
from ticketing.links import Kind, UnknownLink
from ticketing.models import Order
from ticketing.storing.reading import LINK_ID, Unreadable, reader_of
from ticketing.vault.keys import Keys
from ticketing.web.around import observed, protection

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH: Final = re.compile(rf"/o/({links.TOKEN.pattern})/changes")
_ROUTE: Final = "/o/<token>/changes"
_QUERY: Final = re.compile(r"since=([0-9]{1,9})(?:&(?:lang|spoken)=[a-z]{2})?")

_VERSION: Final = select(Order.link_generation, Order.version).where(Order.link_id == LINK_ID)


class Unchanged:
    """WSGI middleware."""

    def __init__(self, inner: "WSGIApplication", app: Flask) -> None:
        self._inner = inner
        self._app = app
        settings: Settings = app.extensions["passalong.settings"]
        self._headers = [
            *protection.headers_for("/o/", secure=settings.secure),
            ("Vary", "Accept-Encoding, Accept-Language, HX-Request"),
        ]

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        path = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if path and environ["REQUEST_METHOD"] == "GET":
            asked = _QUERY.fullmatch(environ.get("QUERY_STRING", ""))
            if asked and self._has_nothing_newer(path[1], int(asked[1])):
                traced = observed.trace(environ, _ROUTE)
                start_response("204 NO CONTENT", [*self._headers, ("X-Request-ID", traced.id)])
                observed.count(environ, 204, metrics.of_app(self._app))
                return [b""]
        return self._inner(environ, start_response)

    def _has_nothing_newer(self, token: str, since: int) -> bool:
        keys: Keys = self._app.extensions["passalong.keys"]
        try:
            link = links.read(keys, Kind.ORDER, token)
            (found,) = reader_of(self._app).rows(link.link_id, _VERSION)
        except (UnknownLink, Unreadable):
            return False  # Flask says so, in a page
        return any(link.generation == now and version <= since for now, version in found)


def init_app(app: Flask) -> None:
    app.wsgi_app = Unchanged(app.wsgi_app, app)  # type: ignore[method-assign]
