"""The example of a shop's own site, which `uv run app.py` serves beside the demo."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from tests.live_server import LiveServer, free_port, running_server
from ticketing.extensions import db
from ticketing.models import Shop
from ticketing.trying import demo, demo_site
from ticketing.trying.demo_site.server import FILES, server_of

PASSALONG = "https://tickets.example.org"


@pytest.fixture
def served() -> Iterator[str]:
    """The site in this process: where it is."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = server_of(listening, PASSALONG, "riverside")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("example")
    with running_server(folder, EXAMPLE_PORT=str(port), PASSALONG_WORKERS="1") as running:
        yield running


def get(url: str) -> tuple[HTTPResponse, str]:
    to = urlsplit(url)
    with closing(HTTPConnection(to.hostname or "", to.port, timeout=10)) as connection:
        connection.request("GET", to.path or "/")
        answer = connection.getresponse()
        return answer, answer.read().decode()


def test_its_page_has_one_script_and_one_element_of_ours(served: str) -> None:
    answer, page = get(served)
    assert answer.status == 200
    assert page.count("<script") == 1
    assert f'<script async src="{PASSALONG}/embed.js"></script>' in page
    assert page.count("<passalong-frame ") == 1
    assert f'src="{PASSALONG}/shop/riverside"' in page
    assert f'<a href="{PASSALONG}/shop/riverside?lang=en">' in page
    assert "{{" not in page


def test_its_policy_allows_just_that(served: str) -> None:
    answer, _page = get(served)
    policy = answer.headers["Content-Security-Policy"]
    assert f"script-src {PASSALONG}; frame-src {PASSALONG}" in policy
    assert "unsafe" not in policy


def test_it_has_its_files_and_no_others(served: str) -> None:
    for path, (_name, kind) in FILES.items():
        answer, _body = get(served + path)
        assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    for path in ("/server.py", "/../start.py", "/%2e%2e/start.py", "//etc/passwd", "/x"):
        assert get(served + path)[0].status == 404


def test_it_is_another_site_for_the_browser() -> None:
    for called, name in (("127.0.0.1", "localhost"), ("localhost", "127.0.0.1"), ("me", "me")):
        port = free_port()
        site = demo_site.keep_place("127.0.0.1", port, called=called)
        assert site is not None
        with site.listening:
            assert site.origin == f"http://{name}:{port}"


def test_where_there_is_no_room_there_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert demo_site.keep_place("127.0.0.1", port, called="127.0.0.1") is None
    assert demo_site.keep_place("127.0.0.1", 70_000, called="127.0.0.1") is None


def test_the_demos_shop_lets_it_in_once(app: Flask) -> None:
    demo.demo()
    for _time in range(2):
        demo.let_frame("http://localhost:8077")
        db.session.rollback()
        shop = db.session.scalars(select(Shop).where(Shop.slug == demo.SLUG)).one()
        assert shop.embed_origins == ["http://localhost:8077"]


class TestStartedWithTheDemo:
    def test_it_is_served_and_said(self, server: LiveServer, port: int) -> None:
        said = server.log.read_text().partition("Stop it with")[0]
        assert f"  Example     http://localhost:{port} " in said
        answer, page = get(f"http://127.0.0.1:{port}")
        assert answer.status == 200
        assert f'src="{server.url}/shop/riverside"' in page

    def test_the_shop_names_it(self, server: LiveServer, port: int) -> None:
        answer, _page = get(f"{server.url}/shop/riverside")
        policy = answer.headers["Content-Security-Policy"]
        assert policy.endswith(f"frame-ancestors 'self' http://localhost:{port}")

    def test_it_ends_with_the_server(self, server: LiveServer, port: int) -> None:
        assert server.stop() == 0
        for _try in range(100):
            try:
                get(f"http://127.0.0.1:{port}")
            except OSError:
                return
            threading.Event().wait(0.1)
        pytest.fail("the example goes on")
