"""The server is stopped or renewed while people use it: no request fails, nothing is missed."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import BadStatusLine, HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from tests import builders
from tests.live_server import LiveServer, running_server
from tests.watching import Watching
from ticketing import create_app, links
from ticketing.extensions import db
from ticketing.models import Order

CLIENTS = 12
ORDERS, OVERVIEWS_OF_EACH = 20, 12
SECONDS = 180  # a busy machine takes its time to start a server


class Visitor(threading.Thread):
    """Asks again and again until nobody listens any more; every other one keeps its connection."""

    def __init__(self, url: str, paths: list[str], *, keeps: bool) -> None:
        super().__init__(daemon=True)
        self.answers = 0
        self.failures: list[str] = []
        self.ended = False
        self._netloc = urlsplit(url).netloc
        self._paths = paths
        self._keeps = keeps
        self._connection: HTTPConnection | None = None

    def run(self) -> None:
        while not self.ended and not self.failures:
            for path in self._paths:
                try:
                    self._ask(path)
                except ConnectionRefusedError:
                    self.ended = True  # the server is gone, and says so
                    return
                except (OSError, BadStatusLine) as error:
                    self.failures.append(f"{path[:3]} {error!r}")

    def _ask(self, path: str) -> None:
        kept, self._connection = self._connection, None
        if kept is not None:
            try:
                return self._answer(kept, path)
            except (ConnectionError, BadStatusLine):
                pass  # closed as we asked; then one asks anew: RFC 9112, 9.3.1
        fresh = HTTPConnection(self._netloc, timeout=SECONDS)
        fresh.connect()
        return self._answer(fresh, path)

    def _answer(self, connection: HTTPConnection, path: str) -> None:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        if answer.status not in {200, 204}:
            self.failures.append(f"{path[:3]} {answer.status}")
        self.answers += 1
        if self._keeps and not answer.will_close:
            self._connection = connection
        else:
            connection.close()


@contextmanager
def visitors(server: LiveServer) -> Iterator[list[Visitor]]:
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        overview = f"/o/{links.order_token(builders.make_order(tickets=2))}"
    found = [
        Visitor(server.url, [overview, f"{overview}/changes?since=1"], keeps=bool(number % 2))
        for number in range(CLIENTS)
    ]
    for visitor in found:
        visitor.start()
    try:
        until_each_has_answers(found, 3)
        yield found
    finally:
        for visitor in found:
            visitor.ended = True
            visitor.join(SECONDS + 10)


def until_each_has_answers(found: list[Visitor], more: int) -> None:
    before = [visitor.answers for visitor in found]
    until = time.monotonic() + SECONDS
    while any(v.answers < b + more for v, b in zip(found, before, strict=True)):
        assert not [v.failures for v in found if v.failures]
        assert time.monotonic() < until, "no answers"
        time.sleep(0.05)


def test_no_request_fails_when_the_server_is_stopped(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, visitors(server) as found:
        assert server.stop() == 0
        for visitor in found:
            visitor.join(SECONDS + 10)
        assert [v.failures for v in found if v.failures] == []


def test_no_request_fails_when_the_server_is_renewed(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, visitors(server) as found:
        for _ in range(2):
            server.process.send_signal(signal.SIGHUP)
            until_each_has_answers(found, 30)
        assert [v.failures for v in found if v.failures] == []


def claim_one_of_each(app: Flask, order_ids: list[int]) -> None:
    """A ticket of every order, each of which thereby has its next version."""
    with app.app_context():
        for order_id in order_ids:
            order = db.session.get_one(Order, order_id)
            builders.claim(next(each for each in order.tickets if each.state == "open"))


def test_overviews_come_back_over_time_and_miss_nothing(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        app = create_app({"TESTING": True}, server.settings)
        with app.app_context():
            orders = [builders.make_order(tickets=4) for _ in range(ORDERS)]
            order_ids = [order.id for order in orders]
            paths = [f"/o/{links.order_token(order)}" for order in orders]
        with Watching(server.url, paths * OVERVIEWS_OF_EACH) as watching:
            watching.wait_for(opened=1)
            # Renewed, as for an update, while people claim.
            server.process.send_signal(signal.SIGHUP)
            claim_one_of_each(app, order_ids)
            watching.wait_for(opened=2, version=2)
            # Stopped, and started again; claims are made meanwhile.
            assert server.stop() == 0
            claim_one_of_each(app, order_ids)
            with running_server(tmp_path, PORT=str(urlsplit(server.url).port)):
                watching.wait_for(opened=3, version=3)
                claim_one_of_each(app, order_ids)
                watching.wait_for(version=4)
        assert watching.cut_short == []
        said = [retry for overview in watching.overviews for retry in overview.retries]
        assert len({round(retry, 1) for retry in said}) > 8  # spread over at least a second
