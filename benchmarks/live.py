"""Ten thousand open overviews: what they cost, and how soon they show a claim.

    uv run python -m benchmarks.live [--engine postgresql] [--overviews 10000] [--both 1000]

Starts the real server (two workers) with an instance of its own; the pages are a process of
their own on the same machine, the claims are made by a third. First as many streams as asked
for; then both ways, the stream and polling every two seconds, with as many overviews as polling
can keep up with. Each figure is printed beside the one it is compared with.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from flask import Flask

from benchmarks.open_overviews import Handle, Pages, Place, Polls, Shown, Streams, open_pages
from tests import builders
from tests.live_server import LiveServer, running_server
from tests.postgres import running_postgres
from ticketing import create_app, links
from ticketing.extensions import db
from ticketing.models import Ticket

TICKETS: Final = 5  # an order's
A_TICK: Final = os.sysconf("SC_CLK_TCK")
A_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Cost(NamedTuple):
    idle: float  # per cent of one core, both workers together
    kilobytes: float  # a connection
    median: float  # milliseconds
    p99: float


def workers_of(server: LiveServer) -> list[Path]:
    """Their folders in /proc. The master and the companion that delivers mails don't count."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == server.process.pid and b"gunicorn" in (process / "cmdline").read_bytes():
                found.append(process)
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def cpu_seconds(server: LiveServer) -> float:
    stats = [(w / "stat").read_text().rpartition(")")[2].split() for w in workers_of(server)]
    return sum(int(each[11]) + int(each[12]) for each in stats) / A_TICK


def resident_kb(server: LiveServer) -> float:
    return sum(
        int((w / "statm").read_text().split()[1]) * A_PAGE / 1000 for w in workers_of(server)
    )


def idle_cpu(server: LiveServer, seconds: float) -> float:
    """In per cent of one core."""
    before = cpu_seconds(server)
    time.sleep(seconds)
    return (cpu_seconds(server) - before) / seconds * 100


def claim(app: Flask, places: list[Place], count: int, rate: float) -> list[Shown]:
    """Claim tickets of different orders at this rate, whether the last one is shown or not.

    What each committed, and when.
    """
    done = []
    begin = time.monotonic()
    watched = list({place.order_id for place in places})[:count]
    with app.app_context():
        for number, order_id in enumerate(watched):
            ticket = db.session.query(Ticket).filter_by(order_id=order_id, state="open").first()
            assert ticket is not None
            time.sleep(max(0.0, begin + number / rate - time.monotonic()))
            ticket = builders.claim(ticket)
            done.append(Shown(order_id, ticket.version, time.monotonic()))
    return done


def delays(claims: list[Shown], places: list[Place], shown: list[Shown]) -> list[float]:
    """How long until each overview showed each claim of its order; in milliseconds, sorted."""
    first: dict[tuple[int, int], list[float]] = defaultdict(list)
    for order_id, version, at in shown:
        first[order_id, version].append(at)
    open_ones: dict[int, int] = defaultdict(int)
    for place in places:
        open_ones[place.order_id] += 1
    found = []
    for order_id, version, at in claims:
        if len(first[order_id, version]) != open_ones[order_id]:
            raise RuntimeError("an overview never showed a claim")
        found += [(each - at) * 1000 for each in first[order_id, version]]
    return sorted(found)


def measure(
    kind: type[Pages],
    server: LiveServer,
    app: Flask,
    places: list[Place],
    options: argparse.Namespace,
) -> Cost:
    """Open so many, leave them in peace, then claim."""
    at = urlsplit(server.url)
    before = resident_kb(server)
    begin = time.monotonic()
    with open_pages(kind, (at.hostname or "", at.port or 0), places) as pages:
        opened = time.monotonic() - begin
        time.sleep(2)
        idle = idle_cpu(server, options.seconds)
        each = (resident_kb(server) - before) / len(places)
        print(
            f"  {kind.__name__.lower():8} opened in {opened:.1f} s, {each:.1f} kB each, "
            f"idle {idle:.2f} % of a core",
            flush=True,
        )
        found = _delays(pages, app, places, options)
    cost = Cost(idle, each, statistics.median(found), found[int(len(found) * 0.99)])
    print(
        f"  {'':8} shown after {cost.median:.1f} ms (median), {cost.p99:.1f} ms (99 %), "
        f"{found[-1]:.1f} ms (last)",
        flush=True,
    )
    return cost


def _delays(
    pages: Handle, app: Flask, places: list[Place], options: argparse.Namespace
) -> list[float]:
    claims = claim(app, places, options.claims, options.rate)
    time.sleep(10)  # more than any overview takes, on a busy machine as well
    return delays(claims, places, pages.end())


@contextmanager
def installation(engine: str) -> Iterator[tuple[LiveServer, Flask]]:
    with tempfile.TemporaryDirectory() as folder:
        if engine == "sqlite":
            with running_server(Path(folder), PASSALONG_ACCESS_LOG="no") as server:
                yield server, create_app({"TESTING": True}, server.settings)
            return
        with (
            running_postgres() as postgres,
            running_server(
                Path(folder),
                PASSALONG_ACCESS_LOG="no",
                PASSALONG_DATABASE_URL=postgres.create("passalong"),
            ) as server,
        ):
            app = create_app({"TESTING": True}, server.settings)
            yield server, app
            with app.app_context():
                db.engine.dispose()


def make_places(app: Flask, overviews: int, each: int) -> list[Place]:
    """Orders nobody has touched, with so many overviews of each."""
    with app.app_context():
        shop = builders.make_shop()
        orders = [builders.make_order(shop, tickets=TICKETS) for _ in range(overviews // each)]
        found = [Place(order.id, f"/o/{links.order_token(order)}") for order in orders]
    return found * each


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--overviews", type=int, default=10_000, help="0: only the comparison")
    parser.add_argument("--both", type=int, default=1_000, help="0: no comparison with polling")
    parser.add_argument("--each", type=int, default=5, help="overviews of one order")
    parser.add_argument("--seconds", type=float, default=30, help="how long they are left alone")
    parser.add_argument("--claims", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10, help="claims a second")
    options = parser.parse_args()
    with installation(options.engine) as (server, app):
        print(f"{options.engine}, two workers, {os.cpu_count()} cores")
        print(f"nobody: idle {idle_cpu(server, 5):.2f} % of a core", flush=True)
        if options.overviews:
            places = make_places(app, options.overviews, options.each)
            print(f"{len(places)} open overviews", flush=True)
            measure(Streams, server, app, places, options)
        if options.both:
            places = make_places(app, options.both, options.each)
            print(f"{len(places)} open overviews, both ways", flush=True)
            streams = measure(Streams, server, app, places, options)
            polls = measure(Polls, server, app, places, options)
            print(
                f"the stream: {polls.idle / max(streams.idle, 0.01):.0f} times less idle CPU, "
                f"{polls.median / streams.median:.0f} times sooner"
            )


if __name__ == "__main__":
    main()
