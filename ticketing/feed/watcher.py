"""One watcher a process looks for rows in `changes` and wakes the subscribers of their orders.

A subscriber that is slow misses nothing but the steps in between.
"""

import logging
import random
import resource
import threading
import time
from collections.abc import Callable, Hashable, Mapping
from types import TracebackType
from typing import Final

from flask import Flask

from ticketing import metrics
from ticketing.config import Settings
from ticketing.feed.chosen import source_for
from ticketing.feed.sources import AT_MOST, Source

log = logging.getLogger(__name__)

STREAMS_PER_ORDER: Final = 20
IDLE_SECONDS: Final = 30.0  # how long the watcher stays when nobody is left
PAUSES: Final = (0.1, 5.0)  # seconds between tries to read again: at first, and at most


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
    """One waiting client; `seen` is the version it has. Use it as a context manager.

    `wake` is called from the watcher's thread when there is something newer, or when the feed
    closes. It must not block.
    """

    __slots__ = ("_feed", "order_id", "seen", "wake", "watched")

    def __init__(
        self, feed: "Feed", order_id: int, watched: _Watched, wake: Callable[[], None]
    ) -> None:
        self.order_id = order_id
        self.watched = watched
        self.seen = 0
        self.wake = wake
        self._feed = feed

    @property
    def behind(self) -> bool:
        return self.watched.version > self.seen and not self._feed.closed

    def newer(self) -> int | None:
        """The order's newest version if that is later than `seen`, which it now is."""
        if not self.behind:
            return None
        self.seen = self.watched.version
        return self.seen

    def wait(self, timeout: float) -> int | None:
        """`newer()` as soon as there is one; None after `timeout` and when the feed closes."""
        woken = threading.Event()
        self.wake = woken.set  # before the look, lest a change between the two is missed
        if not self.behind and not self._feed.closed:
            woken.wait(timeout)
        return self.newer()

    def __enter__(self) -> "Subscription":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        self._feed.unsubscribe(self)


def nobody() -> None:
    """Whom a subscription wakes that waits for nothing."""


class Feed:
    """A process's view of the changes. Find it with `feed_of(app)`."""

    def __init__(self, app: Flask, *, idle_seconds: float = IDLE_SECONDS) -> None:
        settings: Settings = app.extensions["passalong.settings"]
        self.closed = False
        # Half of what the process may have open is left for requests: see server.py.
        self.places = min(settings.streams, _open_files() // 2)
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

    def subscribe(self, order_id: int, wake: Callable[[], None] = nobody) -> Subscription:
        """From now on no change of this order escapes the subscription.

        What changed before is for the caller to compare: read the order's version after this
        call, not before. Raises `TooManyStreams`.
        """
        with self._lock:
            self.check_room(order_id)
            if self._watcher is None:
                self._start_watching()
            watched = self._orders.setdefault(order_id, _Watched())
            subscription = Subscription(self, order_id, watched, wake)
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

    def tell(self, versions: Mapping[int, int]) -> None:
        """Wake whoever waits for these orders and has an older version."""
        with self._lock:
            for order_id, version in versions.items():
                watched = self._orders.get(order_id)
                if watched is None or version <= watched.version:
                    continue
                watched.version = version
                watched.drawn.clear()
                for subscription in watched.subscriptions:
                    if subscription.seen < version:
                        subscription.wake()

    def close(self) -> None:
        """Wake everybody: streams end, so that the process can. For good."""
        self.closed = True
        with self._lock:
            waiting = [each for found in self._orders.values() for each in found.subscriptions]
        for subscription in waiting:
            subscription.wake()

    def join(self, seconds: float) -> None:
        """Wait until a feed that was closed has also let go of the database."""
        if self._watcher is not None:
            self._watcher.join(seconds)

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
        first_pause, longest_pause = PAUSES
        failed = 0
        while not self._ends():
            try:
                if failed:
                    # Ids may have begun anew, if a backup was put back meanwhile.
                    last = source.open()
                    self._compare(source)
                    log.info("The change feed reads again")
                    failed = 0
                if source.wait():
                    last = self._read(source, last)
            except source.errors as error:
                if self.closed:
                    continue
                if not failed:
                    log.warning("The change feed can't read: %s", error)
                # Not in step with the other processes: they all lost the same database.
                pause = min(first_pause * 2 ** min(failed, 10), longest_pause)
                failed += 1
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        source.close()

    def _ends(self) -> bool:
        with self._lock:
            idle = not self._count and time.monotonic() - self._empty_since > self._idle_seconds
            if idle and not self.closed:
                self._watcher = None
            return self.closed or idle

    def _read(self, source: Source, last: int) -> int:
        """Tell of all changes after `last`; returns the newest one's id."""
        while rows := source.after(last):
            self.tell({row.order_id: row.version for row in rows})
            if rows[-1].id > last:
                metrics.told(self._app, rows[-1].id)
            if rows[0].id > last + 1 and source.oldest() > last + 1:
                # Rows in between were pruned while this process slept.
                self._compare(source)
            last = max(last, rows[-1].id)
            if len(rows) < AT_MOST:
                break
            time.sleep(0)
        return last

    def _compare(self, source: Source) -> None:
        """Tell of all that is newer than what was told, whatever the changes say."""
        with self._lock:
            watched = list(self._orders)
        for order_id, version in source.versions(watched):
            self.tell({order_id: version})


def feed_of(app: Flask) -> Feed:
    """The process's feed."""
    found = app.extensions.get("passalong.feed")
    if found is None:
        found = app.extensions.setdefault("passalong.feed", Feed(app))
    assert isinstance(found, Feed)  # noqa: S101 - tells the type checker what stands there
    return found


def _open_files() -> int:
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
