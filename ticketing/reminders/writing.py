"""The reminders are written: by themselves when their moment has come, and in bulk.

Whoever ordered several times for an event gets one mail about all of it. Nobody gets two within
`PAUSE`, however they came about: what was written lately is looked up in the transaction that
writes the next ones, under a lock on the event.
"""

import datetime as dt
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, not_, select
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import Event, Order, OutboxMail, Shop, now
from ticketing.ordering.gathering import gathered
from ticketing.posting import outbox
from ticketing.reminders.bookers import DUE, Clock, reason_of, standing
from ticketing.reminders.moments import EARLIEST, moment_now
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write

REMINDED: Final = "reminded"  # the history's word for it
SETTLED: Final = dt.timedelta(days=1)  # who ordered later than this ago isn't reminded unasked
MOST_AT_ONCE: Final = 5_000
_ORDERS_AT_ONCE: Final = 100  # in one transaction, so that nobody waits long


@dataclass(frozen=True, slots=True)
class Done:
    """One round of automatic reminders."""

    event: str
    shop: str
    days: int
    mails: int


def send(
    event: Event,
    by: By,
    *,
    shop_id: int | None = None,
    most: int = MOST_AT_ONCE,
    clock: Clock = now,
) -> int:
    """Remind everybody who is due now, at most `most` of them; returns how many mails that makes.

    A few orders a transaction: if one fails, those before it stay reminded.
    """
    at = clock()
    run = {"run": at.isoformat(), "by": by.name}
    return sum(_written(event, at, by, run, most=most, shop_id=shop_id))


def remind(*, dry_run: bool = False, clock: Clock = now) -> list[Done]:
    """Remind the bookers of every shop for which a moment has come, each once.

    However late, however often and in however many processes this runs. With `dry_run` it only
    says what it would do.
    """
    at = clock()
    until = func.coalesce(Shop.personalisation_deadline, Event.starts_at)
    shops = db.session.execute(
        select(Shop.id, Shop.event_id)
        .join(Event, Event.id == Shop.event_id)
        .where(until > at, until <= at + dt.timedelta(days=EARLIEST + 2))
        .order_by(Shop.event_id, Shop.id)
    ).all()
    done = []
    for shop_id, event_id in shops:
        shop = db.session.get_one(Shop, shop_id)
        moment = moment_now(shop, at)
        if moment is None:
            continue
        event, names = db.session.get_one(Event, event_id), (shop.event.name, shop.name)
        run = {"run": f"{shop_id} {moment.at.isoformat()}", "days": moment.days}
        unasked = _unasked(run["run"], at)
        if dry_run:
            ids = _due(event, at, shop_id, unasked).subquery()
            mails = db.session.scalar(select(func.count()).select_from(ids)) or 0
        else:
            mails = sum(
                _written(event, at, history.SYSTEM, run, *unasked, shop_id=shop_id, most=None)
            )
        if mails:
            done.append(Done(*names, moment.days, mails))
    db.session.rollback()
    return done


def _unasked(run: Any, at: dt.datetime) -> tuple[ColumnElement[bool], ...]:
    """Who isn't reminded by itself: who has just ordered, and who was for this very moment."""
    before = select(OutboxMail.id).where(
        OutboxMail.order_id == Order.id,
        OutboxMail.kind == outbox.REMINDER,
        OutboxMail.params["run"].as_string() == run,
    )
    return Order.created_at <= at - SETTLED, not_(before.exists())


def _due(
    event: Event, at: dt.datetime, shop_id: int | None, further: Sequence[ColumnElement[bool]]
) -> Select[int]:
    """The first due order of each booker."""
    return (
        standing(event, shop_id, func.min(Order.id))
        .where(reason_of(event, at) == DUE, *further)
        .group_by(func.lower(Order.email))
        .order_by(func.min(Order.id))
    )


def _written(
    event: Event,
    at: dt.datetime,
    by: By,
    run: dict[str, Any],
    *further: ColumnElement[bool],
    shop_id: int | None,
    most: int | None,
) -> Iterator[int]:
    """Write the mails, and say of each transaction how many."""
    event_id = event.id
    ids = db.session.scalars(_due(event, at, shop_id, further).limit(most)).all()
    groups = _of_bookers(event, ids, at) if ids else []
    for start in range(0, len(groups), _ORDERS_AT_ONCE):
        with write() as session:
            # Who writes reminders of this event waits here, then sees what the others wrote.
            event = lock(session, Event, event_id)
            some = groups[start : start + _ORDERS_AT_ONCE]
            bookers = _still_due(session, event, at, some, further)
            with gathered(session), outbox.bulk(session):
                for order, *also in bookers:
                    _write_to(session, order, also, at, by, run)
        yield len(bookers)
        time.sleep(0)  # whoever else waits for this process has their turn


def _of_bookers(event: Event, ids: Sequence[int], at: dt.datetime) -> list[list[int]]:
    """Each of these orders with whatever else its booker could be reminded of, itself first."""
    who = func.lower(Order.email)
    of_booker: dict[str, list[int]] = {}
    booker_of: dict[int, str] = {}
    for order_id, email in db.session.execute(
        standing(event, None, Order.id, who).where(reason_of(event, at) == DUE).order_by(Order.id)
    ):
        of_booker.setdefault(email, []).append(order_id)
        booker_of[order_id] = email
    return [
        [order_id, *(other for other in of_booker[booker_of[order_id]] if other != order_id)]
        for order_id in ids
        if order_id in booker_of
    ]


def _still_due(
    session: Session,
    event: Event,
    at: dt.datetime,
    groups: Sequence[Sequence[int]],
    further: Sequence[ColumnElement[bool]],
) -> list[list[Order]]:
    """Of these orders of each booker those that are still due; none without the first of them."""
    due = reason_of(event, at) == DUE
    firsts = standing(event, None, Order.id).where(
        Order.id.in_([ids[0] for ids in groups]), due, *further
    )
    still = {*session.scalars(firsts)}
    found = {
        order.id: order
        for order in session.scalars(
            standing(event, None, Order).where(
                Order.id.in_([each for ids in groups if ids[0] in still for each in ids]), due
            )
        )
    }
    bookers = []
    for ids in groups:
        if ids[0] in still and ids[0] in found:  # somebody may have named the last one in between
            first, *others = (found[each] for each in ids if each in found)
            # Somebody may have changed an address meanwhile.
            same = [each for each in others if each.email.lower() == first.email.lower()]
            bookers.append([first, *same])
    return bookers


def _write_to(
    session: Session,
    order: Order,
    also: Sequence[Order],
    at: dt.datetime,
    by: By,
    run: dict[str, Any],
) -> None:
    outbox.enqueue(
        session,
        outbox.REMINDER,
        order,
        order.email,
        order.locale,
        params={**run, "also": [each.id for each in also]},
        at=at,
    )
    for each in (order, *also):
        history.record(session, each, REMINDED, by, after={"to": order.email})
