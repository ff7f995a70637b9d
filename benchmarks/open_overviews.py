"""Many open overviews in a process of their own, so that they don't wait for whoever measures.

A page is a socket and its order's path; it notes which version it showed when. `Streams` and
`Polls` say how a page learns of a change.
"""

import heapq
import multiprocessing
import random
import re
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final, NamedTuple

POLL_SECONDS: Final = 2.0
OPENED_AT_ONCE: Final = 50  # as many connections are made before the server's answers are read

_EVENT_ID: Final = re.compile(rb"^id: (\d+)$", re.MULTILINE)
_LENGTH: Final = re.compile(rb"(?i)content-length: (\d+)")
_VERSION: Final = re.compile(rb'data-version="(\d+)"')
# What a browser says of itself is part of what a connection costs.
_HEADERS: Final = """\
Host: localhost
Connection: keep-alive
sec-ch-ua-platform: "Android"
Cache-Control: no-cache
User-Agent: Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
Chrome/142.0.0.0 Mobile Safari/537.36
Accept: text/event-stream
sec-ch-ua: "Chromium";v="142", "Google Chrome";v="142", "Not_A Brand";v="99"
sec-ch-ua-mobile: ?1
Sec-Fetch-Site: same-origin
Sec-Fetch-Mode: cors
Sec-Fetch-Dest: empty
Accept-Encoding: gzip, deflate, br, zstd
Accept-Language: en-GB,en-US;q=0.9,en;q=0.8

""".replace("\n", "\r\n")

# What comes is read here, so it shall not be packed.
_PLAIN_HEADERS: Final = _HEADERS.replace("gzip, deflate, br, zstd", "identity")


class Place(NamedTuple):
    """An order, and the path of its overview."""

    order_id: int
    path: str


class Shown(NamedTuple):
    """An overview of this order showed this version, then (`time.monotonic`)."""

    order_id: int
    version: int
    at: float


@dataclass(slots=True)
class Page:
    place: Place
    socket: socket.socket
    version: int = 1
    received: bytes = b""
    asked: bool = False
    answered: bool = False


class Pages:
    """All of them, in one thread, for as long as nobody says anything through the pipe."""

    def __init__(self, address: tuple[str, int], places: list[Place], told: Connection) -> None:
        self.pages: list[Page] = []
        self.shown: list[Shown] = []
        self._told = told
        self._selector = selectors.DefaultSelector()
        self._selector.register(told, selectors.EVENT_READ)
        self._unanswered = len(places)
        for place in places:
            page = Page(place, socket.create_connection(address))
            page.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(page.socket, selectors.EVENT_READ, page)
            self.pages.append(page)
            self.begin(page)
            if len(self.pages) % OPENED_AT_ONCE == 0:
                self._look(0)
        self._said = False

    def begin(self, page: Page) -> None: ...

    def tick(self) -> float:
        """Do what is due; returns how many seconds nothing else will be."""
        return 1.0

    def receive(self, page: Page) -> None: ...

    def run(self) -> None:
        """Says True when each page has had an answer, and at the end all that was shown."""
        while not self._told.poll():
            self._look(self.tick())
            if not self._unanswered and not self._said:
                self._said = True
                self._told.send(True)
        self._told.send(self.shown)
        for page in self.pages:
            page.socket.close()

    def show(self, page: Page, version: int) -> None:
        page.version = version
        self.shown.append(Shown(page.place.order_id, version, time.monotonic()))

    def _look(self, seconds: float) -> None:
        for key, _events in self._selector.select(seconds):
            page: Page | None = key.data
            if page is None:
                continue
            more = page.socket.recv(262_144)
            if not more:
                raise ConnectionError("the server closed an overview's connection")
            page.received += more
            self.receive(page)

    def answered(self, page: Page) -> None:
        self._unanswered -= not page.answered
        page.answered = True


class Streams(Pages):
    def begin(self, page: Page) -> None:
        request = f"GET {page.place.path}/stream?since=1&lang=en HTTP/1.1\r\n{_HEADERS}"
        page.socket.sendall(request.encode())

    def receive(self, page: Page) -> None:
        whole, _end, page.received = page.received.rpartition(b"\n\n")
        if b"event: beat" in whole:
            self.answered(page)
        for version in _EVENT_ID.findall(whole):
            self.show(page, int(version))


class Polls(Pages):
    """Each page asks every two seconds, over a connection that it keeps."""

    def __init__(self, address: tuple[str, int], places: list[Place], told: Connection) -> None:
        self._due: list[tuple[float, int]] = []
        super().__init__(address, places, told)

    def begin(self, page: Page) -> None:
        at = time.monotonic() + random.uniform(0, POLL_SECONDS)  # noqa: S311
        heapq.heappush(self._due, (at, len(self.pages) - 1))

    def tick(self) -> float:
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            at, number = heapq.heappop(self._due)
            page = self.pages[number]
            if not page.asked:  # a slow answer is waited for
                page.asked = True
                request = f"GET {page.place.path}/changes?since={page.version} HTTP/1.1\r\n"
                page.socket.sendall((request + _PLAIN_HEADERS).encode())
            heapq.heappush(self._due, (at + POLL_SECONDS, number))
        return max(0.0, self._due[0][0] - now)

    def receive(self, page: Page) -> None:
        head, end, body = page.received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not end or (length and len(body) < int(length[1])):
            return
        page.received, page.asked = b"", False
        self.answered(page)
        shown = _VERSION.search(body)
        if shown:
            self.show(page, int(shown[1]))


class Handle:
    """The process with the pages, seen from outside."""

    def __init__(self, told: Connection) -> None:
        self._told = told

    def end(self) -> list[Shown]:
        self._told.send("end")
        shown: list[Shown] = self._told.recv()
        return shown


@contextmanager
def open_pages(
    kind: type[Pages], address: tuple[str, int], places: list[Place]
) -> Iterator[Handle]:
    """One open page for each place; entered when each of them has had an answer."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=_run, args=(kind, address, places, theirs), daemon=True
    )
    process.start()
    theirs.close()
    try:
        ours.recv()
        yield Handle(ours)
    finally:
        process.terminate()
        process.join()


def _run(
    kind: type[Pages], address: tuple[str, int], places: list[Place], told: Connection
) -> None:
    raise_open_files()
    kind(address, places, told).run()


def raise_open_files() -> None:
    """Each page is an open file."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
