"""How soon an open overview shows a claim, and what waiting costs: the stream against polling.

    uv run python -m benchmarks.live [--overviews 300] [--seconds 20] [--claims 60]

Starts the real server (two workers) with an instance of its own. Both ways run in the same run,
on the same server, with the same number of open overviews; the client shares the machine.
"""

import argparse
import heapq
import os
import random
import re
import selectors
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from tests import builders
from tests.live_server import LiveServer, running_server
from ticketing import create_app, links
from ticketing.extensions import db
from ticketing.models import Order, Ticket

POLL_SECONDS = 2.0
TICK = os.sysconf("SC_CLK_TCK")
EVENT_ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)


@dataclass
class Overview:
    """An open page: its order's path, the version it shows, when it showed each."""

    path: str
    order_id: int
    socket: socket.socket
    version: int = 1
    shown: dict[int, float] = field(default_factory=dict)
    received: bytes = b""
    asked: bool = False
    answered: bool = False

    def show(self, version: int) -> None:
        self.version = version
        self.shown[version] = time.perf_counter()


class Pages(threading.Thread):
    """Many open overviews in one thread; subclasses say how they learn of changes."""

    def __init__(self, address: tuple[str, int], orders: list[tuple[int, str]], count: int) -> None:
        super().__init__(daemon=True)
        self.overviews: list[Overview] = []
        self.ended = False
        self._selector = selectors.DefaultSelector()
        for number in range(count):
            order_id, path = orders[number % len(orders)]
            page = Overview(path, order_id, socket.create_connection(address))
            page.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._selector.register(page.socket, selectors.EVENT_READ, page)
            self.overviews.append(page)
            self.begin(page)

    def begin(self, page: Overview) -> None: ...

    def tick(self) -> float:
        return 0.2

    def receive(self, page: Overview) -> None: ...

    def run(self) -> None:
        while not self.ended:
            for key, _events in self._selector.select(self.tick()):
                page: Overview = key.data
                page.received += page.socket.recv(262_144)
                self.receive(page)

    def end(self) -> None:
        self.ended = True
        self.join()
        for page in self.overviews:
            page.socket.close()


class Streams(Pages):
    def begin(self, page: Overview) -> None:
        page.socket.sendall(
            f"GET {page.path}/stream?since=1 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        )

    def receive(self, page: Overview) -> None:
        page.answered = True
        whole, _end, page.received = page.received.rpartition(b"\n\n")
        for version in EVENT_ID.findall(whole):
            page.show(int(version))


class Polls(Pages):
    """Each page asks every two seconds, over a connection that it keeps."""

    _due: list[tuple[float, int]]

    def begin(self, page: Overview) -> None:
        self._due = getattr(self, "_due", [])
        wait = random.uniform(0, POLL_SECONDS)  # noqa: S311
        heapq.heappush(self._due, (time.perf_counter() + wait, len(self.overviews) - 1))

    def tick(self) -> float:
        now = time.perf_counter()
        while self._due and self._due[0][0] <= now:
            at, number = heapq.heappop(self._due)
            page = self.overviews[number]
            if not page.asked:
                page.asked = True
                page.socket.sendall(
                    f"GET {page.path}/changes?since={page.version} HTTP/1.1\r\n"
                    "Host: localhost\r\n\r\n".encode()
                )
            heapq.heappush(self._due, (at + POLL_SECONDS, number))
        return max(0.0, self._due[0][0] - now)

    def receive(self, page: Overview) -> None:
        head, end, body = page.received.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        if not end or (length and len(body) < int(length[1])):
            return
        page.received, page.asked, page.answered = b"", False, True
        shown = re.search(rb'data-version="(\d+)"', body)
        if shown:
            page.show(int(shown[1]))


def processes_of(server: LiveServer) -> list[Path]:
    """The workers; their PDF processes and the master do nothing here."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == server.process.pid:
            found.append(stat.parent)
    return found


def cpu_seconds(server: LiveServer) -> float:
    fields = [(p / "stat").read_text().rpartition(")")[2].split() for p in processes_of(server)]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICK


def memory_kb(server: LiveServer) -> int:
    texts = [(p / "smaps_rollup").read_text() for p in processes_of(server)]
    return sum(int(line.split()[1]) for t in texts for line in t.splitlines() if "Pss:" in line)


def idle_cpu(server: LiveServer, seconds: float) -> float:
    """In per cent of one core."""
    before = cpu_seconds(server)
    time.sleep(seconds)
    return (cpu_seconds(server) - before) / seconds * 100


def delays(app: Flask, pages: Pages, claims: int) -> list[float]:
    """Claim tickets one after the other; how long until each open overview shows it."""
    found = []
    with app.app_context():
        tickets = list(db.session.query(Ticket).filter_by(state="open").limit(claims))
        for ticket in tickets:
            builders.claim(ticket)
            done = time.perf_counter()
            version = ticket.order.version
            watching = [page for page in pages.overviews if page.order_id == ticket.order_id]
            until = done + 4 * POLL_SECONDS
            while not all(page.version >= version for page in watching):
                if time.perf_counter() > until:
                    raise RuntimeError("an overview never showed the claim")
                time.sleep(0.005)
            found += [min(at for v, at in p.shown.items() if v >= version) - done for p in watching]
    return found


def measure(
    name: str,
    server: LiveServer,
    app: Flask,
    make: Callable[[], Pages],
    options: argparse.Namespace,
) -> tuple[float, float]:
    """Prints one line; returns the idle CPU and the median delay in milliseconds."""
    empty = memory_kb(server)
    pages = make()
    pages.start()
    try:
        while not all(page.answered for page in pages.overviews):
            time.sleep(0.1)
        time.sleep(2)
        cpu = idle_cpu(server, options.seconds)
        each = (memory_kb(server) - empty) / options.overviews
        found = sorted(each * 1000 for each in delays(app, pages, options.claims))
    finally:
        pages.end()
    median, p99 = statistics.median(found), found[int(len(found) * 0.99)]
    print(
        f"{name:8} idle CPU {cpu:6.2f} % of a core, {each:5.1f} kB a connection, "
        f"shown after {median:7.1f} ms (median), {p99:7.1f} ms (99 %)"
    )
    time.sleep(2)
    return cpu, median


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--overviews", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--claims", type=int, default=60)
    parser.add_argument("--stream-only", action="store_true", help="for numbers beyond polling")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder), PASSALONG_ACCESS_LOG="no") as server,
    ):
        app = create_app({"TESTING": True}, server.settings)
        with app.app_context():
            shop = builders.make_shop()
            made: list[Order] = [
                builders.make_order(shop, tickets=5)
                for _ in range(max(60, options.overviews // 10))
            ]
            orders = [(order.id, f"/o/{links.order_token(order)}") for order in made]
        at = urlsplit(server.url)
        address = (at.hostname or "", at.port or 0)
        nobody = idle_cpu(server, 5)
        print(f"{options.overviews} open overviews of {len(orders)} orders, two workers")
        print(f"nobody   idle CPU {nobody:6.2f} % of a core")
        streams = measure(
            "stream", server, app, lambda: Streams(address, orders, options.overviews), options
        )
        if options.stream_only:
            return
        polls = measure(
            "polling", server, app, lambda: Polls(address, orders, options.overviews), options
        )
        print(
            f"the stream: {polls[0] / max(streams[0], 0.01):.0f} times less idle CPU, "
            f"{polls[1] / streams[1]:.0f} times sooner"
        )


if __name__ == "__main__":
    main()
