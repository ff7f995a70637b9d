"""Finding orders among a million: the search against a scan, later pages against the first.

    uv run python -m benchmarks.search [--orders 1000000] [--engine sqlite] [--repeat 20]
    PASSALONG_INSTANCE_PATH=… [PASSALONG_DATABASE_URL=…] uv run python -m benchmarks.search --here

Makes an installation with so many orders of three tickets each, as `flask make-orders` does, on
each engine in turn, and removes it afterwards; or takes one that has them already (`--here`).

A line has our median and 95th percentile, the median of what it is compared with, and the ratio of
the medians; both sides are taken in turn, in one run. A scan is the same page's ids without an
index: every order is looked at. It is spared reading the orders themselves, which we do.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from flask import Flask
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tests import builders
from tests.postgres import running_postgres
from ticketing import create_app, search
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, Organiser, Shop, now
from ticketing.search import Wanted, index
from ticketing.search.index import entries
from ticketing.search.wanted import conditions_of
from ticketing.storing.installation import migrate
from ticketing.trying import made_up

PAGE: Final = 50
SCANS: Final = 3  # times that a scan is taken, spread among ours
SPREAD: Final = made_up.making.SPREAD
TINY: Final = "Tiny Theatre"  # an organiser beside the large one
ENGINES: Final[dict[str, dict[str, Any]]] = {
    "sqlite": {},
    "postgresql": {"shared_buffers": "2GB", "max_wal_size": "8GB"},
}

Action = Callable[[], Any]


def milliseconds(action: Action) -> float:
    begun = time.perf_counter()
    action()
    db.session.rollback()
    return (time.perf_counter() - begun) * 1000


def compare(
    title: str, ours: Action, other: Action, *, repeat: int, others: int = SCANS, goal: str = ""
) -> None:
    """Take both in turn, so many times each, and print a line."""
    milliseconds(ours)
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(repeat):
        mine.append(milliseconds(ours))
        if number % max(1, repeat // others) == 0:
            theirs.append(milliseconds(other))
    p95 = statistics.quantiles(mine, n=20, method="inclusive")[-1]
    median, another = statistics.median(mine), statistics.median(theirs)
    figures = f"{median:8.2f} {p95:8.2f} {another:9.2f} {another / median:8.2f}"
    print(f"{title:66} {figures} {goal}".rstrip(), flush=True)


def page(wanted: Wanted, **cursor: int | None) -> search.Page:
    everything = select(Order).where(Order.organiser_id == wanted.organiser_id)
    return search.find(db.session(), everything, wanted, size=PAGE, **cursor)


def unindexed(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What all must hold, said so that no index helps."""
    columns: dict[str, Any] = {column.name: column for column in entries.columns}
    columns["organiser_id"] = entries.c.organiser_id + 0
    columns["created_at"] = func.coalesce(entries.c.created_at, entries.c.created_at)

    def like(column: Any, word: str) -> ColumnElement[bool]:
        return column.contains(word, autoescape=True)

    return conditions_of(db.session(), wanted).of_row(SimpleNamespace(**columns), like)


def scan(wanted: Wanted) -> None:
    key = {"name": entries.c.name + "", "code": entries.c.code + ""}.get(wanted.sort)
    if key is None:
        key = func.coalesce(entries.c.created_at, entries.c.created_at).desc()
    rows = select(entries.c.order_id).where(*unindexed(wanted)).order_by(key)
    db.session.execute(rows.limit(PAGE + 1)).all()


def scan_and_count(wanted: Wanted) -> None:
    rows = select(entries.c.order_id).where(*unindexed(wanted)).subquery()
    db.session.execute(select(func.count()).select_from(rows)).scalar_one()


def typed(session: Session) -> dict[str, str]:
    """What people type, from what every order has to what none has."""
    last = session.scalar(select(func.max(entries.c.order_id))) or 0
    dutch = Order.phone.startswith("+31") & (Order.id <= last // 3)
    one = session.get_one(Order, session.scalar(select(func.max(Order.id)).where(dutch)))
    return {
        "in every order": "exam",
        "in two of three": "e.org",
        "a family name": "visser",
        "two names": "anna visser",
        "a Chinese name": "小明",
        "a rare name": "żółć begoña",
        "an address": one.email,
        "a phone number": "0" + one.phone[3:],
        "a piece of a phone number": one.phone[4:11],
        "an order code": one.code,
        "among the earliest alone": "made-up-1" + "0" * (len(str(last)) - 4),
        "nowhere": "zzqx",
        "nowhere, of frequent pieces": "annanna",
        "one letter": "j",
        "two letters": "an",
        "one letter and a name": "j visser",
    }


def measure_words(wanted: Wanted, repeat: int) -> None:
    for title, text in typed(db.session()).items():
        some = replace(wanted, text=text)
        found = search.count(db.session(), some)
        many = f"{found}" if found <= search.COUNTED_UP_TO else "many"
        title = f"{title}, “{text}” ({many})"
        compare(f"{title}: page, scan", *both(some), repeat=repeat, goal="(>= 50)")
        count = partial(search.count, db.session(), some)
        compare("    count to 1,000, scan", count, partial(scan_and_count, some), repeat=repeat)


def both(wanted: Wanted) -> tuple[Action, Action]:
    return partial(page, wanted), partial(scan, wanted)


def measure_filters(wanted: Wanted, repeat: int) -> None:
    """What is combined: text, shop, state and date, in each sort."""
    by_age = select(Shop.id).where(Shop.organiser_id == wanted.organiser_id).order_by(Shop.id)
    large, _partners, _nights, small, *_rest = db.session.scalars(by_age)
    since = now() - SPREAD
    days = {"since": since, "until": since + SPREAD / 50}
    some: dict[str, dict[str, Any]] = {
        "cancelled": {"state": "cancelled"},
        "a small shop": {"shop_id": small},
        "a name, partly personalised, a large shop": {
            "text": "visser",
            "state": "some",
            "shop_id": large,
        },
        "a name in a small shop": {"text": "bakker", "shop_id": small},
        "a name, some days long ago": {"text": "bakker", **days},
        "days long ago": days,
    }
    for (title, filters), sort in product(some.items(), ("newest", "name", "code")):
        each = replace(wanted, sort=sort, **filters)
        compare(f"{title}, by {sort}: page, scan", *both(each), repeat=repeat)


def last_cursor(wanted: Wanted) -> int | None:
    """The order behind which the last page begins, unless it is the first."""
    keys = {"name": entries.c.name.desc(), "code": entries.c.code.desc()}
    rising = wanted.sort not in keys
    rows = select(entries.c.order_id).where(
        *conditions_of(db.session(), wanted).of_row(entries.c, index.holds(db.engine.dialect.name))
    )
    key = keys.get(wanted.sort, entries.c.created_at)
    rows = rows.order_by(key, entries.c.order_id if rising else entries.c.order_id.desc())
    return db.session.execute(rows.limit(1).offset(PAGE)).scalar_one_or_none()


def measure_pages(wanted: Wanted, repeat: int) -> None:
    for text, sort in product(("", "e.org", "visser"), ("newest", "name", "code")):
        some = replace(wanted, text=text, sort=sort)
        first, last = partial(page, some), last_cursor(some)
        if last is None:
            continue
        for title, cursor in (("next", first().after), ("last", last)):
            later = partial(page, some, after=cursor)
            title = f"“{text}” by {sort}: first page, {title} page"
            compare(title, first, later, repeat=repeat, others=repeat, goal="(<= 2)")


def measure_tiny(wanted: Wanted, repeat: int) -> None:
    for text in ("", "e.org", "visser"):
        title = f"a small organiser's “{text}”: page, scan"
        compare(title, *both(replace(wanted, text=text)), repeat=repeat)


def measure(repeat: int) -> None:
    session = db.session()
    number = session.scalar(select(func.count()).select_from(entries))
    tiny = session.scalar(select(Organiser.id).where(Organiser.name == TINY)) or 0
    large = session.scalar(select(Shop.organiser_id).where(Shop.organiser_id != tiny).limit(1)) or 0
    wanted = Wanted(large, regions=("NL",))
    print(f"{session.get_bind().dialect.name}: {number:,} orders")
    print(f"{'':66} {'ours, ms':>8} {'p95':>8} {'other, ms':>9} {'ratio':>8}")
    measure_words(wanted, repeat)
    measure_filters(wanted, repeat)
    measure_pages(wanted, repeat)
    measure_tiny(replace(wanted, organiser_id=tiny), repeat)


def fill(number: int) -> None:
    begun = time.perf_counter()
    made_up.make(number)
    print(f"{number:,} orders made in {time.perf_counter() - begun:.0f} s")


def add_tiny() -> None:
    if db.session.scalar(select(Organiser.id).where(Organiser.name == TINY)) is None:
        shop = builders.make_shop(organiser_name=TINY)
        for name in ("Visser", "Bakker", "Smit") * 5:
            builders.make_order(shop, last_name=name, tickets=3)


@contextmanager
def installation(engine: str) -> Iterator[Flask]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = ""
        if engine == "postgresql":
            server = stack.enter_context(running_postgres(**ENGINES[engine]))
            url = server.create("benchmark")
        settings = Settings(instance_path=folder, database_url=url)
        app = create_app({"TESTING": True}, settings)
        with app.app_context():
            migrate()
            yield app
            db.session.remove()
            db.engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--engine", choices=ENGINES, action="append")
    parser.add_argument("--repeat", type=int, default=20)
    parser.add_argument("--here", action="store_true", help="an installation that has its orders")
    options = parser.parse_args()
    if options.here:
        with create_app({"TESTING": True}).app_context():
            add_tiny()
            measure(options.repeat)
        return
    for engine in options.engine or ENGINES:
        with installation(engine):
            fill(options.orders)
            add_tiny()
            measure(options.repeat)


if __name__ == "__main__":
    main()
