"""Tickets that lack a detail which is required by now, and asking their holders for it."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking import fields
from ticketing.asking.fields import Asked
from ticketing.asking.holders import known_of
from ticketing.extensions import db
from ticketing.guards import check_stands, deadline_passed, locked, locked_all, ticket_in
from ticketing.history import By
from ticketing.models import (
    PERSONALISED,
    Event,
    HistoryEntry,
    Order,
    Shop,
    Ticket,
    TicketType,
    now,
)
from ticketing.posting import outbox
from ticketing.refusals import AskedLately, DeadlinePassed, NothingMissing
from ticketing.storing.lately import within
from ticketing.storing.transactions import write

ASKED: Final = "details_asked"  # the history's word for it
PAUSE: Final = dt.timedelta(days=1)
MAILS_PER_RECIPIENT: Final = 20  # a day: whoever claims may name any address
MOST_AT_ONCE: Final = 2_000
_ORDERS_AT_ONCE: Final = 100  # in one transaction, so that nobody waits long


def missing_in(ticket: Ticket) -> list[Asked]:
    """What is required of this ticket's holder and not there; open tickets lack nothing yet.

    The event's questions should be loaded.
    """
    if ticket.state != PERSONALISED or not ticket.type.needs_personal_data:
        return []
    known = known_of(ticket)
    return fields.missing(fields.asked_of(ticket.order.shop.event, ticket.type, kept=known), known)


def lacking(events: Iterable[Event]) -> ColumnElement[bool]:
    """The condition on tickets of these events that lack something; types and questions loaded."""
    conditions = [
        and_(Ticket.ticket_type_id == each.id, or_(*absent))
        for event in events
        for each in event.ticket_types
        if each.needs_personal_data and (absent := _absent(event, each))
    ]
    return and_(Ticket.state == PERSONALISED, or_(*conditions)) if conditions else false()


def check_asking(order: Order, ticket: Ticket) -> None:
    """Whether a holder may be asked, and may answer, now; raises the refusal that fits."""
    check_stands(order, ticket)
    if not missing_in(ticket):
        raise NothingMissing
    if deadline_passed(order):
        raise DeadlinePassed


def ask(ticket: Ticket, by: By) -> str:
    """Send a ticket back to its holder, or where nobody gave an address to the booker.

    It stays personalised, with the same barcode. Returns the address. Raises `NothingMissing`,
    `AskedLately`, `DeadlinePassed`, `TicketCancelled`, `TooManyMails`.
    """
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = ticket_in(order, ticket_id)
        recipient = ticket.email or order.email
        if history.is_repeated(session, order, by):
            return recipient
        check_asking(order, ticket)
        if session.scalar(select(Ticket.id).where(Ticket.id == ticket.id, _asked_lately())):
            raise AskedLately
        outbox.check_limits(session, outbox.DETAILS_MISSING, *_limits(order, recipient))
        _write_to(session, order, recipient, [ticket], by)
    return recipient


def ask_all(event: Event, by: By, tickets: Select[Ticket]) -> int:
    """Send back those of the selected tickets that lack something; returns how many.

    At most `MOST_AT_ONCE` of them, a few orders a transaction; who was asked within a day, whose
    deadline has passed and whose address gets too many of these mails today is left out. One mail
    an address and order, however many tickets it is about.
    """
    due = list(
        db.session.execute(
            to_ask(event, tickets)
            .with_only_columns(Ticket.order_id, Ticket.id)
            .order_by(Ticket.order_id, Ticket.id)
            .limit(MOST_AT_ONCE)
        )
    )
    of_order: dict[int, set[int]] = {}
    for order_id, ticket_id in due:
        of_order.setdefault(order_id, set()).add(ticket_id)
    asked = 0
    ids = list(of_order)
    for start in range(0, len(ids), _ORDERS_AT_ONCE):
        with write() as session, outbox.bulk(session):
            some = [
                (order, _of_recipients(session, order, of_order[order.id]))
                for order in locked_all(session, ids[start : start + _ORDERS_AT_ONCE])
            ]
            limits = [
                limit for order, whom in some for each in whom for limit in _limits(order, each)
            ]
            outbox.queue_up(session, outbox.DETAILS_MISSING, *limits)
            for order, whom in some:
                asked += _ask_in(session, order, whom, by)
    return asked


def to_ask(event: Event, tickets: Select[Ticket]) -> Select[Ticket]:
    """Those of the selected tickets of an event whose holders would be asked now."""
    open_shops = select(Shop.id).where(
        Shop.event_id == event.id,
        or_(Shop.personalisation_deadline.is_(None), Shop.personalisation_deadline > now()),
    )
    in_time = select(Order.id).where(Order.shop_id.in_(open_shops), Order.state != "cancelled")
    return tickets.where(lacking([event]), Ticket.order_id.in_(in_time), ~_asked_lately())


def count(tickets: Select[Ticket]) -> int:
    some = tickets.with_only_columns(Ticket.id).order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def _of_recipients(session: Session, order: Order, ticket_ids: set[int]) -> dict[str, list[Ticket]]:
    """Which of these tickets somebody is to be asked about, by whom to ask."""
    if order.state == "cancelled" or deadline_passed(order):
        return {}
    lately = set(
        session.scalars(select(Ticket.id).where(Ticket.order_id == order.id, _asked_lately()))
    )
    of_recipient: dict[str, list[Ticket]] = {}
    for ticket in order.tickets:
        if ticket.id in ticket_ids - lately and missing_in(ticket):
            of_recipient.setdefault(ticket.email or order.email, []).append(ticket)
    return of_recipient


def _ask_in(session: Session, order: Order, of_recipient: dict[str, list[Ticket]], by: By) -> int:
    asked = 0
    for recipient, tickets in of_recipient.items():
        if outbox.within_limits(session, outbox.DETAILS_MISSING, *_limits(order, recipient)):
            _write_to(session, order, recipient, tickets, by)
            asked += len(tickets)
    return asked


def _write_to(
    session: Session, order: Order, recipient: str, tickets: Sequence[Ticket], by: By
) -> None:
    outbox.enqueue(
        session,
        outbox.DETAILS_MISSING,
        order,
        recipient,
        tickets[0].locale if recipient == tickets[0].email else order.locale,
        ticket=tickets[0] if len(tickets) == 1 else None,
        params={"positions": [ticket.position for ticket in tickets]},
    )
    for ticket in tickets:
        history.record(session, order, ASKED, by, ticket=ticket, after={"to": recipient})
    session.flush()  # the limits count it


def _limits(order: Order, recipient: str) -> list[outbox.Limit]:
    """A booker may be asked about all of their own order's."""
    return [] if recipient == order.email else [(outbox.to(recipient), MAILS_PER_RECIPIENT)]


def _asked_lately() -> ColumnElement[bool]:
    found = select(HistoryEntry.id).where(
        HistoryEntry.order_id == Ticket.order_id,  # it has an index
        HistoryEntry.ticket_id == Ticket.id,
        HistoryEntry.action == ASKED,
        within(HistoryEntry.at, PAUSE, now()),
    )
    return found.exists()


def _absent(event: Event, ticket_type: TicketType) -> list[ColumnElement[bool]]:
    """For each required detail of a type, that a ticket hasn't got it."""
    return [
        _is_absent(each.field.key)
        for each in fields.asked_of(event, ticket_type)
        if each.required and each.field.key != "email_check"
    ]


def _is_absent(key: str) -> ColumnElement[bool]:
    # What has no answer isn't stored, so it needs no look at what the answer is.
    def unsaid(detail: str) -> ColumnElement[bool]:
        text: Any = Ticket.details[detail].as_string()
        return text.is_(None)

    if key == "last_name":
        return and_(Ticket.last_name == "", unsaid(fields.ONE_NAME))
    if key in fields.OF_TICKET:
        return getattr(Ticket, key) == ""
    return unsaid(key)


__all__ = ["MOST_AT_ONCE", "ask", "ask_all", "check_asking", "count", "lacking", "missing_in"]
