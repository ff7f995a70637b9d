"""Numbers of several processes: whoever is asked tells those of all, whatever happens to one."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests import builders
from tests.live_server import LiveServer, running_in_earnest
from tests.operation.service import SECONDS, eventually, numbers_of, running_watcher, sum_of
from tests.smtp import SmtpServer, smtp_server
from tests.surfing import Surfer
from ticketing import create_app, links
from ticketing.metrics import sharing

__all__ = ["smtp_server"]

HEALTH = r'passalong_http_requests_total\{method="GET",route="/healthz",status="2xx"'
STARTED = r"passalong_process_start_time_seconds\{"


@pytest.fixture
def server(tmp_path: Path, smtp_server: SmtpServer) -> Iterator[LiveServer]:
    with running_in_earnest(
        tmp_path, PASSALONG_WORKERS="2", **smtp_server.environment()
    ) as running:
        eventually(lambda: sum_of(numbers_of(running), HEALTH) >= 1)
        eventually(lambda: len(workers_of(running)) == 2)
        yield running
        if running.process.poll() is None:
            running.stop(2 * SECONDS)


@pytest.fixture
def app(server: LiveServer) -> Iterator[Flask]:
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        yield app


def workers_of(server: LiveServer) -> set[int]:
    """The workers that have taken their place in the folder of numbers."""
    folder = server.instance / "metrics"
    started = {name for name in numbers_of(server) if name.startswith(STARTED[:-2])}
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    pids = {int(pid) for pid in children.read_text().split()}
    assert len(list(folder.glob("server-*.lock"))) >= len(started)
    return pids if len(started) == len(pids) else set()


def wait_for_others(server: LiveServer, before: set[int]) -> None:
    eventually(lambda: bool(workers_of(server)) and not workers_of(server) & before)


def ask_until_both_have_counted(server: LiveServer) -> float:
    """Requests from now on, until each worker answered one; returns how many there were ever."""

    def both() -> bool:
        Surfer(server.url).get("/healthz")
        files = (server.instance / "metrics").glob("counter_server-*.db")
        return sum(b"/healthz" in file.read_bytes() for file in files) == 2

    eventually(both)
    return sum_of(numbers_of(server), HEALTH)


@contextmanager
def streams(server: LiveServer, path: str, count: int) -> Iterator[list[socket.socket]]:
    at = urlsplit(server.url)
    callers = []
    with ExitStack() as stack:
        for _ in range(count):
            caller = stack.enter_context(closing(socket.create_connection((at.hostname, at.port))))
            caller.sendall(f"GET {path}/stream HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert caller.recv(4096).startswith(b"HTTP/1.1 200")
            callers.append(caller)
        yield callers


def is_open(caller: socket.socket) -> bool:
    with suppress(ConnectionError):
        try:
            while caller.recv(4096, socket.MSG_DONTWAIT):  # what came before it ended
                pass
        except BlockingIOError:
            return True
    return False


def test_requests_of_all_workers_are_added_up(server: LiveServer) -> None:
    before = sum_of(numbers_of(server), HEALTH)
    for _ in range(20):
        assert Surfer(server.url).get("/healthz").status == 200
    total = ask_until_both_have_counted(server)
    assert total >= before + 20
    assert {sum_of(numbers_of(server), HEALTH) for _ in range(6)} == {total}, "whoever is asked"


def test_a_worker_that_is_killed_takes_its_streams_along_and_leaves_its_counts(
    server: LiveServer, app: Flask
) -> None:
    overview = f"/o/{links.order_token(builders.make_order(tickets=1))}"
    total = ask_until_both_have_counted(server)
    before = workers_of(server)
    with streams(server, overview, 6) as callers:
        eventually(lambda: numbers_of(server)["passalong_streams_open"] == 6)
        os.kill(min(before), signal.SIGKILL)
        eventually(lambda: len(workers_of(server) - before) == 1)
        assert numbers_of(server)["passalong_streams_open"] == sum(map(is_open, callers))
        os.kill(max(before), signal.SIGKILL)
        eventually(lambda: len(workers_of(server) - before) == 2)
        assert numbers_of(server)["passalong_streams_open"] == 0
    assert sum_of(numbers_of(server), HEALTH) == total
    assert Surfer(server.url).get("/healthz").status == 200
    assert sum_of(numbers_of(server), HEALTH) == total + 1


def test_a_reload_goes_on_counting(server: LiveServer) -> None:
    total = ask_until_both_have_counted(server)
    for _ in range(2):
        before = workers_of(server)
        server.process.send_signal(signal.SIGHUP)
        wait_for_others(server, before)
    assert sum_of(numbers_of(server), HEALTH) == total
    files = list((server.instance / "metrics").glob("counter_*.db"))
    assert len(files) <= 4, "places are taken again"


def test_a_restart_begins_anew(server: LiveServer, tmp_path: Path) -> None:
    ask_until_both_have_counted(server)
    assert server.stop(2 * SECONDS) == 0
    with running_in_earnest(tmp_path, PASSALONG_WORKERS="1") as again:
        assert sum_of(numbers_of(again), HEALTH) < 5
        assert sum_of(numbers_of(again), STARTED) > 0
        assert len([name for name in numbers_of(again) if name.startswith(STARTED[:-2])]) == 1


def test_the_watcher_s_numbers_are_told_by_the_server(
    server: LiveServer, app: Flask, smtp_server: SmtpServer
) -> None:
    sent = 'passalong_mails_total{kind="confirmation",outcome="sent"}'
    seen = "passalong_watcher_seen_timestamp_seconds"
    assert numbers_of(server)[seen] == 0
    with running_watcher(server) as watcher:
        builders.make_order(tickets=1)
        eventually(lambda: numbers_of(server).get(sent) == 1)
        first = numbers_of(server)[seen]
        eventually(lambda: numbers_of(server)[seen] > first)
        assert any('pid="watcher-1"' in name for name in numbers_of(server))
        watcher.process.kill()
        watcher.process.wait()
    assert numbers_of(server)[sent] == 1, "what was counted stays"
    assert not any('pid="watcher-1"' in name for name in numbers_of(server))
    last = numbers_of(server)[seen]
    with running_watcher(server, "again"), running_watcher(server, "second"):
        builders.make_order(tickets=1)
        smtp_server.wait_for(2, SECONDS)
        eventually(lambda: sum_of(numbers_of(server), "passalong_mails_total.*sent") >= 1)
        eventually(lambda: sum('pid="watcher-' in name for name in numbers_of(server)) == 2)
        eventually(lambda: numbers_of(server)[seen] > last)


def test_room_is_reserved_so_that_a_full_disk_ends_nobody(server: LiveServer) -> None:
    """Writing into a hole of a mapped file on a full disk is a SIGBUS."""
    files = list((server.instance / "metrics").glob("*_server-*.db"))
    assert len(files) >= 8
    for file in files:
        status = file.stat()
        assert status.st_blocks * 512 >= status.st_size > 0, file.name


def test_without_room_for_files_a_process_counts_for_itself(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "metrics").write_text("in the way")
    assert not sharing.take_place(tmp_path / "metrics", "server")
    assert not sharing.is_shared()
    assert "aren't shared" in caplog.text
