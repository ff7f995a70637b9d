"""Updates and restarts that nobody notices: the server hands over, and says when it will end."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade

from tests import builders
from tests.installations import variables_of
from tests.live_server import LiveServer, running_in_earnest
from tests.operation.service import SECONDS, eventually
from tests.surfing import Surfer
from ticketing import create_app, links
from ticketing.config import PROJECT, Settings


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
def crowd(url: str, path: str, people: int = 4) -> Iterator[Counter[object]]:
    """Ask again and again meanwhile; how often came what: a status, or an error."""
    came: Counter[object] = Counter()
    enough = threading.Event()

    def ask() -> None:
        surfer = Surfer(url, patience=3 * SECONDS)
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


def test_a_restart_on_a_socket_that_stays_fails_nobody(tmp_path: Path) -> None:
    """As systemd does with `passalong.socket`: it listens, and hands the socket to each server."""
    settings = Settings(instance_path=tmp_path / "instance")
    app = create_app({"TESTING": True}, settings)
    with app.app_context():
        upgrade()
        overview = f"/o/{links.order_token(builders.make_order(tickets=2))}"
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        servers = [serve_on(listening, settings)]
        try:
            with crowd(url, overview) as came:
                eventually(lambda: came[200] > 20)
                servers[0].terminate()
                assert servers[0].wait(2 * SECONDS) == 0
                before = came[200]
                servers.append(serve_on(listening, settings))
                eventually(lambda: came[200] > before + 20)
        finally:
            for server in servers:
                server.terminate()
                server.wait(2 * SECONDS)
    assert set(came) == {200}


# sd_listen_fds(3): the sockets begin at 3, and are meant for the process with this id.
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
"""


def serve_on(listening: socket.socket, settings: Settings) -> subprocess.Popen[bytes]:
    gunicorn = ["-m", "gunicorn", "-c", "ticketing/server.py", "app:app"]
    return subprocess.Popen(
        [sys.executable, "-c", HAND_OVER, str(listening.fileno()), *gunicorn],
        cwd=PROJECT,
        env={**os.environ, **variables_of(settings), "PASSALONG_WORKERS": "1"},
        pass_fds=[listening.fileno()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def booted(server: LiveServer) -> int:
    return server.log.read_text().count("Booting worker")


def exited(server: LiveServer) -> int:
    return server.log.read_text().count("Worker exiting")


def test_a_reload_fails_nobody(server: LiveServer, app: Flask) -> None:
    overview = f"/o/{links.order_token(builders.make_order(tickets=2))}"
    eventually(lambda: booted(server) == 2)
    with crowd(server.url, overview) as came:
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
    with crowd(server.url, overview) as came:
        server.process.send_signal(signal.SIGTERM)
        eventually(lambda: surfer.get("/readyz").status == 503)
        surfer.get("/readyz").has('"draining":"yes"')
        assert surfer.get("/healthz").status == 200
        before = came[200]
        eventually(lambda: came[200] > before + 20)
    assert set(came) == {200}
    assert server.stop(2 * SECONDS) == 0, "told once more, it stops at once"
