"""An event's time is over: the details of everybody who came, or ordered, go.

What is left of an event are its settings and its counts. Orders that change afterwards, because
somebody still has a link, are erased once more.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlalchemy import and_, func, or_, select, union
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking.names import ERASED
from ticketing.extensions import db
from ticketing.history import By
from ticketing.imports import steps
from ticketing.members import audit
from ticketing.members.audit import PASSALONG, Actor
from ticketing.models import Event, HistoryEntry, Import, Order, Shop, Ticket, now
from ticketing.privacy.endings import is_needed, kept_until
from ticketing.privacy.erasing import Erased, erase_in, in_portions
from ticketing.privacy.people import EVERYBODY
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.locking import lock, to_change
from ticketing.storing.transactions import write
from ticketing.vault import revocations

Clock = Callable[[], dt.datetime]
May = Callable[[Event], bool]

OVER: Final = "over"  # the history's word for why
# The words of revocations.py: for all of an event; for some of its orders, by their link ids; for
# the files that waited to be imported.
NOTED: Final = "erased_event"
NOTED_ORDERS: Final = "erased_orders"
NOTED_FILES: Final = "dropped_files"
_ORDERS_AT_ONCE: Final = 25
_LOOKED_AT_AT_ONCE: Final = 500

_log = logging.getLogger(__name__)


class StillNeeded(Exception):
    """By its dates and its days the event's details are kept; `done` is what went before."""

    def __init__(self) -> None:
        super().__init__()
        self.done = Erased()


@dataclass(frozen=True, slots=True)
class Coming:
    """From when on an event's details are erased (None: not by itself), and of how many people."""

    at: dt.datetime | None
    people: int


@dataclass(frozen=True, slots=True)
class Done:
    """An event whose time is over, and how many people's details were, or would be, erased.

    `kept`: its dates or days were changed meanwhile, and the others' details stay.
    """

    event: str
    people: int
    kept: bool = False


def coming(session: Session, event: Event) -> Coming:
    return Coming(kept_until(event), people_of(session, event.id))


def people_of(session: Session, event_id: int) -> int:
    """How many people have details in an event: one an address, and whoever gave none."""
    shops = select(Shop.id).where(Shop.event_id == event_id)
    bookers = select(func.lower(Order.email)).where(
        Order.shop_id.in_(shops), Order.email.not_in(("", ERASED))
    )
    of_event = select(Ticket).join(Order).where(Order.shop_id.in_(shops))
    holders = of_event.with_only_columns(func.lower(Ticket.email)).where(
        Ticket.email.not_in(("", ERASED))
    )
    known = session.scalar(select(func.count()).select_from(union(bookers, holders).subquery()))
    nameless = of_event.with_only_columns(func.count(Ticket.id)).where(
        Ticket.email == "", Ticket.first_name.not_in(("", ERASED))
    )
    return (known or 0) + (session.scalar(nameless) or 0)


def retain(*, dry_run: bool = False, clock: Clock = now) -> list[Done]:
    """Erase what has been kept long enough; as often as you like.

    With `dry_run` it only says what it would do. An event whose dates or days are changed while
    others have their turn is kept from that moment on.
    """
    at = clock()
    done = []
    for event_id, name in [(event.id, event.name) for event in _due(db.session(), at)]:
        people, kept = people_of(db.session(), event_id), False
        if not dry_run:
            try:
                erase_event(event_id, history.SYSTEM, PASSALONG, may=partial(_is_over, at=at))
            except StillNeeded as needed:
                _log.info("event %s is kept longer by now", event_id)
                if not needed.done.orders:
                    continue
                people, kept = max(0, people - people_of(db.session(), event_id)), True
        done.append(Done(name, people, kept))
    db.session.rollback()
    return done


def erase_by_hand(event_id: int, by: By, actor: Actor) -> Erased:
    """Erase the details of everybody in an event before its time is over, or where none was set.

    Raises `StillNeeded` where people's tickets are, or come to be while this goes on; its `done`
    says what went until then.
    """
    return erase_event(event_id, by, actor, may=lambda event: not is_needed(event))


def erase_event(event_id: int, by: By, actor: Actor, *, may: May) -> Erased:
    """Erase the details of everybody in an event, now; a few orders a transaction.

    People go on meanwhile, in orders that are done already too: so it looks again, until nothing
    was left since it last began. Whoever changes something after that is found by `_due`.

    Each transaction asks first whether the event, as it is then, `may` be erased. Raises
    `StillNeeded` where it may not; what went until then (its `done`) is gone, in the audit, and
    noted: those orders, and no others, are erased again after a restore. So is what went before a
    process died.
    """
    done = Erased()
    try:
        drop_files(event_id, may, until=now())
        begun = _erase_orders(event_id, by, may, done)
        with write() as session:
            event = _locked(session, event_id, may)
            event.erased_at = begun
            revocations.note(session, NOTED, event_id, created=event.created_at.isoformat())
            _audit(session, event, actor, done)
    except StillNeeded as needed:
        needed.done = done
        if done.orders:
            with write() as session:
                _audit(session, session.get_one(Event, event_id), actor, done)
        raise
    return done


def _erase_orders(event_id: int, by: By, may: May, done: Erased) -> dt.datetime:
    """Until nobody has changed any; returns when it began to look for the last time."""
    left: dict[int, dt.datetime] = {}
    while True:
        begun = now()
        changed = _changed(event_id, left)
        if not changed:
            return begun
        for some in in_portions(changed, _ORDERS_AT_ONCE):
            with write() as session:
                _locked(session, event_id, may)
                at = now()
                found = erase_in(session, some, EVERYBODY, by, why=OVER)
                if found.orders:
                    _note_orders(session, some, at)
                left |= _as_they_are(session, some)
            done += found
            time.sleep(0)  # whoever else waits for this process has their turn


def _changed(event_id: int, left: Mapping[int, dt.datetime]) -> list[int]:
    """The event's orders that aren't as they were left: {order id: when it changed last}.

    Shops and orders are locked for a moment: whoever is adding or changing one just then is waited
    for, and whoever does so later has a later time than that at which this began.
    """
    of_event = select(Shop.id).where(Shop.event_id == event_id).order_by(Shop.id)
    with write() as session:
        shops = session.scalars(to_change(of_event)).all()
    wanted = select(Order.id, Order.updated_at).where(Order.shop_id.in_(shops)).order_by(Order.id)
    found: list[int] = []
    last = 0
    while True:
        with write() as session:
            behind = to_change(wanted.where(Order.id > last).limit(_LOOKED_AT_AT_ONCE))
            some = session.execute(behind).all()
        if not some:
            return found
        found += [order_id for order_id, at in some if left.get(order_id) != at]
        last = some[-1].id


def _as_they_are(session: Session, ids: Collection[int]) -> dict[int, dt.datetime]:
    """{order id: when it changed last}"""
    rows = session.execute(select(Order.id, Order.updated_at).where(Order.id.in_(ids)))
    return {row.id: row.updated_at for row in rows}


def _note_orders(session: Session, ids: Collection[int], at: dt.datetime) -> None:
    """In one line: a line for each would be as many as there are orders."""
    links = session.scalars(select(Order.link_id).where(Order.id.in_(ids)).order_by(Order.id))
    revocations.note(session, NOTED_ORDERS, " ".join(map(str, links)), at=at.isoformat())


def erase_orders_again(link_ids: Collection[int], at: dt.datetime) -> None:
    """Erase everybody in orders that were erased at this moment, whatever became of their event.

    Where the history has it, nothing came back; what stands there was given afterwards.
    """
    known = select(HistoryEntry.id).where(
        HistoryEntry.order_id == Order.id,
        HistoryEntry.action == "erased",
        HistoryEntry.reason == OVER,
        HistoryEntry.at >= at,
    )
    wanted = select(Order.id).where(Order.link_id.in_(link_ids), ~known.exists())
    with write() as session:
        ids = session.scalars(wanted.order_by(Order.id)).all()
        erase_in(session, ids, EVERYBODY, history.SYSTEM, why=OVER)


def _locked(session: Session, event_id: int, may: May) -> Event:
    """The event, which nobody changes until the transaction is over. Raises `StillNeeded`."""
    event = lock(session, Event, event_id)
    if not may(event):
        raise StillNeeded
    return event


def _audit(session: Session, event: Event, actor: Actor, done: Erased) -> None:
    about = {"event": event.id, "orders": done.orders, "tickets": done.tickets}
    audit.record(session, audit.EVENT_ERASED, actor, organiser_id=event.organiser_id, about=about)


def change(event: Event, days: int | None, rule: str, actor: Actor, *, revision: int) -> Event:
    """Keep an event's details for so many days after its end (None: until somebody erases them),
    and have its tickets obey one of `names_rules.RULES`.

    Raises `EditedMeanwhile`.
    """
    event_id = event.id
    with write() as session:
        event = lock(session, Event, event_id)
        if event.revision != revision:
            raise EditedMeanwhile
        if event.retention_days != days:
            event.keeping_changed_at = now()
        event.retention_days = days
        event.names_rule = rule
        event.revision += 1
        about = {"event": event_id, "days": days, "rule": rule}
        audit.record(
            session,
            audit.RETENTION_CHANGED,
            actor,
            organiser_id=event.organiser_id,
            about=about,
        )
    return event


def _due(session: Session, at: dt.datetime) -> list[Event]:
    """Events whose time is over, and in which somebody's details may stand."""
    since = (
        select(Order.id)
        .join(Shop)
        .where(
            # An organiser's orders are found by when they changed.
            Order.organiser_id == Event.organiser_id,
            Order.updated_at > Event.erased_at,
            Shop.event_id == Event.id,
        )
    )
    wanted = select(Event).where(
        Event.retention_days.is_not(None),
        Event.starts_at < at,
        or_(Event.erased_at.is_(None), and_(Event.erased_at.is_not(None), since.exists())),
    )
    return [event for event in session.scalars(wanted.order_by(Event.id)) if _is_over(event, at)]


def _is_over(event: Event, at: dt.datetime) -> bool:
    until = kept_until(event)
    return until is not None and until <= at


def drop_files(event_id: int, may: May, *, until: dt.datetime) -> None:
    """Files of orders that were uploaded until then and wait to be imported.

    What was dropped is noted, whatever becomes of the orders. Raises `StillNeeded`.
    """
    shops = select(Shop.id).where(Shop.event_id == event_id)
    wanted = select(Import).where(
        Import.shop_id.in_(shops),
        Import.state.in_(("checking", "checked")),
        Import.created_at <= until,
    )
    with write() as session:
        waiting = session.scalars(to_change(wanted.order_by(Import.id))).all()
        event = _locked(session, event_id, may)
        for each in waiting:
            steps.finish(each, "dropped", {})
        if waiting:
            created, at = event.created_at.isoformat(), until.isoformat()
            revocations.note(session, NOTED_FILES, event_id, created=created, at=at)
