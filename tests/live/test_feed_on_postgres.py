"""The change feed on PostgreSQL: told when to look, and complete without being told."""

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests import builders
from tests.installations import Installations
from ticketing import feed
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.feed import Feed, live
from ticketing.feed.live import CHANNEL
from ticketing.feed.postgres import PostgresSource
from ticketing.models import Order

pytestmark = pytest.mark.engine("postgresql")
SOON = 60  # seconds, on a busy machine


@pytest.fixture
def the_feed(app: Flask) -> Iterator[Feed]:
    found = feed.feed_of(app)
    yield found
    found.close()


def connect(settings: Settings) -> psycopg.Connection[Any]:
    return psycopg.connect(settings.database_url)


def change(connection: psycopg.Connection[Any], order_id: int) -> None:
    """As `live.touch` does, but nobody is notified."""
    row = connection.execute(
        "UPDATE orders SET version = version + 1 WHERE id = %s RETURNING version", [order_id]
    ).fetchone()
    assert row is not None
    connection.execute(
        "INSERT INTO changes (order_id, version, at) VALUES (%s, %s, now())", [order_id, row[0]]
    )


def test_who_listens_is_notified_once_a_transaction(settings: Settings, app: Flask) -> None:
    order = builders.make_order(tickets=2)
    with connect(settings) as listener:
        listener.autocommit = True
        listener.execute(f"LISTEN {CHANNEL}")
        builders.claim(order.tickets[0])
        builders.claim(order.tickets[1])
        heard = list(listener.notifies(timeout=SOON, stop_after=2))
        assert [each.payload for each in heard] == ["", ""]
        assert list(listener.notifies(timeout=0.1)) == []


def test_what_nobody_was_notified_of_is_seen(
    settings: Settings, the_feed: Feed, order_of_five: Order
) -> None:
    with the_feed.subscribe(order_of_five.id) as subscription:
        subscription.seen = 1
        with connect(settings) as other:
            change(other, order_of_five.id)
        assert subscription.wait(SOON) == 2


def test_what_was_written_first_and_committed_last_is_seen(
    settings: Settings, the_feed: Feed, order_of_five: Order
) -> None:
    late, early = order_of_five, builders.make_order()
    with the_feed.subscribe(late.id) as first, the_feed.subscribe(early.id) as second:
        first.seen = second.seen = 1
        with connect(settings) as slow:
            change(slow, late.id)
            with connect(settings) as quick:
                for _ in range(3):
                    change(quick, early.id)
            assert second.wait(SOON) == 4
            assert first.wait(0.1) is None
        assert first.wait(SOON) == 2


def test_what_was_under_way_when_the_feed_began_is_seen(
    settings: Settings, the_feed: Feed, order_of_five: Order
) -> None:
    order_id = order_of_five.id
    other = builders.make_order()
    with connect(settings) as slow:
        change(slow, order_id)
        builders.claim(other.tickets[0])
        subscription = the_feed.subscribe(order_id)
        subscription.seen = 1
        assert subscription.wait(0.1) is None
    assert subscription.wait(SOON) == 2


def test_what_changed_while_the_line_was_cut_is_seen(
    settings: Settings, the_feed: Feed, order_of_five: Order
) -> None:
    with the_feed.subscribe(order_of_five.id) as subscription, connect(settings) as other:
        subscription.seen = 1
        change(other, order_of_five.id)
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'passalong feed'"
        )
        other.commit()
        assert subscription.wait(SOON) == 2
        # And the line is as good as before.
        builders.claim(order_of_five.tickets[0])
        assert subscription.wait(SOON) == 3


@pytest.fixture
def source(app: Flask) -> Iterator[PostgresSource]:
    made = PostgresSource(db.engine)
    yield made
    made.close()


def leave_out(connection: psycopg.Connection[Any]) -> None:
    """Of the ids as many as a restore does."""
    sequence = "pg_get_serial_sequence('changes', 'id')::regclass"
    connection.execute(f"SELECT setval({sequence}, nextval({sequence}) + {live.LEFT_OUT})")
    connection.commit()


@pytest.mark.parametrize("emptied", [True, False])
@pytest.mark.parametrize("opened", ["before", "after", "meanwhile"])
def test_what_a_restore_leaves_out_is_not_waited_for(
    settings: Settings, source: PostgresSource, order_of_five: Order, opened: str, emptied: bool
) -> None:
    """But for a transaction that was under way, whenever one began to look."""
    late, early = order_of_five.id, builders.make_order().id
    with connect(settings) as slow, connect(settings) as quick:
        change(quick, early)
        if emptied:
            quick.execute("DELETE FROM changes")
        quick.commit()
        if opened == "before":
            last = source.open()
        leave_out(quick)
        if opened == "after":
            last = source.open()
        change(slow, late)
        if opened == "meanwhile":
            last = source.open()
        change(quick, early)
        quick.commit()
        (row,) = source.after(last)
        assert (row.order_id, source.after(row.id)) == (early, [])
        assert len(source._gaps) <= 1_001
        slow.commit()
        assert [each.order_id for each in source.after(row.id)] == [late]


def test_of_a_long_transaction_all_is_seen_after_a_later_ones(
    settings: Settings, source: PostgresSource, order_of_five: Order
) -> None:
    """As when all tickets of a type become ready at once."""
    last = source.open()
    with connect(settings) as slow, connect(settings) as quick:
        slow.execute(
            "INSERT INTO changes (order_id, version, at)"
            " SELECT %s, version, now() FROM generate_series(1, 2500) AS version",
            [order_of_five.id],
        )
        change(quick, builders.make_order().id)
        quick.commit()
        last = source.after(last)[-1].id
    seen = {row.version for _ in range(3) for row in source.after(last) if row.id < last}
    assert seen == {*range(1, 2_501)}


def test_the_feed_goes_on_when_the_database_was_restarted(
    installations: Installations,
    the_feed: Feed,
    order_of_five: Order,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    ticket, order_id = order_of_five.tickets[0], order_of_five.id
    db.session.rollback()  # a connection in use would be lost
    with the_feed.subscribe(order_id) as subscription:
        subscription.seen = 1
        installations.postgres.stop()
        try:
            assert subscription.wait(1) is None
        finally:
            installations.postgres.start()
        builders.claim(ticket)
        assert subscription.wait(SOON) == 2
        until = time.monotonic() + SOON
        while "The change feed reads again" not in caplog.text:  # is said after it was done
            assert time.monotonic() < until
            time.sleep(0.01)
    assert caplog.text.count("The change feed can't read") == 1  # once, not every moment
