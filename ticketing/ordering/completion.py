"""An order is complete once its last ticket has a name; its booker hears when others see to it."""

from sqlalchemy.orm import Session

from ticketing.history import By
from ticketing.models import CANCELLED, OPEN, Order
from ticketing.posting import outbox


def is_complete(order: Order) -> bool:
    """Whether the order stands, has tickets that do, and none of them is open."""
    states = {ticket.state for ticket in order.tickets} - {CANCELLED}
    return order.state != "cancelled" and bool(states) and OPEN not in states


def rounds_of(order: Order) -> int:
    """A number that every reopen raises."""
    return sum(ticket.round for ticket in order.tickets)


def tell_booker(session: Session, order: Order, by: By) -> None:
    """Mail the booker if what just happened to an open ticket has made the order complete.

    For the caller's transaction, after it gave that ticket its holder. Bookers who filled in the
    last name themselves know.
    """
    if by.kind == "booker" or not is_complete(order):
        return
    outbox.enqueue(
        session,
        outbox.ALL_READY,
        order,
        order.email,
        order.locale,
        params={"rounds": rounds_of(order)},
    )
