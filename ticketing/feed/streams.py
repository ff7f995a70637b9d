"""Server-sent events for open overviews, made of the change feed.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import random
import re
from collections.abc import Callable, Generator, Hashable
from typing import Final

from flask import Flask
from sqlalchemy import select

from ticketing.extensions import db
from ticketing.feed.watcher import Subscription, TooManyStreams, feed_of
from ticketing.links import LinkWithdrawn, UnknownLink
from ticketing.models import Order

# Proxies cut what is silent for 60 s; the page gives up a stream that misses two beats.
HEARTBEAT_SECONDS: Final = 25.0
RETRY_MILLISECONDS: Final = (2_000, 6_000)  # spread, lest all come back at once after a restart

Render = Callable[[int], tuple[str, int] | None]

_LINE_ENDS: Final = re.compile(r"\r\n|\r|\n")


def stream(
    app: Flask,
    order_id: int,
    since: int,
    render: Render,
    *,
    memo_key: Hashable,
    heartbeat: float = HEARTBEAT_SECONDS,
) -> Generator[bytes, None, None]:
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
    return _events(app, order_id, since, render, memo_key, heartbeat)


def _events(
    app: Flask, order_id: int, since: int, render: Render, memo_key: Hashable, heartbeat: float
) -> Generator[bytes, None, None]:
    # Only here, for a generator that was never begun (HEAD, a client gone at once) isn't closed.
    feed = feed_of(app)
    try:
        subscription = feed.subscribe(order_id)
    except TooManyStreams:
        return
    with subscription:
        # The beat tells the page that nothing on the way holds the stream back: it needn't ask.
        yield b"retry: %d\n" % random.randint(*RETRY_MILLISECONDS) + _HEARTBEAT  # noqa: S311
        version = _version(app, order_id)
        if version is None:
            yield _GONE
            return
        # A page can't be ahead of its order, unless the database is an older one, restored.
        seen = min(since, version)
        newest: int | None = version if version > seen else None
        subscription.seen = version
        while not feed.closed:
            if newest is not None:
                try:
                    drawn = _drawn(app, subscription, seen, newest, render, memo_key)
                except (LinkWithdrawn, UnknownLink):
                    yield _GONE
                    return
                seen = newest
                if drawn is not None:
                    html, seen = drawn
                    subscription.seen = max(subscription.seen, seen)
                    yield _event("cards", html, version=seen)
            newest = subscription.wait(heartbeat * random.uniform(0.8, 1.2))  # noqa: S311
            if newest is None and not feed.closed:
                yield _HEARTBEAT


def _drawn(
    app: Flask,
    subscription: Subscription,
    seen: int,
    newest: int,
    render: Render,
    memo_key: Hashable,
) -> tuple[str, int] | None:
    """What changed since `seen`; drawn once for all that wait for the same."""
    drawn = subscription.watched.drawn
    key = (seen, newest, memo_key)
    made = drawn.get(key)
    if made is None:
        with app.app_context():  # its end gives the database connection back
            made = (render(seen),)
        if len(subscription.watched.subscriptions) > 1:
            drawn[key] = made
    return made[0]


def _version(app: Flask, order_id: int) -> int | None:
    with app.app_context():
        return db.session.scalar(select(Order.version).where(Order.id == order_id))


def _event(name: str, text: str, *, version: int | None = None) -> bytes:
    head = f"event: {name}\n" if version is None else f"id: {version}\nevent: {name}\n"
    return (head + "".join(f"data: {line}\n" for line in _LINE_ENDS.split(text)) + "\n").encode()


# An event, for a page can't see comments, and tells a dead connection by their absence.
_HEARTBEAT: Final = _event("beat", "")
_GONE: Final = _event("gone", "gone")
