"""O9: every process reminds at the same moment, by itself and in bulk; nobody gets it twice."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

from flask import Flask

from tests import builders
from tests.faults.conftest import PROCESSES
from tests.faults.crew import Crew, Member
from ticketing import reminders
from ticketing.extensions import db
from ticketing.models import Event, Order, Shop, now
from ticketing.posting import outbox
from ticketing.reminders import writing
from ticketing.reminders.moments import moments
from ticketing.storing.transactions import write

ORDERS = 40


def remind(member: Member, event_id: int, at: dt.datetime) -> None:
    """Half of them as the watcher does, half as somebody in the backoffice."""
    with member.app.app_context():
        member.together()
        if member.index % 2:
            member.attempt("remind", (), _remind, event_id, at)
        else:
            member.attempt("send", (), _send, event_id, at)


def remind_unguarded(member: Member, event_id: int, at: dt.datetime) -> None:
    """The same without the second look, to show that the test would see a race."""
    with _no_second_look():
        remind(member, event_id, at)


def _remind(_event_id: int, at: dt.datetime) -> int:
    return sum(each.mails for each in reminders.remind(clock=lambda: at))


def _send(event_id: int, at: dt.datetime) -> int:
    event = db.session.get_one(Event, event_id)
    return reminders.send(event, builders.ORGANISER, clock=lambda: at)


@contextmanager
def _no_second_look() -> Iterator[None]:
    real = writing._still_due

    def all_of_them(session, _event, _at, groups, _further):  # type: ignore[no-untyped-def]
        return [[session.get_one(Order, ids[0])] for ids in groups]

    writing._still_due = all_of_them
    try:
        yield
    finally:
        writing._still_due = real


def test_nobody_is_reminded_twice_however_many_remind_at_once(app: Flask, crew: Crew) -> None:
    doubles = 0
    for _ in range(3):
        event, at, made = _due_orders()
        crew.run(remind_unguarded, event.id, at)
        doubles += sum(number > 1 for number in _mails_of(made).values())
    assert doubles, "no race: this test would prove nothing"

    event, at, made = _due_orders()
    outcomes = crew.run(remind, event.id, at)
    assert {each.result for each in outcomes} == {"done"}
    assert len(outcomes) == PROCESSES
    assert _mails_of(made) == dict.fromkeys((order.id for order in made), 1)
    assert sum(each.value for each in outcomes) == ORDERS, "each counts what it wrote itself"
    assert [each.value for each in crew.run(remind, event.id, at)] == [0] * PROCESSES


def _due_orders() -> tuple[Event, dt.datetime, list[Order]]:
    """Orders of an event with one moment for reminders, and a time soon after that."""
    shop: Shop = builders.make_shop()
    event_id = shop.event_id
    made = [
        builders.make_order(shop, tickets=1, email=f"b{number}@example.org")
        for number in range(ORDERS)
    ]
    with write() as session:
        event = session.get_one(Event, event_id)
        event.reminder_days = [7]
        day = (now() + dt.timedelta(days=100 + event_id)).date()
        event.starts_at = dt.datetime.combine(day, dt.time(20), ZoneInfo(event.timezone))
        event.ends_at = None
    [moment] = moments(shop)
    return event, moment.at + dt.timedelta(minutes=20), made


def _mails_of(made: list[Order]) -> dict[int, int]:
    ids = [order.id for order in made]
    return dict(
        Counter(
            i
            for i in ids
            for _mail in builders.mails_of(db.session.get_one(Order, i), outbox.REMINDER)
        )
    )
