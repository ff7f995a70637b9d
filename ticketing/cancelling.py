"""Cancelling, for good: one ticket, or an order with all of its tickets."""

from sqlalchemy.orm import Session

from ticketing import history
from ticketing.feed import live
from ticketing.guards import end_share, locked, renew_barcode, ticket_in
from ticketing.history import By
from ticketing.models import CANCELLED, Order, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import TicketCancelled
from ticketing.storing.transactions import write


def cancel_ticket(ticket: Ticket, by: By, *, reason: str = "") -> Ticket:
    """Cancel one ticket for good; raises `TicketCancelled` if it is already."""
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        if history.is_repeated(session, order, by):
            return ticket
        if ticket.state == CANCELLED:
            raise TicketCancelled
        cancel_in(session, order, ticket, by, reason)
        live.touch(session, order, [ticket])
    return ticket


def cancel_order(order: Order, by: By, *, reason: str = "") -> Order:
    """Cancel an order and all its tickets; the booker is told. Twice is the same as once."""
    with write() as session:
        order = locked(session, order.id)
        cancel_order_in(session, order, by, reason)
    return order


def cancel_order_in(session: Session, order: Order, by: By, reason: str) -> list[Ticket]:
    """As `cancel_order`, in the caller's transaction, which has locked it; what it cancelled."""
    if order.state == "cancelled":
        return []
    standing = [ticket for ticket in order.tickets if ticket.state != CANCELLED]
    for ticket in standing:
        cancel_in(session, order, ticket, by, reason)
    order.state = "cancelled"
    order.cancelled_at = now()
    history.record(session, order, "order_cancelled", by, reason=reason)
    outbox.enqueue(session, outbox.CANCELLED, order, order.email, order.locale)
    live.touch(session, order, standing)
    return standing


def cancel_in(session: Session, order: Order, ticket: Ticket, by: By, reason: str) -> None:
    """Cancel a ticket that stands, of an order that the caller has locked and will touch."""
    before = ticket.state
    end_share(ticket, "cancelled")
    ticket.state = CANCELLED
    ticket.cancelled_at = now()
    ticket.revision += 1
    renew_barcode(ticket)
    history.record(
        session,
        order,
        "ticket_cancelled",
        by,
        ticket=ticket,
        before={"state": before},
        after={"state": CANCELLED},
        reason=reason,
    )
