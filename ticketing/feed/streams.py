"""Server-sent events for open overviews, made of the change feed.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import random
import re
from collections.abc import Callable, Generator, Hashable
from typing import Final

from flask import Flask
from sqlalchemy import bindparam, select

from ticketing.extensions import db
from ticketing.feed.watcher import Feed, Subscription, TooManyStreams, feed_of, nobody
from ticketing.links import LinkWithdrawn, UnknownLink
from ticketing.models import Order

# Proxies cut what is silent for 60 s; the page gives up a stream that misses two beats.
HEARTBEAT_SECONDS: Final = 25.0
# Should all lose their stream at once, by a restart or a proxy's, they come back over as many
# milliseconds as there are streams times this. Opening one takes the process about half of it.
SPREAD_OF_ONE: Final = 2
SPREAD_AT_LEAST: Final = 2_000
SPREAD_AT_MOST: Final = 60_000

Render = Callable[[int], tuple[str, int] | None]

_VERSION: Final = select(Order.version).where(Order.id == bindparam("id"))
_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")


def stream(
    app: Flask,
    order_id: int,
    since: int,
    render: Render,
    *,
    memo_key: Hashable,
    heartbeat: float = HEARTBEAT_SECONDS,
) -> "Stream":
    """The events of an order's overview, from the version that its page shows.

    `render(since)` draws the cards that changed: (HTML, the version it shows), or None if there
    are none. It runs in an application context of its own, without a request, and may raise
    `LinkWithdrawn` or `UnknownLink`, which end the stream with the event `gone`. It should keep
    ids, not models: it lives as long as the page is open. `memo_key` is all that the drawing
    depends on beside order and version (language, the link's generation): subscribers for whom
    it is equal get the same drawing.

    Raises `TooManyStreams` at once. No database connection is held while waiting.
    """
    feed_of(app).check_room(order_id)
    return Stream(app, order_id, since, render, memo_key, heartbeat)


class Stream:
    """One open overview. Whoever iterates over it waits for its events, as WSGI servers do.

    A `Sender` doesn't wait: it calls `begin`, `news` whenever it was woken, and `close`.
    """

    __slots__ = (
        "_heartbeat",
        "_memo_key",
        "_render",
        "_since",
        "_subscription",
        "app",
        "ended",
        "order_id",
    )

    def __init__(
        self,
        app: Flask,
        order_id: int,
        since: int,
        render: Render,
        memo_key: Hashable,
        heartbeat: float,
    ) -> None:
        self.ended = False  # by what it is about; nothing more will come
        self.app = app
        self.order_id = order_id
        self._since = since  # the version that the page shows
        self._render = render
        self._memo_key = memo_key
        self._heartbeat = heartbeat
        self._subscription: Subscription | None = None

    def begin(self, wake: Callable[[], None] = nobody) -> bytes:
        """The first events; whether there is news already, the subscription knows. From now on
        `wake` is called, as a subscription's.

        Raises `TooManyStreams`.
        """
        feed = feed_of(self.app)
        self._subscription = feed.subscribe(self.order_id, wake)
        # The beat tells the page that nothing on the way holds the stream back: it needn't ask.
        first = b"retry: %d\n" % random.randint(1_000, spread(feed)) + beat(feed)  # noqa: S311
        version = self._version()
        if version is None:
            self.ended = True
            return first + _GONE
        # A page can't be ahead of its order, unless the database is an older one, restored.
        self._since = self._subscription.seen = min(self._since, version)
        feed.tell({self.order_id: version})
        return first

    @property
    def subscription(self) -> Subscription:
        if self._subscription is None:
            raise RuntimeError("the stream has not begun")
        return self._subscription

    def news(self) -> bytes:
        """What is newer than what was sent: nothing, cards, or that the link is gone."""
        newest = self.subscription.newer()
        return b"" if newest is None else self._drawn(newest)

    def close(self) -> None:
        """Give the place to others; may be called at any time, and twice."""
        self.ended = True
        if self._subscription is not None:
            self._subscription.end()

    def __iter__(self) -> Generator[bytes, None, None]:
        # All of it here, for a generator that was never begun (HEAD, a client gone at once)
        # isn't closed.
        feed = feed_of(self.app)
        try:
            yield self.begin()
            while not self.ended and not feed.closed:
                newest = self.subscription.wait(self._heartbeat * random.uniform(0.8, 1.2))  # noqa: S311
                if newest is not None:
                    yield self._drawn(newest) or beat(feed)
                elif not feed.closed:
                    yield beat(feed)
        except TooManyStreams:
            return
        finally:
            self.close()

    def _drawn(self, newest: int) -> bytes:
        """The event with the cards that changed; drawn once for all that wait for the same."""
        try:
            drawn = self._draw(newest)
        except (LinkWithdrawn, UnknownLink):
            self.ended = True
            return _GONE
        html, self._since = drawn or ("", newest)
        self.subscription.seen = max(self.subscription.seen, self._since)
        return _event("cards", html, version=self._since) if drawn else b""

    def _draw(self, newest: int) -> tuple[str, int] | None:
        watched = self.subscription.watched
        key = (self._since, newest, self._memo_key)
        made = watched.drawn.get(key)
        if made is None:
            with self.app.app_context():  # its end gives the database connection back
                made = (self._render(self._since),)
            if len(watched.subscriptions) > 1:
                watched.drawn[key] = made
        return made[0]

    def _version(self) -> int | None:
        with self.app.app_context(), db.engine.connect() as connection:
            return connection.scalar(_VERSION, {"id": self.order_id})


def spread(feed: Feed) -> int:
    """Within how many milliseconds pages should come back if they all lose their stream now."""
    return min(max(SPREAD_AT_LEAST, len(feed) * SPREAD_OF_ONE), SPREAD_AT_MOST)


def beat(feed: Feed) -> bytes:
    """A sign of life, with the spread.

    It is an event, for a page can't see comments, and tells a dead connection by their absence.
    """
    return _event("beat", str(spread(feed)))


def _event(name: str, text: str, *, version: int | None = None) -> bytes:
    head = f"event: {name}\n" if version is None else f"id: {version}\nevent: {name}\n"
    return (head + "".join(f"data: {line}\n" for line in _LINE_ENDS.split(text)) + "\n").encode()


_GONE: Final = _event("gone", "gone")
