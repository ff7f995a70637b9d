"""A stand-in for pretix: a real HTTP server that answers what a real pretix answered.

Events, products, orders, positions and refusals are those in `recorded/`, unchanged. What it does
itself is what pretix does with them: it checks the token, tells the orders page by page, and on a
PATCH of a position keeps what is sent, refuses a bad address, and notes when the order changed.
"""

import copy
import datetime as dt
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.pretix.real import EVENT_PATH

RECORDED = Path(__file__).with_name("recorded")
TOKEN = "a-token-of-pretix"

Kept = tuple[int, Any]


def recorded(name: str) -> Kept:
    """What pretix answered: its status and its body."""
    kept = json.loads((RECORDED / f"{name}.json").read_text())
    return kept["status"], kept["body"]


def order(name: str, **changed: Any) -> dict[str, Any]:
    """A recorded state of an order, with these things changed."""
    body: dict[str, Any] = recorded(name)[1]
    return {**body, **changed}


def later(state: dict[str, Any], **by: float) -> str:
    """`last_modified` of a state that came so long after this one."""
    return (dt.datetime.fromisoformat(state["last_modified"]) + dt.timedelta(**by)).isoformat()


@dataclass
class Replay:
    """`orders` by code; `asked` is (method, path, body) of all requests; `first` answers before.

    `on_the_way` is called with the path when an answer is made and hasn't arrived yet.
    """

    port: int
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: list[dict[str, Any]] = field(default_factory=list)
    scheme: str = "given_family"
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    first: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    on_the_way: Callable[[str], None] = lambda _path: None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def has(self, *states: dict[str, Any]) -> str:
        """From now on these are its orders' states; returns the code of the last."""
        with self.lock:
            for state in states:
                self.orders[state["code"]] = copy.deepcopy(state)
        return str(states[-1]["code"])

    def position(self, number: int) -> dict[str, Any] | None:
        for each in self.orders.values():
            for position in each["positions"]:
                if position["id"] == number:
                    found: dict[str, Any] = position
                    return found
        return None

    def patched(self) -> list[Any]:
        return [body for method, _path, body in self.asked if method == "PATCH"]

    def answer(self, method: str, target: str, token: str, body: Any) -> Kept:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        if token != f"Token {TOKEN}":
            return recorded("wrong_token")
        if path == "/api/v1/organizers/":
            return recorded("organizers")
        if not path.startswith(f"{EVENT_PATH}/"):
            return recorded("no_event")
        room, _slash, number = path.removeprefix(f"{EVENT_PATH}/").strip("/").partition("/")
        if (method, room) == ("GET", "orders") and number:
            return (200, self.orders[number]) if number in self.orders else recorded("no_order")
        if room == "orderpositions":
            return self._position(method, int(number), body)
        if method != "GET":
            return 405, {"detail": f'Method "{method}" not allowed.'}
        if room == "orders":
            return 200, self._page(query)
        if room == "items":
            return 200, {"count": len(self.items), "next": None, "results": self.items}
        if room == "settings":
            return 200, {**recorded("settings")[1], "name_scheme": self.scheme}
        return recorded("event")

    def _page(self, query: dict[str, list[str]]) -> dict[str, Any]:
        since = query.get("created_since", [""])[0]
        wanted = sorted(
            (
                each
                for each in self.orders.values()
                if each["status"] == query["status"][0] and each["datetime"] >= since
            ),
            key=lambda each: (each["datetime"], each["code"]),
        )
        size, page = int(query["page_size"][0]), int(query["page"][0])
        more = len(wanted) > page * size
        return {
            "count": len(wanted),
            "next": f"{self.url}/elsewhere" if more else None,
            "previous": None,
            "results": wanted[(page - 1) * size : page * size],
        }

    def _position(self, method: str, number: int, body: Any) -> Kept:
        found = self.position(number)
        if found is None:
            return recorded("position_cancelled")
        if method == "PATCH":
            if "@" not in body.get("attendee_email", "@"):
                return recorded("position_refused")
            found |= body
            parts = found.get("attendee_name_parts") or {}
            names = [parts.get(key) for key in ("given_name", "family_name", "full_name")]
            found["attendee_name"] = " ".join(filter(None, names)) or None
            self.orders[found["order"]]["last_modified"] = dt.datetime.now(dt.UTC).isoformat()
        return 200, found


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_GET(self) -> None:
        replay = self.server.replay
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = json.loads(sent) if sent else None
        headers: dict[str, str] = {}
        with replay.lock:
            replay.asked.append((self.command, self.path, body))
            if replay.first:
                status, headers, said = replay.first.pop(0)
            else:
                token = self.headers.get("Authorization", "")
                status, said = replay.answer(self.command, self.path, token, body)
            text = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        replay.on_the_way(self.path)
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    do_PATCH = do_GET  # noqa: N815 - the standard library's name

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    replay: Replay

    def handle_error(self, *_: object) -> None:
        pass  # whoever called has hung up


@contextmanager
def replaying() -> Iterator[Replay]:
    server = _Server(("127.0.0.1", 0), _Handler)
    server.replay = found = Replay(server.server_address[1])
    found.items = recorded("items")[1]["results"]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
