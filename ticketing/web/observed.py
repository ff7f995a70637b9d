"""What is seen of every request: an id for the logs, its route, how soon the answer began.

Always the route's rule, never the path: that holds tokens.
"""

import re
import time
from collections.abc import Iterable
from secrets import token_hex
from typing import Any, Final

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from ticketing import logs, metrics

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
    environ = request.environ
    rule, method = request.url_rule, environ["REQUEST_METHOD"]
    traced = logs.Traced(
        id=_id_of(environ.get("HTTP_X_REQUEST_ID")),
        method=method if method in _METHODS else "OTHER",
        route=rule.rule if rule else UNKNOWN,
        typed=typed,
    )
    environ["passalong.traced"] = traced  # for `finish`, and the access log, see server.py
    environ["passalong.begun"] = time.perf_counter()
    logs.traced.set(traced)


def finish(response: Response) -> Response:
    environ = request.environ
    traced: logs.Traced = environ["passalong.traced"]
    response.headers["X-Request-ID"] = traced.id
    seconds = time.perf_counter() - environ["passalong.begun"]
    metrics.current().answered(traced.method, traced.route, response.status_code // 100, seconds)
    return response


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
