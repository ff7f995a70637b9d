"""What every rule looks at before it changes anything, and how a share's life goes on.

All of it takes place inside the caller's transaction.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.links import LinkWithdrawn
from ticketing.models import CANCELLED, OPEN, Order, Share, Ticket, now
from ticketing.ordering import orders
from ticketing.refusals import AlreadyClaimed, DeadlinePassed, TicketCancelled
from ticketing.storing.locking import to_change

WITHDRAWN: Final = 2  # generations from a share's link to one that nobody has


def locked(session: Session, order_id: int) -> Order:
    """The order as it is now, which nobody else changes until this transaction ends."""
    (order,) = locked_all(session, [order_id])
    return order


def locked_all(session: Session, order_ids: Iterable[int]) -> list[Order]:
    """As `locked`, for all orders that a transaction will change; in the sequence of their ids."""
    wanted = select(Order).where(Order.id.in_(order_ids)).order_by(Order.id)
    return list(session.scalars(to_change(wanted.options(*orders.with_tickets()), of=Order)))


def ticket_in(order: Order, ticket_id: int) -> Ticket:
    return next(ticket for ticket in order.tickets if ticket.id == ticket_id)


def check_stands(order: Order, ticket: Ticket) -> None:
    if ticket.state == CANCELLED or order.state == "cancelled":
        raise TicketCancelled


def check_open(order: Order, ticket: Ticket, share_generation: int | None) -> None:
    """Whether the ticket may be personalised or shared now.

    A share link counts if it is of the ticket's generation, or of the next one: the share dialog
    hands that out, and it is made the current one by its first use. Raises the refusal that fits.
    """
    check_stands(order, ticket)
    if share_generation is not None and not share_counts(ticket, share_generation):
        raise LinkWithdrawn
    if ticket.state != OPEN:
        raise AlreadyClaimed
    if deadline_passed(order):
        raise DeadlinePassed


def deadline_passed(order: Order) -> bool:
    deadline = order.shop.personalisation_deadline
    return deadline is not None and now() >= deadline


def share_counts(ticket: Ticket, generation: int) -> bool:
    return generation in {ticket.share_generation, ticket.share_generation + 1}


def current_share(session: Session, ticket: Ticket, generation: int, *, channel: str) -> Share:
    """The share of this generation, which becomes the current one; a former one is replaced."""
    if generation > ticket.share_generation:
        end_share(ticket, "replaced")
        ticket.share_generation = generation
    share = session.scalar(
        select(Share).where(Share.ticket_id == ticket.id, Share.generation == generation)
    )
    if share is None:
        share = Share(ticket_id=ticket.id, generation=generation, channel=channel)
        session.add(share)
        session.flush()
    session.refresh(ticket, ["share"])
    return share


def end_share(ticket: Ticket, how: str) -> None:
    if ticket.share is not None:
        ticket.share.ended_at = now()
        ticket.share.ended_by = how


def withdraw_shares(ticket: Ticket) -> None:
    """Past the current generation and the next, which an open share dialog may have handed out."""
    ticket.share_generation += WITHDRAWN


def renew_barcode(ticket: Ticket) -> None:
    ticket.barcode_generation += 1
