"""Updates and restarts that nobody notices: the server hands over, and says when it will end."""

import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask

from tests import builders
from tests.live_server import LiveServer, running_in_earnest
from tests.operation.service import SECONDS, eventually
from tests.surfing import Surfer
from ticketing import create_app, links


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    variables = {"PASSALONG_WORKERS": "2", "PASSALONG_DRAIN_SECONDS": "600"}
    with running_in_earnest(tmp_path, **variables) as running:
        yield running
        if running.process.poll() is None:
            running.stop(2 * SECONDS, signal.SIGINT)


@pytest.fixture
def app(server: LiveServer) -> Iterator[Flask]:
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        yield app


@contextmanager
def crowd(server: LiveServer, path: str, people: int = 4) -> Iterator[Counter[object]]:
    """Ask again and again meanwhile; how often came what: a status, or an error."""
    came: Counter[object] = Counter()
    enough = threading.Event()

    def ask() -> None:
        surfer = Surfer(server.url)
        while not enough.is_set():
            try:
                came[surfer.get(path).status] += 1
            except OSError as error:
                came[repr(error)] += 1

    threads = [threading.Thread(target=ask) for _ in range(people)]
    for thread in threads:
        thread.start()
    try:
        yield came
    finally:
        enough.set()
        for thread in threads:
            thread.join()


def booted(server: LiveServer) -> int:
    return server.log.read_text().count("Booting worker")


def exited(server: LiveServer) -> int:
    return server.log.read_text().count("Worker exiting")


def test_a_reload_fails_nobody(server: LiveServer, app: Flask) -> None:
    overview = f"/o/{links.order_token(builders.make_order(tickets=2))}"
    eventually(lambda: booted(server) == 2)
    with crowd(server, overview) as came:
        eventually(lambda: came[200] > 20)
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: booted(server) == 4)
        eventually(lambda: exited(server) == 2)
        before = came[200]
        eventually(lambda: came[200] > before + 20)
    assert set(came) == {200}


def test_before_it_stops_it_says_so_and_serves_on(server: LiveServer, app: Flask) -> None:
    overview = f"/o/{links.order_token(builders.make_order(tickets=2))}"
    surfer = Surfer(server.url)
    assert surfer.get("/readyz").status == 200
    eventually(lambda: booted(server) == 2)
    server.process.send_signal(signal.SIGHUP)  # a reload is no reason to send nobody
    eventually(lambda: exited(server) == 2)
    assert surfer.get("/readyz").status == 200
    with crowd(server, overview) as came:
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: surfer.get("/readyz").status == 503)
        surfer.get("/readyz").has('"draining":"yes"')
        assert surfer.get("/healthz").status == 200
        before = came[200]
        eventually(lambda: came[200] > before + 20)
    assert set(came) == {200}
    assert server.stop(2 * SECONDS) == 0, "told once more, it stops at once"
