"""Somebody asks to be forgotten: what there is of them, what stands against it, and how it goes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from ticketing.extensions import db
from ticketing.guards import locked_all
from ticketing.history import By
from ticketing.imports import steps
from ticketing.members import audit
from ticketing.members.audit import Actor
from ticketing.models import CANCELLED, OPEN, Event, Import, Order, Shop, Ticket
from ticketing.ordering import orders
from ticketing.privacy.endings import is_needed
from ticketing.privacy.erasing import Erased, erase_in, in_portions
from ticketing.privacy.people import Person, digest_of, orders_of
from ticketing.storing.locking import to_change, to_rely_on
from ticketing.storing.transactions import write
from ticketing.vault import revocations

ASKED: Final = "asked"  # the history's word for why
NOTED: Final = "erased_person"  # the word of revocations.py
_ORDERS_AT_ONCE: Final = 25


class StillComing(Exception):
    """They have tickets, or ordered some, whose names are needed still (`endings.is_needed`):
    `tickets` and `orders` are their codes, `done` is what went before."""

    def __init__(self, tickets: list[str], orders: list[str]) -> None:
        super().__init__(tickets, orders)
        self.tickets = tickets
        self.orders = orders
        self.done = Erased()


@dataclass
class Found:
    """What is held of somebody, by codes; `coming` is what of it is still needed."""

    order_ids: list[int] = field(default_factory=list)  # all that hold anything of them
    placed: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    coming: StillComing | None = None

    @property
    def elsewhere(self) -> int:
        """Orders that hold something of them, and that they neither placed nor have a ticket of."""
        theirs = {*self.placed, *(code.partition("-")[0] for code in self.tickets)}
        return max(0, len(self.order_ids) - len(theirs))


def look(session: Session, person: Person, organiser_id: int | None) -> Found:
    """What there is of them, with this organiser or (None) on the whole installation."""
    return _look_at(session, person, orders_of(session, person, organiser_id))


def _look_at(session: Session, person: Person, order_ids: Sequence[int]) -> Found:
    found = Found(list(order_ids))
    tickets: list[str] = []
    placed: list[str] = []
    for some in in_portions(found.order_ids, _ORDERS_AT_ONCE):
        wanted = select(Order).where(Order.id.in_(some)).order_by(Order.id)
        for order in session.scalars(wanted.options(*orders.with_tickets())):
            coming = is_needed(order.shop.event)
            if person.is_in({"email": order.email, "phone": order.phone}):
                found.placed.append(order.code)
                if coming and any(ticket.state != CANCELLED for ticket in order.tickets):
                    placed.append(order.code)
            for ticket in order.tickets:
                if holds(person, ticket):
                    found.tickets.append(ticket.code)
                    if coming and ticket.state not in {CANCELLED, OPEN}:
                        tickets.append(ticket.code)
    if tickets or placed:
        found.coming = StillComing(tickets, placed)
    return found


def holds(person: Person, ticket: Ticket) -> bool:
    """Whether a ticket carries their name now."""
    known = {"email": ticket.email, "phone": ticket.phone}
    return ticket.id == person.ticket_id or person.is_in(known)


def erase(
    person: Person, organiser_id: int | None, by: By, actor: Actor, *, valid_too: bool = False
) -> Erased:
    """Forget somebody, with this organiser or (None) on the whole installation.

    Only their own: the tickets of others in the same order stay. What is needed for an event that
    is still to come goes only if it was said so (`valid_too`): such a ticket goes on being valid,
    with nobody's name. Else `StillComing` is raised, and nothing has been erased; nothing more,
    where it came to be needed while this went on.
    """
    found = look(db.session(), person, organiser_id)
    if found.coming is not None and not valid_too:
        raise found.coming
    portions = list(in_portions(found.order_ids, _ORDERS_AT_ONCE))
    with write() as session:
        if portions and not valid_too:
            _check_not_needed(session, person, portions[0])
        # First of all, for whoever dies amid this leaves nothing by which it would be known. Noted
        # whether or not anything is there: a backup may know more of them.
        _note(session, person, organiser_id, actor, begun=True)
    _drop_files(person, organiser_id)
    done, came = Erased(), None
    try:
        for some in portions:
            with write() as session:
                if not valid_too:
                    _check_not_needed(session, person, some)
                done += erase_in(session, some, person, by, why=ASKED)
    except StillComing as coming:
        came, coming.done = coming, done
    with write() as session:
        # And once more: a backup that was made meanwhile has what wasn't erased yet.
        _note(session, person, organiser_id, actor, orders=done.orders, tickets=done.tickets)
    if came is not None:
        raise came
    return done


def _check_not_needed(session: Session, person: Person, order_ids: Sequence[int]) -> None:
    """Nothing of theirs in these orders comes to be needed until the transaction is over.

    Raises `StillComing` where something is already.
    """
    shops = select(Order.shop_id).where(Order.id.in_(order_ids))
    events = select(Event).where(Event.id.in_(select(Shop.event_id).where(Shop.id.in_(shops))))
    session.scalars(to_rely_on(events.order_by(Event.id))).all()
    locked_all(session, order_ids)
    coming = _look_at(session, person, order_ids).coming
    if coming is not None:
        raise coming


def _note(
    session: Session, person: Person, organiser_id: int | None, actor: Actor, **about: int
) -> None:
    revocations.note(session, NOTED, digest_of(person, organiser_id), organiser=organiser_id)
    audit.record(session, audit.PERSON_ERASED, actor, organiser_id=organiser_id, about=about)


def _drop_files(person: Person, organiser_id: int | None) -> None:
    """Files that wait to be imported and name them: whoever uploaded one can do so again."""
    with write() as session:
        wanted = select(Import).where(Import.state.in_(("checking", "checked")))
        if organiser_id is not None:
            wanted = wanted.where(Import.organiser_id == organiser_id)
        wanted = wanted.order_by(Import.id).options(undefer(Import.content))
        for each in session.scalars(to_change(wanted)):
            if _names(person, each.content or b""):
                steps.finish(each, "dropped", {})


def _names(person: Person, content: bytes) -> bool:
    text = content.decode("utf-8", "replace").lower()
    if person.email:
        return person.email in text
    # Without its country code, in whichever way it was written.
    return bool(person.phone) and person.phone[-8:] in re.sub(r"[^0-9]", "", text)
