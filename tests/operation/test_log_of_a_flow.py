"""A whole flow, and its log: every line is one object, and none tells of anybody."""

import json
import socket
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from tests import builders
from tests.live_server import LiveServer
from tests.operation.flow import go_through
from tests.operation.service import Watcher, eventually
from tests.smtp import SmtpServer
from tests.surfing import Surfer
from ticketing import links

ALWAYS = {"time", "level", "logger", "message", "process"}


def lines_of(*logs: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for log in logs for line in log.read_text().splitlines()]


def requests_in(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["logger"] == "gunicorn.access"]


def is_logged(server: LiveServer, request_id: str) -> bool:
    return any(line.get("request_id") == request_id for line in requests_in(lines_of(server.log)))


def test_a_whole_flow_leaves_nothing_about_anybody(
    app: Flask, server: LiveServer, watcher: Watcher, post: SmtpServer
) -> None:
    flow = go_through(app, server.url, post)
    last = Surfer(server.url).get("/healthz", X_Request_ID="the-last-of-them")
    eventually(lambda: is_logged(server, last.headers["X-Request-ID"]))

    written = server.log.read_text() + watcher.log.read_text()
    assert len(flow.secrets) >= 7
    assert len(flow.personal) >= 15
    hits = [text for text in flow.secrets | flow.personal if text and text in written]
    assert hits == []

    lines = lines_of(server.log, watcher.log)
    assert any("not sent" in line["message"] for line in lines), "the refused mail is told of"
    assert all(line.keys() >= ALWAYS for line in lines)
    seen = {(line["method"], line["route"], line["status"]) for line in requests_in(lines)}
    assert {
        ("POST", "/shop/<slug>", 303),
        ("GET", "/o/<token>", 200),
        ("GET", "/o/<token>", 404),
        ("POST", "/o/<token>/tickets/<int:position>/claim", 303),
        ("POST", "/s/<token>", 422),
        ("GET", "/t/<token>/ticket.pdf", 200),
        ("GET", "/backoffice/orders", 200),
        ("POST", "/api/v1/orders", 201),
        ("GET", "unknown", 404),
    } <= seen
    ids = [line["request_id"] for line in requests_in(lines)]
    assert len(ids) == len(set(ids))


def test_each_worker_logs(server: LiveServer) -> None:
    def both() -> bool:
        Surfer(server.url).get("/healthz")
        return len({line["process"] for line in requests_in(lines_of(server.log))}) == 2

    eventually(both)


def test_what_is_no_request_is_logged_without_its_sender(server: LiveServer) -> None:
    at = urlsplit(server.url)
    with closing(socket.create_connection((at.hostname, at.port), timeout=30)) as caller:
        caller.sendall(b"NONSENSE wilhelmina@quartz.example\r\n\r\n")
        assert caller.recv(100).startswith(b"HTTP/1.1 400")

    def told() -> list[dict[str, Any]]:
        return [line for line in lines_of(server.log) if "Invalid request" in line["message"]]

    eventually(lambda: bool(told()))
    assert "127.0.0.1" not in told()[0]["message"]
    assert "wilhelmina" not in told()[0]["message"]


def test_a_stream_is_one_line_when_it_ends(server: LiveServer, app: Flask) -> None:
    at = urlsplit(server.url)
    order = builders.make_order(tickets=1)
    path = f"/o/{links.order_token(order)}/stream"
    request = f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-ID: a-long-stream\r\n\r\n"
    with closing(socket.create_connection((at.hostname, at.port), timeout=30)) as caller:
        caller.sendall(request.encode())
        assert caller.recv(4096).startswith(b"HTTP/1.1 200")
        assert not is_logged(server, "a-long-stream")
    builders.claim(order.tickets[0])  # by which the server notices that nobody is there
    eventually(lambda: is_logged(server, "a-long-stream"))
