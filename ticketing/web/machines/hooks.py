"""Where other programs say that something happened. They get a short answer at once."""

import json
from typing import Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.exceptions import RequestEntityTooLarge

from ticketing import links
from ticketing.extensions import db
from ticketing.links import Kind, UnknownLink
from ticketing.members import attempts
from ticketing.models import PretixConnection
from ticketing.pretix import connections, queue
from ticketing.pretix.reading import CODE
from ticketing.storing.transactions import Unavailable

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")

MOST_BYTES: Final = 64 * 1024
_ABOUT_ORDERS: Final = "pretix.event.order."


@blueprint.post("/pretix/<token>")
def pretix(token: str) -> ResponseReturnValue:
    """Nothing of what is sent is believed: it has an order fetched, and that is all.

    pretix repeats what isn't answered with 2xx, for three days.
    https://docs.pretix.eu/dev/api/webhooks.html
    """
    request.max_content_length = MOST_BYTES
    try:
        link = links.read(links.keys(), Kind.PRETIX, token)
    except UnknownLink:
        return _unknown()
    connection = db.session.scalar(
        select(PretixConnection).where(PretixConnection.link_id == link.link_id)
    )
    if connection is None:
        return _unknown()
    try:
        said = json.loads(request.get_data())
    except RequestEntityTooLarge:
        return {"error": "too large"}, 413
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return {"error": "a JSON object is expected"}, 400
    code, action = said.get("code"), said.get("action")
    # An organizer's webhook tells of all of their events; what another one says needs no look.
    ours = said.get("event") in {connection.event, None}
    if not isinstance(action, str) or not action.startswith(_ABOUT_ORDERS) or not ours:
        return {"status": "nothing to do"}
    if not isinstance(code, str) or not CODE.fullmatch(code):
        return {"error": "code is no order code"}, 400
    try:
        connections.heard(connection, code)
    except (queue.TooManyWaiting, Unavailable):
        return {"error": "busy"}, 503, {"Retry-After": "60"}
    return {"status": "heard"}


def _unknown() -> ResponseReturnValue:
    seconds = attempts.at_link(request.remote_addr or "")
    if seconds:
        return {"error": "too many unknown addresses"}, 429, {"Retry-After": str(seconds)}
    return {"error": "unknown"}, 404
