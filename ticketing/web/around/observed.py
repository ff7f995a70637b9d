"""What is seen of every request: an id for the logs, its route, how soon the answer began.

Always the route's rule, never the path: that holds tokens.
"""

import re
import time
from collections.abc import Callable, Iterable
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ticketing import metrics
from ticketing.running import logs

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

UNKNOWN: Final = "unknown"  # no route of ours, or not by this method
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

# What proxies and other programs name requests by; a UUID looks like a token of ours and is none.
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=+-]{7,63}")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def init_app(app: Flask) -> None:
    """To be called before all others, so that what they do is seen as well."""
    # Not `before_request`: a blueprint that refuses an address does so before those.
    app.url_value_preprocessor(begin)
    app.after_request(finish)


def begin(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    rule = request.url_rule
    trace(request.environ, rule.rule if rule else UNKNOWN, typed)


def trace(
    environ: "WSGIEnvironment", route: str, typed: Callable[[], Iterable[str]] = tuple
) -> logs.Traced:
    """Of a request that begins; also for what is answered before Flask begins."""
    method = environ["REQUEST_METHOD"]
    traced = logs.Traced(
        id=_id_of(environ.get("HTTP_X_REQUEST_ID")),
        method=method if method in _METHODS else "OTHER",
        route=route,
        typed=typed,
    )
    environ["passalong.traced"] = traced  # for `finish`, and the access log, see server.py
    environ["passalong.begun"] = time.perf_counter()
    logs.traced.set(traced)
    return traced


def finish(response: Response) -> Response:
    traced: logs.Traced = request.environ["passalong.traced"]
    response.headers["X-Request-ID"] = traced.id
    count(request.environ, response.status_code, metrics.current())
    return response


def count(environ: "WSGIEnvironment", status: int, measures: metrics.Measures) -> None:
    """An answer to a request that was begun by `trace`."""
    traced: logs.Traced = environ["passalong.traced"]
    seconds = time.perf_counter() - environ["passalong.begun"]
    measures.answered(traced.method, traced.route, status // 100, seconds)


def typed() -> Iterable[str]:
    """What was filled in: an error that quotes it is logged without."""
    try:
        sent = [*request.form.values(), *_texts(request.get_json(silent=True))]
    except (HTTPException, RuntimeError):  # too large to be read; no request any more
        return []
    return sorted({each for each in sent if len(each) > 2}, key=len, reverse=True)


def _texts(sent: object) -> list[str]:
    if isinstance(sent, dict):
        sent = list(sent.values())
    if isinstance(sent, list):
        return [text for each in sent for text in _texts(each)]
    return [sent] if isinstance(sent, str) else []


def _id_of(given: str | None) -> str:
    """The id that came along, if it is one and nothing that opens or tells something."""
    if given and _ID.fullmatch(given) and (_UUID.fullmatch(given) or logs.redact(given) == given):
        return given
    return token_hex(8)
