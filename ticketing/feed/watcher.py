"""One watcher a process looks for rows in `changes` and wakes the subscribers of their orders.

A subscriber that is slow misses nothing but the steps in between.
"""

import logging
import resource
import sqlite3
import threading
import time
from collections.abc import Hashable
from types import TracebackType
from typing import Final

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from ticketing import metrics
from ticketing.config import Settings
from ticketing.feed.sources import AT_MOST, Row, Source, source_for

log = logging.getLogger(__name__)

STREAMS_PER_ORDER: Final = 20
IDLE_SECONDS: Final = 30.0  # how long the watcher stays when nobody is left
PAUSE_AFTER_ERROR: Final = 1.0


class TooManyStreams(Exception):
    """No place for one more; the overview's slow poll serves as well."""


class _Watched:
    """An order that somebody waits for."""

    __slots__ = ("drawn", "subscriptions", "version")

    def __init__(self) -> None:
        self.version = 0
        self.subscriptions: set[Subscription] = set()
        # What was drawn of it last, for the other subscribers: see `streams.py`.
        self.drawn: dict[Hashable, tuple[tuple[str, int] | None]] = {}


class Subscription:
    """One waiting client; `seen` is the version it has. Use it as a context manager."""

    __slots__ = ("_event", "_feed", "order_id", "seen", "watched")

    def __init__(self, feed: "Feed", order_id: int, watched: _Watched) -> None:
        self.order_id = order_id
        self.watched = watched
        self.seen = 0
        self._feed = feed
        self._event = threading.Event()

    def wait(self, timeout: float) -> int | None:
        """The order's newest version once that is later than `seen`; None after `timeout`.

        None as well as soon as the feed is closed.
        """
        if not self._feed.closed and self.watched.version <= self.seen:
            self._event.wait(timeout)
        self._event.clear()
        if self._feed.closed or self.watched.version <= self.seen:
            return None
        self.seen = self.watched.version
        return self.seen

    def wake(self) -> None:
        self._event.set()

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._feed.unsubscribe(self)


class Feed:
    """A process's view of the changes. Find it with `feed_of(app)`."""

    def __init__(self, app: Flask, *, idle_seconds: float = IDLE_SECONDS) -> None:
        settings: Settings = app.extensions["passalong.settings"]
        self.closed = False
        self.places = min(settings.streams, _open_files() - 300)
        self._app = app
        self._lock = threading.Lock()
        self._orders: dict[int, _Watched] = {}
        self._count = 0
        self._watcher: threading.Thread | None = None
        self._empty_since = 0.0
        self._idle_seconds = idle_seconds

    def check_room(self, order_id: int) -> None:
        """Raises `TooManyStreams` if `subscribe` would."""
        watched = self._orders.get(order_id)
        if (
            self.closed
            or self._count >= self.places
            or (watched is not None and len(watched.subscriptions) >= STREAMS_PER_ORDER)
        ):
            raise TooManyStreams

    def subscribe(self, order_id: int) -> Subscription:
        """From now on no change of this order escapes the subscription.

        What changed before is for the caller to compare: read the order's version after this
        call, not before. Raises `TooManyStreams`.
        """
        with self._lock:
            self.check_room(order_id)
            if self._watcher is None:
                self._start_watching()
            watched = self._orders.setdefault(order_id, _Watched())
            subscription = Subscription(self, order_id, watched)
            watched.subscriptions.add(subscription)
            self._count += 1
            metrics.of_app(self._app).streams.inc()
        return subscription

    def unsubscribe(self, subscription: Subscription) -> None:
        with self._lock:
            subscriptions = subscription.watched.subscriptions
            if subscription not in subscriptions:
                return
            subscriptions.remove(subscription)
            self._count -= 1
            metrics.of_app(self._app).streams.dec()
            if not subscriptions:
                del self._orders[subscription.order_id]
            if not self._count:
                self._empty_since = time.monotonic()

    def close(self) -> None:
        """Wake everybody: streams end, so that the process can. For good."""
        self.closed = True
        with self._lock:
            waiting = [each for found in self._orders.values() for each in found.subscriptions]
        for subscription in waiting:
            subscription.wake()

    def __len__(self) -> int:
        """How many are waiting."""
        return self._count

    @property
    def watching(self) -> bool:
        return self._watcher is not None

    # The watcher:

    def _start_watching(self) -> None:
        # The feed's position is read before anybody is subscribed: whoever then reads the
        # order's version has either seen a change or will hear of it.
        source = source_for(self._app)
        last = source.open()
        self._empty_since = time.monotonic()
        self._watcher = threading.Thread(
            target=self._watch, args=(source, last), name="change feed", daemon=True
        )
        self._watcher.start()

    def _watch(self, source: Source, last: int) -> None:
        well = True
        while not self._ends():
            try:
                if not well:
                    source.open()
                if source.wait() or not well:
                    last = self._read(source, last)
                well = True
            except (sqlite3.Error, SQLAlchemyError, OSError) as error:
                if well:
                    log.warning("The change feed can't read: %s", error)
                well = False
                time.sleep(PAUSE_AFTER_ERROR)
        source.close()

    def _ends(self) -> bool:
        with self._lock:
            idle = not self._count and time.monotonic() - self._empty_since > self._idle_seconds
            if self.closed or idle:
                self._watcher = None
                return True
        return False

    def _read(self, source: Source, last: int) -> int:
        """Tell of all changes after `last`; returns the newest one's id."""
        while rows := source.after(last):
            self._tell(rows)
            if rows[-1].id > last:
                metrics.told(self._app, rows[-1].id)
            if rows[0].id > last + 1:
                # Rows in between were pruned while this process slept (or never committed).
                for order_id, version in source.versions(self._orders):
                    self._tell([Row(0, order_id, version)])
            newest = max(last, rows[-1].id)
            if newest == last or len(rows) < AT_MOST:
                return newest
            last = newest
            time.sleep(0)
        return last

    def _tell(self, rows: list[Row]) -> None:
        for row in rows:
            watched = self._orders.get(row.order_id)
            if watched is None or row.version <= watched.version:
                continue
            watched.version = row.version
            watched.drawn.clear()
            for subscription in tuple(watched.subscriptions):
                if subscription.seen < row.version:
                    subscription.wake()


def feed_of(app: Flask) -> Feed:
    """The process's feed."""
    found = app.extensions.get("passalong.feed")
    if found is None:
        found = app.extensions.setdefault("passalong.feed", Feed(app))
    assert isinstance(found, Feed)  # noqa: S101 - tells the type checker what stands there
    return found


def _open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
