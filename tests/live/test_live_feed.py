"""Whoever waits for an order hears of its changes, whichever process made them."""

import datetime as dt
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests import builders
from tests.installations import variables_of
from ticketing import create_app, feed
from ticketing.config import PROJECT, Settings
from ticketing.extensions import db
from ticketing.feed import Feed, TooManyStreams
from ticketing.feed.chosen import source_for
from ticketing.feed.sqlite import LOOK_ANYWAY, STILL
from ticketing.feed.watcher import STREAMS_PER_ORDER
from ticketing.links import LinkWithdrawn
from ticketing.models import Change, Order, now
from ticketing.storing.transactions import write

TWO_DAYS = dt.timedelta(days=2)

IN_ANOTHER_PROCESS = """
import sys
from ticketing import create_app, feed
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order
from tests import builders

app = create_app({"TESTING": True}, Settings.from_environment())
order_id = int(sys.argv[1])
"""
CLAIMS = """
with app.app_context():
    ticket = db.session.get(Order, order_id).tickets[0]
    print("ready", flush=True)
    sys.stdin.readline()
    builders.claim(ticket)
"""
LISTENS = """
with feed.feed_of(app).subscribe(order_id) as subscription:
    print("ready", flush=True)
    while True:
        print(subscription.wait(120), flush=True)
"""


def another_process(code: str, app: Flask, order: Order) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", IN_ANOTHER_PROCESS + code, str(order.id)],
        cwd=PROJECT,
        env={
            **os.environ,
            **variables_of(app.extensions["passalong.settings"]),
            "PYTHONPATH": str(PROJECT),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.fixture
def the_feed(app: Flask) -> Iterator[Feed]:
    found = feed.feed_of(app)
    yield found
    found.close()


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"it did not happen within {seconds} s"
        time.sleep(0.01)


def draw(html: str = "<p>card</p>") -> Callable[[int], tuple[str, int]]:
    """Draws the order's newest version, as the overview does."""

    def render(since: int) -> tuple[str, int]:
        version = db.session.query(Order.version).order_by(Order.id.desc()).limit(1).scalar()
        return html, version

    return render


def test_a_change_by_another_process_is_seen(
    app: Flask, the_feed: Feed, order_of_five: Order
) -> None:
    """How soon says `benchmarks/live.py`."""
    process = another_process(CLAIMS, app, order_of_five)
    with the_feed.subscribe(order_of_five.id) as subscription, process:
        subscription.seen = 1
        process.communicate("now\n")
        assert subscription.wait(60) == 2


def test_a_change_by_this_process_is_seen(the_feed: Feed, order_of_five: Order) -> None:
    with the_feed.subscribe(order_of_five.id) as subscription:
        subscription.seen = 1
        builders.claim(order_of_five.tickets[0])
        assert subscription.wait(60) == 2


def test_where_the_system_tells_nothing_changes_are_seen_as_well(
    the_feed: Feed, order_of_five: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "freebsd14")  # which has no inotify
    with the_feed.subscribe(order_of_five.id) as subscription:
        subscription.seen = 1
        builders.claim(order_of_five.tickets[0])
        assert subscription.wait(60) == 2


@pytest.mark.engine("sqlite")
@pytest.mark.skipif(sys.platform != "linux", reason="inotify is Linux's")
def test_while_nobody_writes_the_feed_hardly_looks(app: Flask, order_of_five: Order) -> None:
    builders.claim(order_of_five.tickets[0])
    source = source_for(app)
    source.open()
    looks: list[float] = []
    begun = time.monotonic()
    while time.monotonic() < begun + STILL[0] + 6 * LOOK_ANYWAY:
        source.wait()
        looks.append(time.monotonic() - begun)
    source.close()
    assert sum(STILL[0] + LOOK_ANYWAY < at for at in looks) <= 6  # 125 times, at the pace before


def test_nobody_hears_of_another_order(the_feed: Feed, order_of_five: Order) -> None:
    other = builders.make_order()
    with the_feed.subscribe(order_of_five.id) as waiting, the_feed.subscribe(other.id) as theirs:
        waiting.seen = theirs.seen = 1
        builders.claim(other.tickets[0])
        assert theirs.wait(60) == 2
        assert waiting.wait(0.1) is None


def test_who_was_slow_hears_only_of_the_newest_version(
    the_feed: Feed, order_of_five: Order
) -> None:
    with the_feed.subscribe(order_of_five.id) as slow, the_feed.subscribe(order_of_five.id) as fast:
        slow.seen = fast.seen = 1
        for ticket in order_of_five.tickets[:3]:
            builders.claim(ticket)
            assert fast.wait(60) is not None
        assert slow.wait(60) == 4
        assert slow.wait(0.1) is None


def test_what_changed_before_the_stream_began_is_sent_first(
    app: Flask, the_feed: Feed, order_of_five: Order
) -> None:
    builders.claim(order_of_five.tickets[0])
    events = iter(feed.stream(app, order_of_five.id, 1, draw("<p>1</p>\n<p>2</p>"), memo_key="en"))
    assert next(events).startswith(b"retry: ")
    assert next(events) == b"id: 2\nevent: cards\ndata: <p>1</p>\ndata: <p>2</p>\n\n"
    builders.claim(order_of_five.tickets[1])
    assert next(events).startswith(b"id: 3\nevent: cards\n")
    events.close()
    assert len(the_feed) == 0


def test_a_version_from_a_later_future_starts_at_the_present(
    app: Flask, the_feed: Feed, order_of_five: Order
) -> None:
    """After a restored backup a page may be ahead of its order."""
    events = iter(feed.stream(app, order_of_five.id, 10**9, draw(), memo_key="en", heartbeat=0.05))
    next(events)
    assert next(events).startswith(b"event: beat")
    builders.claim(order_of_five.tickets[0])
    assert next(each for each in events if b"beat" not in each).startswith(b"id: 2\n")
    events.close()


def test_a_quiet_stream_beats_and_holds_no_connection(
    app: Flask, the_feed: Feed, order_of_five: Order
) -> None:
    db.session.remove()
    events = iter(feed.stream(app, 1, 1, draw(), memo_key="en", heartbeat=0.05))
    next(events)
    assert next(events) == b"event: beat\ndata: 2000\n\n"
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    events.close()


def test_a_stream_beats_as_soon_as_it_opens(
    app: Flask, the_feed: Feed, order_of_five: Order
) -> None:
    """By this a page knows that nothing on the way holds the stream back."""
    events = iter(feed.stream(app, order_of_five.id, 1, draw(), memo_key="en"))
    assert re.fullmatch(rb"retry: \d+\nevent: beat\ndata: 2000\n\n", next(events))
    events.close()


def test_equal_drawings_are_made_once(app: Flask, the_feed: Feed, order_of_five: Order) -> None:
    order_id = order_of_five.id
    drawn: list[str] = []

    def stream(key: str) -> Iterator[bytes]:
        def render(since: int) -> tuple[str, int]:
            drawn.append(key)
            return f"<p>{key}</p>", since + 1

        return iter(feed.stream(app, order_id, 1, render, memo_key=key))

    streams = [stream("en"), stream("en"), stream("nl")]
    threads = [threading.Thread(target=lambda s=s: [next(s), next(s)]) for s in streams]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(the_feed) == 3)
    builders.claim(order_of_five.tickets[0])
    for thread in threads:
        thread.join(5)
    assert sorted(drawn) == ["en", "nl"]


def test_a_withdrawn_link_ends_its_stream(app: Flask, the_feed: Feed, order_of_five: Order) -> None:
    def render(since: int) -> tuple[str, int]:
        raise LinkWithdrawn

    events = iter(feed.stream(app, order_of_five.id, 0, render, memo_key="en"))
    assert b"".join(events).endswith(b"event: gone\ndata: gone\n\n")
    assert len(the_feed) == 0


def test_an_order_that_is_gone_ends_its_stream(app: Flask, the_feed: Feed) -> None:
    events = iter(feed.stream(app, 4711, 0, draw(), memo_key="en"))
    assert b"".join(events).endswith(b"event: gone\ndata: gone\n\n")


def test_an_order_has_so_many_streams_and_no_more(
    app: Flask, the_feed: Feed, order_of_five: Order
) -> None:
    order_id = order_of_five.id
    open_ones = [the_feed.subscribe(order_id) for _ in range(STREAMS_PER_ORDER)]
    with pytest.raises(TooManyStreams):
        feed.stream(app, order_id, 1, draw(), memo_key="en")
    open_ones[0].__exit__(None, None, None)
    events = iter(feed.stream(app, order_id, 1, draw(), memo_key="en"))
    assert next(events).startswith(b"retry: ")


def test_a_process_has_so_many_streams_and_no_more(settings: Settings) -> None:
    app = create_app({"TESTING": True}, replace(settings, streams=2))
    small = feed.feed_of(app)
    with small.subscribe(1), small.subscribe(2), pytest.raises(TooManyStreams):
        small.subscribe(3)
    with small.subscribe(3):
        assert len(small) == 1
    small.close()
    small.join(5)


def test_streams_end_when_the_feed_is_closed(
    app: Flask, the_feed: Feed, order_of_five: Order
) -> None:
    order_id = order_of_five.id
    ended = threading.Event()

    def follow() -> None:
        list(feed.stream(app, order_id, 1, draw(), memo_key="en"))
        ended.set()

    threading.Thread(target=follow).start()
    wait_for(lambda: len(the_feed) == 1)
    the_feed.close()
    assert ended.wait(15)  # sooner than the next beat, which would end it as well
    with pytest.raises(TooManyStreams):
        the_feed.subscribe(order_id)


def test_nobody_watches_for_nobody(app: Flask, order_of_five: Order) -> None:
    own = Feed(app, idle_seconds=0.05)
    with own.subscribe(order_of_five.id):
        wait_for(lambda: own.watching)
    wait_for(lambda: not own.watching)
    with own.subscribe(order_of_five.id) as again:
        again.seen = 1
        builders.claim(order_of_five.tickets[0])
        assert again.wait(60) == 2
    own.close()
    own.join(5)


def test_old_changes_are_forgotten_and_the_newest_kept(app: Flask, order_of_five: Order) -> None:
    for ticket in order_of_five.tickets:
        builders.claim(ticket)
    assert feed.prune() == 0
    assert feed.prune(dt.timedelta(0)) == 4
    assert [row.version for row in db.session.query(Change)] == [6]


def test_the_companion_forgets_changes_of_former_days(app: Flask, order_of_five: Order) -> None:
    for ticket in order_of_five.tickets:
        builders.claim(ticket)
    with write() as session:
        session.execute(update(Change).where(Change.version <= 4).values(at=now() - TWO_DAYS))
    companion = subprocess.Popen(
        [sys.executable, "-m", "flask", "outbox", "--watch"],
        cwd=PROJECT,
        env={**os.environ, **variables_of(app.extensions["passalong.settings"])},
    )
    try:
        wait_for(lambda: versions_of_changes() == [5, 6], seconds=180)
    finally:
        companion.terminate()
        assert companion.wait(60) == 0


def versions_of_changes() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Change.version).order_by(Change.id)))


def test_who_slept_while_changes_were_forgotten_is_told_all_the_same(
    app: Flask, order_of_five: Order
) -> None:
    sleeper = another_process(LISTENS, app, order_of_five)
    try:
        sleeper.send_signal(signal.SIGSTOP)
        builders.claim(order_of_five.tickets[0])
        builders.claim(builders.make_order().tickets[0])
        assert feed.prune(dt.timedelta(0)) == 1
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.stdout is not None
        assert sleeper.stdout.readline() == "2\n"
    finally:
        sleeper.kill()
        sleeper.communicate()


@pytest.mark.engine("sqlite")
def test_the_watcher_survives_a_database_that_cannot_be_read(
    app: Flask, the_feed: Feed, order_of_five: Order, caplog: pytest.LogCaptureFixture
) -> None:
    """The disk is full, a backup is put back: whatever it is, the feed goes on afterwards."""
    database = Path(app.instance_path) / "passalong.db"
    with the_feed.subscribe(order_of_five.id) as subscription:
        subscription.seen = 1
        with sqlite3.connect(database) as other:
            other.execute("ALTER TABLE changes RENAME TO away")
            other.execute("PRAGMA user_version = 1")
        wait_for(lambda: "can't read" in caplog.text)
        with sqlite3.connect(database) as other:
            other.execute("ALTER TABLE away RENAME TO changes")
        builders.claim(order_of_five.tickets[0])
        assert subscription.wait(60) == 2
