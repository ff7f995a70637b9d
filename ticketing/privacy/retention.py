"""An event's time is over: the details of everybody who came, or ordered, go.

What is left of an event are its settings and its counts. Orders that change afterwards, because
somebody still has a link, are erased once more.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, and_, func, or_, select, union
from sqlalchemy.orm import Session

from ticketing import audit, history, revocations
from ticketing.audit import PASSALONG, Actor
from ticketing.extensions import db
from ticketing.history import By
from ticketing.imports import steps
from ticketing.locking import lock, to_change
from ticketing.models import Event, Import, Order, Shop, Ticket, now
from ticketing.names import ERASED
from ticketing.privacy.endings import kept_until
from ticketing.privacy.erasing import Erased, erase_in
from ticketing.privacy.people import EVERYBODY
from ticketing.refusals import EditedMeanwhile
from ticketing.transactions import write

Clock = Callable[[], dt.datetime]

OVER: Final = "over"  # the history's word for why
NOTED: Final = "erased_event"  # the word of revocations.py
_ORDERS_AT_ONCE: Final = 25


@dataclass(frozen=True, slots=True)
class Coming:
    """From when on an event's details are erased (None: not by itself), and of how many people."""

    at: dt.datetime | None
    people: int


@dataclass(frozen=True, slots=True)
class Done:
    """An event whose time is over, and how many people's details were, or would be, erased."""

    event: str
    people: int


def coming(session: Session, event: Event) -> Coming:
    return Coming(kept_until(event), people_of(session, event))


def people_of(session: Session, event: Event) -> int:
    """How many people have details in an event: one an address, and whoever gave none."""
    shops = select(Shop.id).where(Shop.event_id == event.id)
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

    With `dry_run` it only says what it would do.
    """
    done = []
    for event in _due(db.session(), clock()):
        event_id, name = event.id, event.name
        people = people_of(db.session(), event)
        if not dry_run:
            erase_event(event_id, history.SYSTEM, PASSALONG)
        done.append(Done(name, people))
    db.session.rollback()
    return done


def erase_event(event_id: int, by: By, actor: Actor) -> Erased:
    """Erase the details of everybody in an event, now; a few orders a transaction.

    People go on meanwhile, in orders that are done already too: so it looks again, until nothing
    was left since it last began. Whoever changes something after that is found by `_due`.
    """
    _drop_files(event_id)
    done = Erased()
    since: dt.datetime | None = None
    while True:
        begun = now()
        found = _erase_changed(event_id, since, by)
        if not found.orders:
            break
        done += found
        since = begun
    with write() as session:
        event = lock(session, Event, event_id)
        event.erased_at = begun
        revocations.note(session, NOTED, event_id, created=event.created_at.isoformat())
        about = {"event": event_id, "orders": done.orders, "tickets": done.tickets}
        audit.record(
            session, audit.EVENT_ERASED, actor, organiser_id=event.organiser_id, about=about
        )
    return done


def _erase_changed(event_id: int, since: dt.datetime | None, by: By) -> Erased:
    """Once through the event's orders, or through those that changed since then."""
    done = Erased()
    last = 0
    while some := db.session.scalars(_orders_of(event_id, last, since)).all():
        last = some[-1]
        with write() as session:
            done += erase_in(session, some, EVERYBODY, by, why=OVER)
        time.sleep(0)  # whoever else waits for this process has their turn
    return done


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
    over = []
    for event in session.scalars(wanted.order_by(Event.id)):
        until = kept_until(event)
        if until is not None and until <= at:
            over.append(event)
    return over


def _orders_of(event_id: int, last: int, since: dt.datetime | None) -> Select[int]:
    shops = select(Shop.id).where(Shop.event_id == event_id)
    wanted = select(Order.id).where(Order.shop_id.in_(shops), Order.id > last)
    if since is not None:
        wanted = wanted.where(Order.updated_at >= since)
    return wanted.order_by(Order.id).limit(_ORDERS_AT_ONCE)


def _drop_files(event_id: int) -> None:
    """Files of orders that wait to be imported."""
    shops = select(Shop.id).where(Shop.event_id == event_id)
    wanted = select(Import).where(
        Import.shop_id.in_(shops), Import.state.in_(("checking", "checked"))
    )
    with write() as session:
        for each in session.scalars(to_change(wanted.order_by(Import.id))):
            steps.finish(each, "dropped", {})
