"""Streams that the sender serves: what clients on the other end of the line get, fast and slow."""

import re
import socket
import time
from collections.abc import Callable, Iterator

import gevent
import pytest
from flask import Flask

from ticketing import feed
from ticketing.feed import Feed, TooManyStreams
from ticketing.feed.sender import HandedOver, Sender
from ticketing.feed.watcher import STREAMS_PER_ORDER
from ticketing.links import LinkWithdrawn
from ticketing.models import Order

pytestmark = pytest.mark.engine("sqlite")  # it doesn't know where the news come from
quick_beats = pytest.mark.parametrize("heartbeat", [0.5])

Render = Callable[[int], tuple[str, int] | None]


def within(seconds: float, condition: Callable[[], object]) -> None:
    """Let the sender do its work until this holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"it did not happen within {seconds} s"
        gevent.sleep(0.01)


class Client:
    """Whoever looks at an overview."""

    def __init__(self) -> None:
        self.line, self.served = socket.socketpair()
        self.line.setblocking(False)
        self.served.setblocking(False)
        self.received = b""
        self.ended = False

    def read(self) -> bytes:
        """All that has come so far."""
        try:
            while more := self.line.recv(65_536):
                self.received += more
            self.ended = True
        except BlockingIOError:
            pass
        return self.received

    def shows(self) -> list[int]:
        return [int(version) for version in re.findall(rb"^id: (\d+)$", self.read(), re.MULTILINE)]


class Company:
    """Clients of one order, whose news the tests make up."""

    def __init__(self, app: Flask, order: Order, sender: Sender) -> None:
        self.app = app
        self.order_id = order.id
        self.version = order.version
        self.sender = sender
        self.card = "<p>card</p>"

    def draw(self, since: int) -> tuple[str, int] | None:
        return self.card, self.version

    def join(self, render: Render | None = None, protocol: str = "HTTP/1.1") -> Client:
        client = Client()
        draw = render or self.draw
        stream = feed.stream(self.app, self.order_id, 1, draw, memo_key=draw)
        environ = {
            "REQUEST_METHOD": "GET",
            "SERVER_PROTOCOL": protocol,
            "gunicorn.socket": client.served,
        }
        assert self.sender.can_take(environ)
        assert isinstance(self.sender.take(environ, client.served.sendall, stream), HandedOver)
        within(30, lambda: b"event: beat\n" in client.read())
        return client

    def change(self, card: str = "<p>card</p>") -> None:
        self.version += 1
        self.card = card
        feed.feed_of(self.app).tell({self.order_id: self.version})


@pytest.fixture
def the_feed(app: Flask) -> Iterator[Feed]:
    found = feed.feed_of(app)
    yield found
    found.close()


@pytest.fixture
def heartbeat() -> float:
    """In seconds; so many that it doesn't matter, unless it does."""
    return 600


@pytest.fixture
def company(
    app: Flask, the_feed: Feed, order_of_five: Order, heartbeat: float
) -> Iterator[Company]:
    sender = Sender(the_feed, heartbeat=heartbeat)
    yield Company(app, order_of_five, sender)
    the_feed.close()
    sender.close()


def test_news_come_in_chunks_that_are_whole_events(company: Company) -> None:
    client = company.join()
    company.change("<p>Zoë</p>\n<p>2</p>")
    event = "id: 2\nevent: cards\ndata: <p>Zoë</p>\ndata: <p>2</p>\n\n".encode()
    within(30, lambda: b"%x\r\n%b\r\n" % (len(event), event) in client.read())


def test_who_speaks_http_1_0_gets_them_bare(company: Company) -> None:
    client = company.join(protocol="HTTP/1.0")
    company.change()
    within(30, lambda: b"\n\nid: 2\nevent: cards\ndata: <p>card</p>\n\n" in client.read())


@quick_beats
def test_a_quiet_stream_beats(company: Company) -> None:
    client = company.join()
    within(60, lambda: client.read().count(b"event: beat\ndata: 2000\n\n") >= 4)


def test_equal_drawings_are_made_once(company: Company) -> None:
    drawn: list[int] = []

    def render(since: int) -> tuple[str, int]:
        drawn.append(since)
        return "<p>card</p>", company.version

    clients = [company.join(render) for _ in range(5)]
    company.change()
    within(30, lambda: all(client.shows() == [2] for client in clients))
    assert drawn == [1]


def test_a_place_is_free_as_soon_as_its_client_has_gone(company: Company, the_feed: Feed) -> None:
    clients = [company.join() for _ in range(STREAMS_PER_ORDER)]
    with pytest.raises(TooManyStreams):
        company.join()
    clients[0].line.close()
    within(30, lambda: len(the_feed) == STREAMS_PER_ORDER - 1)
    company.join()


def test_who_says_something_on_a_stream_is_let_go(company: Company, the_feed: Feed) -> None:
    client = company.join()
    client.line.sendall(b"GET / HTTP/1.1\r\n\r\n")
    within(30, lambda: len(the_feed) == 0)


def test_who_reads_slowly_holds_nobody_up_and_misses_but_the_steps_between(
    company: Company,
) -> None:
    slow, quick = company.join(), company.join()
    for _ in range(38):
        company.change("x" * 50_000)
        within(30, lambda: quick.shows()[-1:] == [company.version])
    within(30, lambda: slow.shows()[-1:] == [39])
    assert len(slow.shows()) < 10
    assert slow.read().count(b"x" * 50_000) == len(slow.shows())  # each of them whole


@quick_beats
def test_who_reads_nothing_is_let_go_after_two_beats(company: Company, the_feed: Feed) -> None:
    company.join()
    company.change("x" * 1_000_000)
    within(60, lambda: len(the_feed) == 0)


def test_a_withdrawn_link_ends_its_stream_alone(company: Company) -> None:
    def withdrawn(since: int) -> tuple[str, int]:
        raise LinkWithdrawn

    former, present = company.join(withdrawn), company.join()
    company.change()
    within(30, lambda: former.read() and former.ended)
    assert former.received.endswith(b"event: gone\ndata: gone\n\n\r\n0\r\n\r\n")
    within(30, lambda: present.shows() == [2])
    assert not present.ended


def test_news_that_cannot_be_drawn_end_one_stream_and_are_reported(
    company: Company, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(since: int) -> tuple[str, int]:
        raise ZeroDivisionError

    one, other = company.join(broken), company.join()
    company.change()
    within(30, lambda: one.read() and one.ended)
    within(30, lambda: other.shows() == [2])
    assert "can't be drawn" in caplog.text


def test_all_end_as_http_wants_when_the_process_does(company: Company, the_feed: Feed) -> None:
    clients = [company.join() for _ in range(3)]
    the_feed.close()
    company.sender.close()
    within(30, lambda: all(client.read() and client.ended for client in clients))
    assert all(client.received.endswith(b"\n\n0\r\n\r\n") for client in clients)
