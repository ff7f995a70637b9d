"""An order gets more tickets after it was placed.

Tickets are told apart by `external_id`, the shop's own number: who sends one again adds nothing.
An order that follows what its shop has sold (`following`) gets them in the same way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking.fields import InvalidDetails
from ticketing.extensions import db
from ticketing.feed import live
from ticketing.guards import locked
from ticketing.history import By
from ticketing.models import CANCELLED, Order, Shop, Ticket, TicketType
from ticketing.ordering import arriving
from ticketing.ordering.arriving import (
    MAX_TICKETS,
    BadQuantity,
    Checked,
    InvalidTickets,
    Line,
    Sale,
    UnknownTicketType,
    Wanted,
)
from ticketing.posting import outbox
from ticketing.refusals import OrderCancelled, ShopArchived
from ticketing.storing.transactions import write


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
class Told:
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
    told = look_at(db.session(), order, wanted)
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
        added = add(session, order, sale, new, by, send_mails=send_mails, mail_holders=mail_holders)
        show(session, order, added=added)
    return Amended(order, added=added)


def look_at(session: Session, order: Order, wanted: Wanted) -> list[Told]:
    """Before the transaction, for it takes its time; what is wrong counts only where it is needed.

    A ticket that the order has already may be of a type that was archived since, or have a holder
    with details that the event didn't ask for at the time.
    """
    event = session.get_one(Shop, order.shop_id).event
    types = {
        each.code: each
        for each in session.scalars(select(TicketType).where(TicketType.event_id == event.id))
    }
    told: list[Told] = []
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
            told += [Told(place, each.type_code, None, None, {})] * number
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
        told.append(Told(place, each.type_code, each.external_id, details, errors))
    return told


def add(
    session: Session,
    order: Order,
    sale: Sale,
    new: Sequence[Told],
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
    check(new, sale.types)
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


def check(new: Sequence[Told], types: Mapping[str, TicketType]) -> None:
    for each in new:
        if each.type_code not in types:
            raise UnknownTicketType(each.type_code)
    errors = {each.place: each.errors for each in new if each.errors}
    if errors:
        raise InvalidTickets(errors)


def show(
    session: Session, order: Order, *, added: Sequence[Ticket], changed: Sequence[Ticket] = ()
) -> None:
    """Tell open overviews; where tickets were added, they need the whole list."""
    if not added and not changed:
        return
    live.touch(session, order, [*added, *changed])
    if added:
        order.list_version = order.version
