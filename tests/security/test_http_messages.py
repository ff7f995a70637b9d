"""How requests are framed, which methods there are, and that each answer says what it is."""

import re
import socket
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.live_server import LiveServer
from tests.security.conftest import World
from tests.security.link_routes import ask, link_routes

HIDDEN = b"GET /healthz?hidden HTTP/1.1\r\nHost: x\r\n\r\n"


def said_on(server: LiveServer, sent: bytes) -> bytes:
    """All that comes back on one connection until the server closes it."""
    at = urlsplit(server.url)
    answer = b""
    with closing(socket.create_connection((at.hostname, at.port), timeout=60)) as caller:
        caller.sendall(sent)
        caller.shutdown(socket.SHUT_WR)
        while part := caller.recv(65536):
            answer += part
    return answer


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n",
        b"Content-Length: 0, 44\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"Content-Length: 0x0\r\n\r\n",
        b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"Transfer_Encoding: chunked\r\nContent-Length: z\r\n\r\n",
        b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: -1\r\n\r\n",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(
    live_server: LiveServer, framing: bytes
) -> None:
    """ASVS 4.2.1: what a proxy takes for a body must not be a request to us, or the reverse."""
    answer = said_on(live_server, b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\n" + framing + HIDDEN)
    statuses = re.findall(rb"HTTP/1\.1 (\d{3})", answer)
    assert len(statuses) == 1, answer
    assert statuses[0] in {b"400", b"501"}


def test_what_is_framed_well_is_read_to_its_end(live_server: LiveServer) -> None:
    """The tests above would pass if the server refused everything."""
    body = b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = said_on(live_server, body + b"5\r\nhello\r\n0\r\n\r\n" + HIDDEN)
    assert re.findall(rb"HTTP/1\.1 (\d{3})", answer)[0] == b"401"


@pytest.mark.parametrize("method", ["TRACE", "TRACK", "CONNECT", "PROPFIND", "MADE-UP"])
def test_no_method_that_isn_t_meant(app: Flask, client: FlaskClient, method: str) -> None:
    for path in ("/healthz", "/backoffice/sign-in", "/api/v1/orders", "/static/app.css"):
        answer = client.open(path, method=method, headers={"X-Secret": "echo me"})
        assert answer.status_code == 405, f"{method} {path}"
        assert "echo me" not in answer.text


def test_nothing_is_switched_on_for_developers(
    live_server: LiveServer, client: FlaskClient
) -> None:
    """ASVS 13.4.2: neither a debugger's page nor its console, nor the style guide."""
    for path in ("/console", "/?__debugger__=yes&cmd=resource&f=style.css", "/styleguide"):
        answer = said_on(
            live_server, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
        )
        assert answer.startswith(b"HTTP/1.1 404"), path
        assert b"Werkzeug" not in answer
    assert client.application.debug is False


def test_each_answer_says_what_it_is(app: Flask, client: FlaskClient, world: World) -> None:
    """ASVS 4.1.1: a type that fits, and for text its characters."""
    answers = [
        ask(client, route, world.tokens[route.kind])
        for route in link_routes(app)
        if route.method == "GET"
    ]
    others = ("/healthz", "/api/openapi.json", "/api/v1/orders", "/static/app.css", "/embed.js")
    answers += [client.get(path) for path in (*others, "/static/preview.png", "/nothing")]
    begins = {
        "application/pdf": b"%PDF-",
        "text/html": b"<",
        "application/json": b"{",
        "text/calendar": b"BEGIN:VCALENDAR",
        "image/png": b"\x89PNG",
    }
    seen: set[str] = set()
    for answer in answers:
        kind = answer.mimetype or ""
        if kind == "text/event-stream" or not answer.data:
            continue
        seen.add(kind)
        assert answer.data.lstrip().startswith(begins.get(kind, b"")), kind
        if kind.startswith("text/") or kind.endswith("xml"):
            assert answer.mimetype_params.get("charset") == "utf-8", answer.headers
    assert {*begins, "text/css", "text/javascript"} <= seen
