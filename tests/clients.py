"""Many HTTP clients in one thread, cheap enough to share a small machine with the server.

Each keeps its connection and sends its next request as soon as the last one was answered.
"""

import json
import re
import selectors
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.live_server import LiveServer

PATIENCE = 60.0  # seconds without any answer, after which something is broken

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CLOSES = re.compile(rb"(?i)\r\nconnection: *close")
_LOCATION = re.compile(rb"(?i)\r\nlocation: *([^\r]+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """`seconds` from the request's last byte handed over to the answer's last byte received."""

    status: int
    head: bytes
    body: bytes
    seconds: float

    @property
    def location(self) -> str:
        found = _LOCATION.search(self.head)
        return found[1].decode() if found else ""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class _Client:
    address: tuple[str, int]
    requests: Iterator[bytes]
    answers: list[Answer] = field(default_factory=list)
    line: socket.socket | None = None
    received: bytes = b""
    sent_at: float = 0.0


def address_of(server: LiveServer) -> tuple[str, int]:
    at = urlsplit(server.url)
    return at.hostname or "", at.port or 0


def get(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    return _request("GET", path, headers or {}, b"")


def post_json(path: str, body: Any, headers: Mapping[str, str] | None = None) -> bytes:
    kind = {"Content-Type": "application/json"}
    return _request("POST", path, {**kind, **(headers or {})}, json.dumps(body).encode())


def post_form(
    path: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> bytes:
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return _request("POST", path, {**kind, **(headers or {})}, urlencode(fields).encode())


def _request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def for_seconds(seconds: float, requests: Iterable[bytes]) -> Iterator[bytes]:
    """Of these requests as many as fit into the time, from the first one on."""
    until: float | None = None
    for each in requests:
        until = until or time.perf_counter() + seconds
        if time.perf_counter() >= until:
            return
        yield each


def ask(address: tuple[str, int], *each_asks: Iterable[bytes]) -> list[list[Answer]]:
    """One client for each of the arguments, all at once; the answers that each got."""
    selector = selectors.DefaultSelector()
    clients = [_Client(address, iter(requests)) for requests in each_asks]
    for client in clients:
        client.line = _connected(client, selector)  # all are there before the first one asks
    at_work = sum(_ask_next(client, selector) for client in clients)
    while at_work:
        ready = selector.select(PATIENCE)
        if not ready:
            raise TimeoutError(f"{at_work} clients have waited {PATIENCE:g} s for an answer")
        for key, _events in ready:
            if _receive(key.data, selector):
                at_work -= not _ask_next(key.data, selector)
    selector.close()
    return [client.answers for client in clients]


def _connected(client: _Client, selector: selectors.BaseSelector) -> socket.socket:
    made = socket.create_connection(client.address)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    selector.register(made, selectors.EVENT_READ, client)
    return made


def _ask_next(client: _Client, selector: selectors.BaseSelector) -> bool:
    """Whether there was something left to ask."""
    request = next(client.requests, None)
    if request is None:
        if client.line is not None:
            _close(client, selector)
        return False
    client.line = client.line or _connected(client, selector)
    client.line.sendall(request)
    client.sent_at = time.perf_counter()
    return True


def _receive(client: _Client, selector: selectors.BaseSelector) -> bool:
    """Whether the answer is complete."""
    assert client.line is not None
    piece = client.line.recv(262_144)
    if not piece:
        raise ConnectionError(f"the server hung up amid an answer: {client.received[:200]!r}")
    client.received += piece
    head, end, body = client.received.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if not end or len(body) < (int(length[1]) if length else 0):
        return False
    seconds = time.perf_counter() - client.sent_at
    client.answers.append(Answer(int(head[9:12]), head, body, seconds))
    client.received = b""
    if _CLOSES.search(head):
        _close(client, selector)
    return True


def _close(client: _Client, selector: selectors.BaseSelector) -> None:
    if client.line is not None:
        selector.unregister(client.line)
        client.line.close()
        client.line = None


def flat(answers: Sequence[Sequence[Answer]]) -> list[Answer]:
    return [each for some in answers for each in some]


def waits(answers: Sequence[Answer]) -> str:
    """How long they took: the median, the 99th percentile and the longest."""
    found = sorted(each.seconds * 1000 for each in answers)
    p50, p99 = found[len(found) // 2], found[len(found) * 99 // 100]
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {found[-1]:.1f} ms"
