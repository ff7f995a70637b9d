"""The real server: gunicorn and gevent, started as people start it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from flask import Flask

from tests import builders
from tests.live_server import START_SECONDS, LiveServer, free_port, running_server
from ticketing import create_app, links
from ticketing.config import PROJECT
from ticketing.feed import live
from ticketing.storing.transactions import write

TOKEN = re.compile(r"/[ost]/[A-Za-z0-9_-]{20,}")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with running_server(tmp_path_factory.mktemp("server")) as found:
        yield found


@pytest.fixture
def app(server: LiveServer) -> Iterator[Flask]:
    """An app of the test's own on the server's database."""
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        yield app


def get(url: str) -> str:
    with urlopen(url, timeout=60) as answer:  # noqa: S310 - our own server
        assert answer.status == 200
        text: str = answer.read().decode()
        return text


@contextmanager
def open_stream(url: str, since: int) -> Iterator[HTTPResponse]:
    to = urlsplit(url)
    with closing(HTTPConnection(to.hostname or "", to.port, timeout=60)) as connection:
        connection.request("GET", f"{to.path}/stream?since={since}")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Content-Type", "").startswith("text/event-stream")
        assert answer.readline().startswith(b"retry: ")
        yield answer


def event(stream: HTTPResponse, name: str) -> str:
    """What the next event of this name says."""
    while stream.readline() != f"event: {name}\n".encode():
        pass
    lines = iter(stream.readline, b"\n")
    return b"".join(line.removeprefix(b"data: ") for line in lines).decode()


def test_it_is_well_and_the_demo_is_there(server: LiveServer) -> None:
    assert '"up"' in get(f"{server.url}/healthz")
    demo = server.demo
    assert get(demo["shop_url"])
    assert get(demo["overview_url"])
    assert get(demo["backoffice_url"])


def test_it_says_the_demos_links_when_it_starts(server: LiveServer) -> None:
    said = server.log.read_text().partition("Stop it with")[0]
    demo = server.demo
    for key in ("shop_url", "overview_url", "backoffice_url", "email", "password"):
        assert demo[key] in said


def test_a_claim_in_another_process_is_on_every_stream(server: LiveServer, app: Flask) -> None:
    order = builders.make_order(tickets=2)
    url = f"{server.url}/o/{links.order_token(order)}"
    with open_stream(url, 1) as one, open_stream(url, 1) as two:
        builders.claim(order.tickets[0], first_name="Łucja")
        for stream in (one, two):
            html = event(stream, "cards")
            assert "Łucja" in html
            assert "hx-swap-oob" in html


def test_a_stream_that_comes_back_gets_what_it_missed(server: LiveServer, app: Flask) -> None:
    order = builders.make_order(tickets=2)
    builders.claim(order.tickets[1], first_name="Missed")
    with open_stream(f"{server.url}/o/{links.order_token(order)}", 1) as stream:
        assert "Missed" in event(stream, "cards")


def test_a_link_that_is_withdrawn_ends_its_stream(server: LiveServer, app: Flask) -> None:
    order = builders.make_order(tickets=1)
    with open_stream(f"{server.url}/o/{links.order_token(order)}", 1) as stream:
        with write() as session:
            order.link_generation += 1
            live.touch(session, order)
        assert event(stream, "gone") == "gone\n"
        assert stream.readline() == b""


def test_no_log_holds_a_link(server: LiveServer, app: Flask) -> None:
    order = builders.make_order(tickets=1)
    token = links.order_token(order)
    share = builders.share(order.tickets[0])
    get(f"{server.url}/o/{token}?lang=en")
    get(f"{server.url}{share}")
    for unknown in (f"{token[:-1]}_", f"{token}%0AGET%20/forged"):
        with pytest.raises(OSError, match="404"):
            get(f"{server.url}/o/{unknown}")
    until = time.monotonic() + 10
    while (logged := _logged(server)).count("GET unknown 404") + logged.count(
        "GET /o/<token> 404"
    ) < 2:
        assert time.monotonic() < until, logged
        time.sleep(0.05)
    assert "GET /o/<token> 200" in logged
    assert "GET /s/<token> 200" in logged
    assert not TOKEN.search(logged)
    assert "lang=en" not in logged
    assert "\nGET /forged" not in logged


def _logged(server: LiveServer) -> str:
    return server.log.read_text().partition("Stop it with")[2]


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT], ids=["service", "keyboard"])
def test_it_ends_at_once_though_overviews_are_open(tmp_path: Path, sent: signal.Signals) -> None:
    patient = "--keep-alive=600 --graceful-timeout=600"
    with running_server(tmp_path, GUNICORN_CMD_ARGS=patient) as server:
        overview = server.demo["overview_url"]
        with (
            open_stream(overview, 1) as one,
            open_stream(overview, 1),
            closing(HTTPConnection(urlsplit(server.url).netloc, timeout=60)) as idle,
        ):
            idle.request("GET", "/healthz")  # and the connection stays open, as a proxy's does
            assert idle.getresponse().read()
            assert server.stop(seconds=120, sent=sent) == 0
            assert one.read().rstrip() in {b"", b"event: beat\ndata: 2000"}
        assert "Traceback" not in server.log.read_text()


def test_mails_are_delivered_by_a_companion_that_ends_with_the_server(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as deaf:
        port = deaf.getsockname()[1]
        with running_server(
            tmp_path,
            PASSALONG_MAIL_SERVER="127.0.0.1",
            PASSALONG_MAIL_PORT=str(port),
            PASSALONG_MAIL_STARTTLS="no",
        ) as server:
            deaf.settimeout(120)
            caller, _address = deaf.accept()  # somebody wants to hand over a mail
            caller.close()
            companion = _child_running(server.process.pid, "outbox")
            server.kill()  # not even a chance to tell it
        until = time.monotonic() + 120
        while _alive(companion):
            assert time.monotonic() < until, "the companion lives on"
            time.sleep(0.1)


def _child_running(parent: int, word: str) -> int:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            status = (process / "stat").read_text().rpartition(")")[2].split()
            command = (process / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(status[1]) == parent and word in command:
            return int(process.name)
    raise AssertionError(f"no child of {parent} runs {word}")


def _alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"PORT": "http"}, "PORT must be a number"),
        ({"PASSALONG_PROXIES": "many"}, "PASSALONG_PROXIES must be a whole number"),
        ({"PASSALONG_BASE_URL": "tickets"}, "PASSALONG_BASE_URL must look like"),
        ({"PASSALONG_WORKERS": "-1"}, "PASSALONG_WORKERS must be a whole number"),
    ],
)
def test_it_refuses_a_bad_setting_in_one_line(
    tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    _refused(tmp_path, said, **variables)


def test_it_refuses_a_port_that_is_taken(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        _refused(tmp_path, "can't be used", PORT=str(taken.getsockname()[1]))


def _refused(folder: Path, said: str, **variables: str) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PASSALONG_")}
    ended = subprocess.run(
        [sys.executable, "app.py"],
        cwd=PROJECT,
        env={**environment, "PASSALONG_INSTANCE_PATH": str(folder), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("Passalong can't start: ")
    assert said in ended.stderr


def test_importing_the_entry_starts_nothing(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import app; print(app.app.name)"],
        cwd=PROJECT,
        env={**os.environ, "PASSALONG_INSTANCE_PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ended.stdout == "ticketing\n"
    assert not (tmp_path / "demo.json").exists()


PROBE = """
from ticketing.storing import transactions

def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [type(transactions._writers["sqlite"]._guard).__module__.encode()]
"""


def test_locks_are_made_after_gevent_has_patched(tmp_path: Path) -> None:
    """A writer that waits on a lock of the plain kind would stop its worker's whole loop."""
    (tmp_path / "probe.py").write_text(PROBE)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "ticketing/server.py"]
    process = subprocess.Popen(
        [*command, "--pythonpath", str(tmp_path), "probe:app"],
        cwd=PROJECT,
        env={**os.environ, "PORT": str(port), "PASSALONG_WORKERS": "1"},
    )
    try:
        assert _eventually(f"http://127.0.0.1:{port}/").startswith("gevent")
    finally:
        process.terminate()
        process.wait(10)


def _eventually(url: str) -> str:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            return get(url)
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.1)
