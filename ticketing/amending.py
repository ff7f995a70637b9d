"""An order changes after it was placed: it gets more tickets, or follows what its shop has sold.

Tickets are told apart by `external_id`, the shop's own number: who sends one again adds nothing.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing import arriving, completion, history, live, orders, outbox
from ticketing.arriving import (
    MAX_TICKETS,
    BadQuantity,
    Checked,
    InvalidTickets,
    Line,
    NewTicket,
    Sale,
    UnknownTicketType,
    Wanted,
)
from ticketing.cancelling import cancel_in, cancel_order_in
from ticketing.extensions import db
from ticketing.fields import InvalidDetails
from ticketing.guards import end_share, locked
from ticketing.history import By
from ticketing.holders import as_columns
from ticketing.models import CANCELLED, OPEN, HistoryEntry, Order, Shop, Ticket, TicketType, now
from ticketing.orders import Booker
from ticketing.personalisation import take
from ticketing.refusals import OrderCancelled, ShopArchived
from ticketing.transactions import write


class OtherTicket(Exception):
    """The shop's number is one of this order's tickets already, of another type."""

    def __init__(self, external_id: str) -> None:
        super().__init__(external_id)
        self.external_id = external_id


@dataclass(frozen=True, slots=True)
class Amended:
    """What a call did to the order; all empty where there was nothing to do.

    `stale`: the order follows a newer state than the one that was told, so nothing was done.
    """

    order: Order
    added: list[Ticket] = field(default_factory=list)
    cancelled: list[Ticket] = field(default_factory=list)
    named: list[Ticket] = field(default_factory=list)  # were open, and have their holder now
    stale: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    """A wanted ticket with its holder looked at; whether it is needed only the order can tell."""

    place: int
    type_code: str
    external_id: str | None
    details: dict[str, Any] | None
    errors: dict[str, str]


def add_tickets(
    order: Order,
    wanted: Wanted,
    by: By,
    *,
    send_mails: bool = True,
    mail_holders: bool = True,
) -> Amended:
    """Add tickets to an order that stands; its booker is mailed, and named holders their tickets.

    A `NewTicket` whose `external_id` the order knows already adds nothing, whatever has become of
    that ticket since; if it is of another type, `OtherTicket` is raised. Also raises
    `OrderCancelled`, `ShopArchived`, `UnknownTicketType`, `BadQuantity` (the order holds at most
    `MAX_TICKETS` that stand) and `InvalidTickets`; then nothing was written.
    """
    order_id, shop_id = order.id, order.shop_id
    told = _look_at(db.session(), order, wanted)
    with write() as session:
        sale = arriving.on_sale(session, shop_id)
        order = locked(session, order_id)
        known = {each.external_id: each for each in order.tickets if each.external_id}
        for each in told:
            if each.external_id in known and known[each.external_id].type.code != each.type_code:
                raise OtherTicket(str(each.external_id))
        new = [each for each in told if each.external_id not in known]
        if not new:
            return Amended(order)
        added = _add(
            session, order, sale, new, by, send_mails=send_mails, mail_holders=mail_holders
        )
        _show(session, order, added=added)
    return Amended(order, added=added)


def follow(
    order: Order,
    wanted: Sequence[NewTicket],
    as_of: dt.datetime,
    by: By = history.SHOP,
    *,
    reason: str = "",
    send_mails: bool = True,
    mail_holders: bool = True,
) -> Amended:
    """Bring an order to the tickets that its shop says it has, as of that moment.

    Each of `wanted` has an `external_id`. What is new is added, what vanished is cancelled, a
    ticket that has another type now is cancelled and added anew. Holders are taken over for open
    tickets only, and not for those that the organiser opened again: whom people named here, and
    whom the organiser wants named anew, the shop doesn't know. A ticket that the organiser
    cancelled stays so. Tickets without an `external_id` aren't the shop's: they stay as they are.

    States may arrive twice and in any sequence: one older than what the order follows does
    nothing. Raises what `add_tickets` raises, `ShopArchived` and `OrderCancelled` only if there
    is something to do; then nothing was written.
    """
    if any(each.external_id is None for each in wanted):
        raise ValueError("a ticket to follow has no external id")
    order_id, shop_id = order.id, order.shop_id
    told = _look_at(db.session(), order, wanted)
    with write() as session:
        sale = arriving.on_sale(session, shop_id)
        order = locked(session, order_id)
        if order.amended_as_of is not None and as_of < order.amended_as_of:
            return Amended(order, stale=True)
        if order.state == "cancelled":
            if not told:
                return Amended(order)
            raise OrderCancelled
        order.amended_as_of = as_of
        standing = {
            ticket.external_id: ticket
            for ticket in order.tickets
            if ticket.external_id and ticket.state != CANCELLED
        }
        kept = {
            each.external_id: each
            for each in told
            if each.external_id in standing
            and standing[each.external_id].type.code == each.type_code
        }
        vanished = [ticket for number, ticket in standing.items() if number not in kept]
        over = _cancelled_by_organiser(session, order)
        new = [each for each in told if each.external_id not in {*kept, *over}]
        for ticket in vanished:
            cancel_in(session, order, ticket, by, reason)
        named = [
            ticket
            for number, ticket in standing.items()
            if number in kept and _name(session, ticket, kept[number], by, mail=mail_holders)
        ]
        added = []
        if new:
            added = _add(
                session, order, sale, new, by, send_mails=send_mails, mail_holders=mail_holders
            )
        if named and send_mails:
            completion.tell_booker(session, order, by)
        _show(session, order, added=added, changed=[*vanished, *named])
    return Amended(order, added=added, cancelled=vanished, named=named)


def follow_cancelled(order: Order, as_of: dt.datetime, by: By, *, reason: str = "") -> Amended:
    """The shop says that the order was cancelled, as of that moment; an older state does nothing.

    Cancelled is for good: from then on `follow` refuses.
    """
    order_id = order.id
    with write() as session:
        order = locked(session, order_id)
        if order.amended_as_of is not None and as_of < order.amended_as_of:
            return Amended(order, stale=True)
        order.amended_as_of = as_of
        cancelled = cancel_order_in(session, order, by, reason)
    return Amended(order, cancelled=cancelled)


def arrive(
    shop_id: int,
    reference: str,
    booker: Booker,
    wanted: Sequence[NewTicket],
    as_of: dt.datetime,
    *,
    locale: str,
    by: By = history.SHOP,
    send_mails: bool = True,
    mail_holders: bool = True,
) -> tuple[Amended, bool]:
    """Place an order of a shop that is followed, or `follow` if it is here; says whether it is new.

    However often, simultaneously and in whichever sequence its states arrive: there is one order,
    as of the newest. Raises what `orders.place` and `follow` raise, but not `ReferenceTaken`.
    """
    known = order_with(shop_id, reference)
    if known is None:
        try:
            order, new = orders.place(
                shop_id,
                reference,
                booker,
                wanted,
                locale=locale,
                by=by,
                send_mails=send_mails,
                mail_holders=mail_holders,
                as_of=as_of,
            )
        except orders.ReferenceTaken:
            known = order_with(shop_id, reference)  # another state of it was faster
            if known is None:
                raise
        else:
            if new:
                return Amended(order, added=list(order.tickets)), True
            known = order
    amended = follow(known, wanted, as_of, by, send_mails=send_mails, mail_holders=mail_holders)
    return amended, False


def order_with(shop_id: int, reference: str) -> Order | None:
    """The shop's order with this reference."""
    return db.session.scalar(
        select(Order)
        .where(Order.shop_id == shop_id, Order.reference == reference)
        .options(*orders.with_tickets())
    )


def _look_at(session: Session, order: Order, wanted: Wanted) -> list[_Told]:
    """Before the transaction, for it takes its time; what is wrong counts only where it is needed.

    A ticket that the order has already may be of a type that was archived since, or have a holder
    with details that the event didn't ask for at the time.
    """
    event = session.get_one(Shop, order.shop_id).event
    types = {
        each.code: each
        for each in session.scalars(select(TicketType).where(TicketType.event_id == event.id))
    }
    told: list[_Told] = []
    seen: set[str] = set()
    room = MAX_TICKETS
    for place, each in enumerate(wanted):
        number = each.quantity if isinstance(each, Line) else 1
        room -= number
        if number < 1 or room < 0:
            raise BadQuantity
        if each.type_code not in types:
            raise UnknownTicketType(each.type_code)
        if isinstance(each, Line):
            told += [_Told(place, each.type_code, None, None, {})] * number
            continue
        if each.external_id is not None and each.external_id in seen:
            raise InvalidTickets({place: {"external_id": arriving.taken_number()}})
        seen.add(each.external_id or "")
        details, errors = None, {}
        try:
            if each.holder is not None:
                details = arriving.details_of(
                    event, types[each.type_code], each.holder, may_lack=each.may_lack
                )
        except InvalidDetails as invalid:
            errors = {} if each.or_open else invalid.errors
        told.append(_Told(place, each.type_code, each.external_id, details, errors))
    return told


def _add(
    session: Session,
    order: Order,
    sale: Sale,
    new: Sequence[_Told],
    by: By,
    *,
    send_mails: bool,
    mail_holders: bool,
) -> list[Ticket]:
    """New tickets of a locked order, with history and mails."""
    if order.state == "cancelled":
        raise OrderCancelled
    if sale.archived:
        raise ShopArchived
    if sum(ticket.state != CANCELLED for ticket in order.tickets) + len(new) > MAX_TICKETS:
        raise BadQuantity
    _check(new, sale.types)
    last = max((ticket.position for ticket in order.tickets), default=0)
    added = []
    for position, each in enumerate(new, start=last + 1):
        checked = Checked(each.type_code, each.details, each.external_id)
        ticket = arriving.make(order, checked, position, by)
        arriving.give_type(ticket, sale.types[each.type_code])
        added.append(ticket)
    session.flush()
    told: dict[str, Any] = {"tickets": len(added)}
    if not send_mails:
        told["without_mails"] = True
    history.record(session, order, "tickets_added", by, after=told)
    if send_mails:
        outbox.enqueue(
            session,
            outbox.ADDED,
            order,
            order.email,
            order.locale,
            params={"positions": [ticket.position for ticket in added]},
        )
    for ticket in added:
        arriving.tell(session, ticket, by, mail=send_mails and mail_holders)
    return added


def _check(new: Sequence[_Told], types: Mapping[str, TicketType]) -> None:
    for each in new:
        if each.type_code not in types:
            raise UnknownTicketType(each.type_code)
    errors = {each.place: each.errors for each in new if each.errors}
    if errors:
        raise InvalidTickets(errors)


def _name(session: Session, ticket: Ticket, told: _Told, by: By, *, mail: bool) -> bool:
    """Give an open ticket the holder that the shop names, if it does and may."""
    if ticket.state != OPEN or ticket.round > 1 or (told.details is None and not told.errors):
        return False
    _check([told], {ticket.type.code: ticket.type})
    share = ticket.share
    taken = take(
        session,
        ticket,
        **as_columns(told.details or {}),
        personalised_at=now(),
        personalised_by=by.kind,
    )
    if taken and share is not None:
        end_share(ticket, "claimed")
    if taken:
        arriving.tell(session, ticket, by, mail=mail)
    return taken


def _cancelled_by_organiser(session: Session, order: Order) -> set[str]:
    """The shop's numbers of tickets that it may still sell, but the organiser doesn't want."""
    latest = {ticket.external_id: ticket for ticket in order.tickets if ticket.external_id}
    gone = {each.id: number for number, each in latest.items() if each.state == CANCELLED}
    if not gone:
        return set()
    by_organiser = session.scalars(
        select(HistoryEntry.ticket_id).where(
            HistoryEntry.order_id == order.id,
            HistoryEntry.action == "ticket_cancelled",
            HistoryEntry.actor == "organiser",
        )
    )
    return {gone[ticket_id] for ticket_id in by_organiser if ticket_id in gone}


def _show(
    session: Session, order: Order, *, added: Sequence[Ticket], changed: Sequence[Ticket] = ()
) -> None:
    """Tell open overviews; where tickets were added, they need the whole list."""
    if not added and not changed:
        return
    live.touch(session, order, [*added, *changed])
    if added:
        order.list_version = order.version
