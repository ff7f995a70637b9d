"""The change feed: how open overviews hear of a change, in this process and in others.

Here the writing half; watching and streaming stand in `feed/`.
"""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from ticketing.models import Change, Order, Ticket


def touch(session: Session, order: Order, tickets: Iterable[Ticket] = ()) -> None:
    """Say in the caller's transaction that the overview changed, and which cards of it."""
    order.version += 1
    for ticket in tickets:
        ticket.version = order.version
    session.add(Change(order_id=order.id, version=order.version))
