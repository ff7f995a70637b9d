"""The numbers, for Prometheus and the like."""

import hmac
from ipaddress import ip_address
from typing import Final

from flask import Blueprint, Response, abort, current_app, request

from ticketing.config import settings
from ticketing.metrics.exposition import exposition

blueprint = Blueprint("metrics", __name__)

_FORWARDED: Final = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Nobody else learns that there is something here."""
    if not _may_read():
        abort(404)
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    text, content_type = exposition(app, request.headers.get("Accept", ""))
    return Response(text, content_type=content_type)


def _may_read() -> bool:
    token = settings().metrics_token
    if token:
        shown = request.headers.get("Authorization", "")
        return hmac.compare_digest(shown.encode(), f"Bearer {token}".encode())
    # A proxy on this machine that the settings don't know of makes everybody seem to be here.
    proxied = settings().proxies or any(name in request.headers for name in _FORWARDED)
    return not proxied and _is_here(request.remote_addr or "")


def _is_here(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
