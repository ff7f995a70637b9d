"""One way to write: all or nothing, one after the other, durable."""

import contextlib
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from tests import builders, seen
from tests.at_once import at_once
from ticketing.carried import admission
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.storing import transactions
from ticketing.storing.transactions import Busy, write


@contextlib.contextmanager
def held_by_another_program(settings: Settings) -> Iterator[None]:
    """Somebody else has SQLite's only write lock."""
    other = sqlite3.connect(settings.instance_path / "passalong.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def test_what_is_written_is_there_at_the_end(app: Flask) -> None:
    shop = builders.make_shop()
    with write():
        shop.name = "Renamed"
    db.session.remove()
    assert db.session.scalars(select(Shop.name)).one() == "Renamed"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_exception_leaves_nothing_half_made(app: Flask, error: type[BaseException]) -> None:
    shop = builders.make_shop()
    before = seen.rows()

    def fail() -> None:
        with write() as session:
            shop.name = "Renamed"
            session.flush()
            raise error

    with pytest.raises(error):
        fail()
    assert seen.changes(before) == {}
    assert shop.name == "Riverside tickets", "and the object in hand says so"
    with write():
        shop.name = "Once more"
    assert shop.name == "Once more"


def test_an_error_of_the_database_leaves_nothing_half_made(app: Flask) -> None:
    shop, other = builders.make_shop(), builders.make_shop()
    before = seen.rows()
    with pytest.raises(IntegrityError), write():
        other.name, shop.slug = "Renamed", other.slug
    assert seen.changes(before) == {}


def test_it_decides_on_what_is_true_now(app: Flask) -> None:
    """What was loaded before may be out of date; a rule must not act on it."""
    shop = builders.make_shop()
    assert shop.name == "Riverside tickets"

    def rename() -> None:
        with write() as session:
            session.scalars(select(Shop)).one().name = "Renamed by another"

    assert at_once(app, rename) == [None]
    assert shop.name == "Riverside tickets", "a reader goes on seeing what it began to read"
    with write():
        assert shop.name == "Renamed by another"


def test_what_was_changed_outside_is_not_written_along(app: Flask) -> None:
    shop = builders.make_shop()
    shop.name = "Changed by mistake in a view"
    with write():
        pass
    assert shop.name == "Riverside tickets"


def test_a_rule_inside_a_rule_is_a_mistake(app: Flask) -> None:
    ticket = builders.make_order().tickets[0]
    with pytest.raises(RuntimeError, match="inside another"), write():
        admission.new_barcode(ticket, builders.ORGANISER)
    builders.claim(ticket)


@pytest.mark.engine("sqlite")
def test_sqlite_keeps_what_it_was_told(app: Flask) -> None:
    def pragma(name: str) -> object:
        return db.session.execute(text(f"PRAGMA {name}")).scalar()

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2, "FULL: a power cut loses nothing that was acknowledged"
    assert pragma("foreign_keys") == 1
    builders.make_shop()
    with pytest.raises(IntegrityError), write() as session:
        session.execute(text("UPDATE shops SET event_id = 99"))


@pytest.mark.engine("sqlite")
def test_a_write_has_the_lock_from_its_first_moment(app: Flask, settings: Settings) -> None:
    with write() as session:
        session.scalar(select(Order.id))
        other = sqlite3.connect(settings.instance_path / "passalong.db", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM orders").fetchone() == (0,), "reading goes on"
        other.close()


@pytest.mark.engine("sqlite")
def test_reading_goes_on_while_somebody_writes(app: Flask, settings: Settings) -> None:
    builders.make_order()
    with held_by_another_program(settings):
        db.session.rollback()
        started = time.perf_counter()
        assert db.session.scalars(select(Order)).one().state == "placed"
        assert time.perf_counter() - started < 1


@pytest.mark.engine("sqlite")
def test_who_waits_too_long_is_told(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And everybody waits that long, not each as long as all before them together."""
    shop_id = builders.make_shop().id
    monkeypatch.setattr(transactions, "BUSY_MILLISECONDS", 500)

    def rename() -> float:
        started = time.perf_counter()
        try:
            with write() as session:
                session.get_one(Shop, shop_id).name = "Renamed"
        except Busy:
            return time.perf_counter() - started
        raise AssertionError("the lock was somebody else's")

    with held_by_another_program(settings):
        waits = at_once(app, *[rename] * 4)
    assert all(isinstance(each, float) and 0.4 < each < 1.5 for each in waits), waits
    with write() as session:
        session.get_one(Shop, shop_id).name = "Renamed"


@pytest.mark.engine("sqlite")
def test_waiting_in_vain_costs_nothing_that_runs_out(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither connections nor the process's own lock: when the others are done, all is well."""
    shop = builders.make_shop()
    monkeypatch.setattr(transactions, "BUSY_MILLISECONDS", 5)
    with held_by_another_program(settings):
        for _ in range(40):
            with pytest.raises(Busy), write():
                pass
    with write():
        shop.name = "Renamed"
    assert shop.name == "Renamed"


@pytest.mark.engine("sqlite")
def test_who_waits_a_moment_is_served(app: Flask, settings: Settings) -> None:
    shop = builders.make_shop()
    held = threading.Event()

    def hold() -> None:
        with held_by_another_program(settings):
            held.set()
            time.sleep(0.3)

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    with write():
        shop.name = "Renamed"
    holder.join()
    assert shop.name == "Renamed"


@pytest.mark.engine("sqlite")
def test_waiting_stops_nobody_else(app: Flask, settings: Settings) -> None:
    """A thread that waits for SQLite's lock must leave the others running: under gevent all of
    a process would stand still."""
    script = """
from gevent import monkey; monkey.patch_all()
import sys, time, gevent, sqlite3
from pathlib import Path
from ticketing import create_app
from ticketing.storing import transactions
from ticketing.config import Settings
folder = Path(sys.argv[1])
app = create_app({"TESTING": True}, Settings(instance_path=folder))
other = sqlite3.connect(folder / "passalong.db", isolation_level=None, check_same_thread=False)
other.execute("BEGIN IMMEDIATE")
beats = []
def beat():
    while True:
        beats.append(time.perf_counter()); gevent.sleep(0.01)
def write():
    with app.app_context(), transactions.write():
        pass
heart, writer = gevent.spawn(beat), gevent.spawn(write)
gevent.sleep(0.5)
other.execute("ROLLBACK")
writer.get(timeout=5)
print(max(later - earlier for earlier, later in zip(beats, beats[1:])))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(settings.instance_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.2, "the process stood still while one writer waited"
