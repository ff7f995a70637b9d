"""What programs read is noted for owners, as what people look at is."""

from typing import Final

from flask import Response, g, request

from ticketing import links
from ticketing.members import audit
from ticketing.members.audit import Actor
from ticketing.posting import outbox
from ticketing.storing import limits

_READING: Final = frozenset({"api.list_orders", "api.look_up"})


def note(response: Response) -> Response:
    """After an answer: whose key has read orders, each order once in a while."""
    key = g.get("api_key")
    if key is None or request.endpoint not in _READING or response.status_code >= 400:
        return response
    key_id, organiser_id = key
    network = limits.network_of(request.remote_addr or "")
    address = outbox.address_digest(links.keys().address, network)
    audit.note(
        audit.API_READ,
        Actor(api_key_id=key_id, address=address),
        organiser_id=organiser_id,
        order_id=g.get("looked_at"),
        about={"page": (request.endpoint or "").rpartition(".")[2]},
    )
    return response
