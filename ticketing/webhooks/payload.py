"""What a webhook says: made when it is sent, from what is true then.

The order is as the API's GET shows it to a key that may only read: with its holders' details, for
the organiser's own programs need them, but without links. Whoever has a link may act with it, and
a receiver's logs are no place for that; the API gives links to who asks with a key that may.
"""

from typing import Any

from flask_babel import force_locale
from sqlalchemy import select

from ticketing.api import present
from ticketing.extensions import db
from ticketing.models import Call, Order
from ticketing.ordering import orders
from ticketing.webhooks.happenings import TEST


def compose(call: Call) -> dict[str, Any]:
    """`{"type", "timestamp", "data": {"order", "ticket" or "tickets"}}`, as JSON knows it.

    `ticket` is there for a ticket's events, `tickets` for an order's that is about some of them.
    `timestamp` is when it happened.
    """
    happened = call.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"type": call.event, "timestamp": happened, "data": _data(call)}


def _data(call: Call) -> dict[str, Any]:
    if call.event == TEST:
        return {"message": "This is a test. Your endpoint can be reached."}
    order = db.session.scalars(
        select(Order).where(Order.id == call.order_id).options(*orders.with_tickets())
    ).one()
    with force_locale("en"):  # texts for programs are the same for all
        shown = present.order_out(order, with_links=False).model_dump(mode="json")
    about = [
        told
        for ticket, told in zip(order.tickets, shown["tickets"], strict=True)
        if ticket.id in call.params.get("tickets", [])
    ]
    if call.event.startswith("ticket."):
        return {"order": shown, "ticket": about[0] if about else None}
    return {"order": shown, "tickets": about} if about else {"order": shown}
