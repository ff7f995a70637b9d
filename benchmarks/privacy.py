"""People's data among a million orders: one person found, handed out and erased, the audit's pages,
and an event whose time is over.

    uv run python -m benchmarks.privacy [--orders 1000000] [--tickets 50000] [--engine sqlite]

Makes an installation with so many orders of three tickets each, and an event with so many tickets,
on each engine in turn, and removes it afterwards. A line has our median, that of what it is
compared with, and the ratio; both sides are taken in one run.

Former details stand in histories alone, which no index knows: whoever looks for a person has to
read all of them once, and that reading is what finding them is compared with. Erasing an event is
compared with five statements that overwrite the same columns, and tell nobody.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Final

from sqlalchemy import Text, cast, func, insert, select, update
from sqlalchemy.orm import Session

from benchmarks.search import ENGINES, installation, milliseconds
from tests import builders
from ticketing import history
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.members.audit import PASSALONG
from ticketing.models import (
    AuditEntry,
    Event,
    HistoryEntry,
    Order,
    OutboxMail,
    Share,
    Shop,
    Ticket,
    now,
)
from ticketing.privacy import asked, held, retention
from ticketing.privacy.people import Person, orders_of
from ticketing.storing.paging import newest_first
from ticketing.storing.transactions import write
from ticketing.trying import made_up

ENTRIES: Final = 500_000  # in the audit: of a large organiser most, of a small one few
REPEAT: Final = 5

Action = Callable[[], Any]


def compare(title: str, ours: Action, other: Action, *, repeat: int = REPEAT) -> None:
    mine, theirs = [], []
    for _ in range(repeat):
        mine.append(milliseconds(ours))
        theirs.append(milliseconds(other))
    tell(title, statistics.median(mine), statistics.median(theirs))


def tell(title: str, ours: float, other: float) -> None:
    print(f"{title:66} {ours:10.1f} {other:10.1f} {ours / other:8.2f}", flush=True)


def read_histories(session: Session) -> None:
    """Once, for an address in one of their columns."""
    found = func.lower(cast(HistoryEntry.after, Text)).contains("nobody@example.org")
    session.scalars(select(HistoryEntry.order_id).where(found)).all()


def some_people(session: Session) -> Iterator[Person]:
    """Holders with an address that nobody else has, from the middle."""
    middle = (session.scalar(select(func.max(Ticket.id))) or 0) // 2
    emails = session.scalars(
        select(Ticket.email).where(Ticket.id > middle, Ticket.email != "").limit(200)
    ).all()
    session.rollback()
    return (Person(email=email.lower()) for email in dict.fromkeys(emails))


def measure_person(session: Session, organiser_id: int) -> None:
    people = some_people(session)
    reading = partial(read_histories, session)
    compare(
        "one person found: all histories read once",
        lambda: orders_of(session, next(people), organiser_id),
        reading,
    )
    compare(
        "everything about one: the same",
        lambda: held.everything_about(session, next(people), organiser_id),
        reading,
    )
    compare(
        "one erased: the same",
        lambda: asked.erase(next(people), organiser_id, history.SYSTEM, PASSALONG, valid_too=True),
        reading,
    )


def fill_audit(session: Session, large: int, small: int) -> None:
    """In 500,000 looks of the large one, a hundred of the small one, spread."""
    every = ENTRIES // 100
    rows: Iterator[dict[str, Any]] = (
        {
            "at": now(),
            "organiser_id": large if number % every else small,
            "action": audit.EXPORTED if number % 1000 == 0 else audit.ORDER_OPENED,
            "about": {},
            "address": "",
        }
        for number in range(ENTRIES)
    )
    while some := list(islice(rows, 10_000)):
        with write():
            session.execute(insert(AuditEntry), some)


def audit_page(session: Session, organiser_id: int, action: str = "") -> None:
    wanted = audit.of(organiser_id)
    if action:
        wanted = [each.where(AuditEntry.action == action) for each in wanted]
    newest_first(session, wanted, AuditEntry.id, size=50)


def unindexed_page(session: Session, organiser_id: int) -> None:
    wanted = select(AuditEntry).where(AuditEntry.organiser_id + 0 == organiser_id)
    session.scalars(wanted.order_by((AuditEntry.id + 0).desc()).limit(51)).all()


def measure_audit(session: Session, large: int, small: int) -> None:
    for title, organiser_id, action in (
        ("the audit's first page, a large organiser", large, ""),
        ("    of one kind", large, audit.EXPORTED),
        ("    of a kind that there is none of", large, audit.KEY_MADE),
        ("    a small organiser's", small, ""),
    ):
        ours = partial(audit_page, session, organiser_id, action)
        compare(f"{title}: a scan", ours, partial(unindexed_page, session, organiser_id))


def overwrite(event_id: int) -> None:
    """What an event's erasure writes at the least."""
    shops = select(Shop.id).where(Shop.event_id == event_id)
    orders = select(Order.id).where(Order.shop_id.in_(shops))
    tickets = select(Ticket.id).where(Ticket.order_id.in_(orders))
    names = {"first_name": "•", "last_name": "•", "email": "•", "phone": "•"}
    with write() as session:
        for model, which, values in (
            (Order, Order.id.in_(orders), names),
            (Ticket, Ticket.order_id.in_(orders), names),
            (Share, Share.ticket_id.in_(tickets), {"recipient": "•"}),
            (HistoryEntry, HistoryEntry.order_id.in_(orders), {"before": {}, "after": {}}),
            (OutboxMail, OutboxMail.order_id.in_(orders), {"recipient": "•"}),
        ):
            session.execute(
                update(model).where(which).values(**values),
                execution_options={"synchronize_session": False},
            )


def measure_event(tickets: int) -> None:
    """One after the other, of two alike: what was erased isn't there to be erased again."""
    took = {}
    for name in ("Ours", "Overwritten"):
        shop = builders.make_shop(organiser_name=name)
        event_id = shop.event_id
        made_up.make(tickets // 3, shop=shop)
        begun = time.perf_counter()
        if name == "Ours":
            retention.erase_event(event_id, history.SYSTEM, PASSALONG, may=lambda _event: True)
        else:
            overwrite(event_id)
        took[name] = time.perf_counter() - begun
    title = f"an event of {tickets:,} tickets erased: its columns overwritten"
    tell(title, took["Ours"] * 1000, took["Overwritten"] * 1000)


def measure(tickets: int) -> None:
    session = db.session()
    small = builders.make_shop(organiser_name="Tiny Theatre").organiser_id
    large = session.scalar(select(Event.organiser_id).where(Event.organiser_id != small)) or 0
    counts = [session.scalar(select(func.count(each.id))) for each in (Order, HistoryEntry)]
    print(f"{session.get_bind().dialect.name}: {counts[0]:,} orders, {counts[1]:,} entries")
    print(f"{'':66} {'ours, ms':>10} {'other, ms':>10} {'ratio':>8}")
    fill_audit(session, large, small)
    measure_audit(session, large, small)
    measure_person(session, large)
    measure_event(tickets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--tickets", type=int, default=50_000)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    options = parser.parse_args()
    for engine in options.engine or ENGINES:
        with installation(engine):
            made_up.make(options.orders)
            measure(options.tickets)


if __name__ == "__main__":
    main()
