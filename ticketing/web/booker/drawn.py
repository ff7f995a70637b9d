"""Overviews as they were drawn before, for as long as they would be drawn the same again.

A page depends on four things: the order's state (`state.py`), what the request asks (`_question`),
the time (`_good_until`), and our own code and settings, which stay while a process lives. It is
drawn anew as soon as one of them is another; refusals are never kept.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from flask import Flask, Response, current_app, g, request

from ticketing import links
from ticketing.extensions import db
from ticketing.links import Kind, Link
from ticketing.models import Order
from ticketing.storing.reading import Unreadable
from ticketing.web import by_link, embed
from ticketing.web.around import leading, packing, protection
from ticketing.web.booker.state import state_of, state_within

MOST_BYTES: Final = 8 * 1024 * 1024  # in each process: about 1,500 overviews
MOST_SECONDS: Final = 3600  # a page's form token is good for a day from its drawing
_OBJECTS: Final = 900  # bytes that Python needs around the texts of one page

Question = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A drawn page, packed as its asker understands it, and what it was drawn from."""

    body: bytes
    encoding: str
    state: bytes
    good_until: float  # seconds since the epoch
    locale: str
    framed_by: list[str]

    def answer(self) -> Response:
        response = Response(self.body, mimetype="text/html")
        if self.encoding:
            response.headers["Content-Encoding"] = self.encoding
        return response


class Pages:
    """The pages asked for last, as many as fit into so many bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._pages: OrderedDict[Question, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, asked: Question) -> Page | None:
        with self._lock:
            page = self._pages.get(asked)
            if page is not None:
                self._pages.move_to_end(asked)
            return page

    def keep(self, asked: Question, page: Page) -> None:
        with self._lock:
            former = self._pages.pop(asked, None)
            if former is not None:
                self.bytes -= _weight(asked, former)
            self._pages[asked] = page
            self.bytes += _weight(asked, page)
            while self.bytes > self.most_bytes:
                self.bytes -= _weight(*self._pages.popitem(last=False))

    def __len__(self) -> int:
        return len(self._pages)


def _weight(asked: Question, page: Page) -> int:
    texts = (*asked, page.locale, *page.framed_by)
    return len(page.body) + sum(len(text) for text in texts) + _OBJECTS


def init_app(app: Flask) -> None:
    app.extensions["passalong.pages"] = Pages()


def pages() -> Pages:
    """The running app's."""
    found = current_app.extensions["passalong.pages"]
    assert isinstance(found, Pages)  # noqa: S101 - tells the type checker what stands there
    return found


def overview(token: str, draw: Callable[[Order, Link], str]) -> Response:
    """The page of this link, drawn if it isn't there. Raises `UnknownLink`, `LinkWithdrawn`."""
    link_id = links.read(links.keys(), Kind.ORDER, token).link_id
    asked = _question()
    try:
        state = state_of(link_id)
    except Unreadable:
        state = b""
    page = pages().get(asked)
    if page is not None and page.state == state and time.time() < page.good_until:
        g.order_locale = page.locale
        protection.may_be_framed_by(page.framed_by)
        return page.answer()
    began = time.time()
    order, link = by_link.order_of(token)
    html = leading.leading_on(draw(order, link), embed.kept())
    page = _drawn(order, html, state, began)
    # Drawn from what was read in between: from this state, if it was the same before and after.
    if state_within(db.session(), link_id) == state and not current_app.debug:
        pages().keep(asked, page)
    return page.answer()


def _drawn(order: Order, html: str, state: bytes, began: float) -> Page:
    encoding = packing.encoding_for(request.headers.get("Accept-Encoding", ""))
    return Page(
        body=packing.packed(html.encode(), encoding),
        encoding=encoding,
        state=state,
        good_until=_good_until(order, began),
        locale=order.locale,
        framed_by=list(order.shop.embed_origins),
    )


def _question() -> Question:
    """All of a request that a page depends on. Without "lang" its language is one of these."""
    return (
        request.environ["PATH_INFO"],
        request.environ.get("QUERY_STRING", ""),
        request.headers.get("Accept-Language", ""),
        "framed" if embed.may_be_framed() else "",
        packing.encoding_for(request.headers.get("Accept-Encoding", "")),
    )


def _good_until(order: Order, began: float) -> float:
    """Until the deadline, which changes what the page offers; one that is over does no more."""
    ends, deadline = [began + MOST_SECONDS], order.shop.personalisation_deadline
    if deadline is not None and deadline.timestamp() > began:
        ends.append(deadline.timestamp())
    return min(ends)
