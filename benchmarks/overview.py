"""What an overview of ten tickets and a poll without news cost, against an empty view of Flask.

    uv run python -m benchmarks.overview [--engine postgresql] [--seconds 10]

First in one process and without a network, then on the real server with two workers, asked as
fast as it can (wrk, where it is installed: apt-get install wrk) and at 1,000 requests a second.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

from flask import Flask
from werkzeug.test import EnvironBuilder

from benchmarks import open_loop
from benchmarks.workers import cpu_seconds, workers_of
from tests import builders
from tests.installations import Installations
from tests.live_server import free_port
from ticketing import create_app, links
from ticketing.config import PROJECT, Settings
from ticketing.storing.installation import migrate
from ticketing.web.booker.drawn import Pages

ORDERS = 100
BROWSER = {
    "Accept-Encoding": "gzip, deflate, br",
    "Accept-Language": "en-GB,en;q=0.8",
    "Sec-Fetch-Dest": "document",
}
EMPTY = """
from flask import Flask

app = Flask(__name__)
app.add_url_rule("/o/<token>", view_func=lambda token: "")
"""


def empty_app() -> Flask:
    app = Flask("empty")
    app.add_url_rule("/o/<token>", view_func=lambda token: "")  # noqa: ARG005
    return app


def make_orders() -> list[tuple[str, int]]:
    """(path, version) of orders with ten tickets: claimed, shared and open ones."""
    shop = builders.make_shop()
    found = []
    for _ in range(ORDERS):
        order = builders.make_order(shop, tickets=10)
        for ticket in order.tickets[:3]:
            builders.claim(ticket)
        for ticket in order.tickets[3:6]:
            builders.share(ticket)
        found.append((f"/o/{links.order_token(order)}", order.version))
    return found


def asking(app: Flask, path: str) -> Callable[[], None]:
    """One request to the WSGI app, its answer read to the end."""
    where, _mark, query = path.partition("?")
    environ = EnvironBuilder(
        path=where, query_string=query, headers=[*BROWSER.items()]
    ).get_environ()
    said: list[str] = []

    def start_response(status: str, *_more: Any) -> Callable[[bytes], None]:
        said.append(status)
        return lambda _body: None

    def ask() -> None:
        answer: Any = app(dict(environ), start_response)
        b"".join(answer)
        if hasattr(answer, "close"):
            answer.close()

    ask()
    assert said[0][:3] in {"200", "204"}, said
    return ask


def cost(jobs: dict[str, Callable[[], None]], rounds: int = 15) -> dict[str, float]:
    """Microseconds of processor time each, at best; taken in turns, for the machine varies."""
    best = dict.fromkeys(jobs, float("inf"))
    for _ in range(rounds):
        for name, job in jobs.items():
            times, began = 0, time.process_time()
            while time.process_time() - began < 0.04:
                job()
                times += 1
            best[name] = min(best[name], (time.process_time() - began) / times * 1e6)
    return best


def in_one_process(settings: Settings, path: str, version: int) -> None:
    app, anew = (create_app({"TESTING": True}, settings) for _ in range(2))
    anew.extensions["passalong.pages"] = Pages(most_bytes=0)
    found = cost(
        {
            "empty": asking(empty_app(), path),
            "drawn before": asking(app, path),
            "drawn anew": asking(anew, path),
            "poll": asking(app, f"{path}/changes?since={version}"),
        }
    )
    for what, wanted in (("drawn before", "≤ 8"), ("drawn anew", "–"), ("poll", "≤ 1.5")):
        print(
            f"{what} to an empty view: {found[what]:.0f} µs to {found['empty']:.0f} µs "
            f"= {found[what] / found['empty']:.2f} (wanted {wanted})"
        )


@dataclass(frozen=True)
class Served:
    """Our server with two workers."""

    url: str
    master: int


@contextmanager
def served(app: str, folder: Path, environment: dict[str, str]) -> Iterator[Served]:
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "ticketing/server.py",
            "--pythonpath",
            folder,
            app,
        ],
        cwd=PROJECT,
        env={**os.environ, **environment, "PORT": str(port), "PASSALONG_ACCESS_LOG": "no"},
        stderr=subprocess.DEVNULL,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + 60
        while True:
            try:
                urlopen(f"{url}/healthz", timeout=5).close()  # noqa: S310 - our own
            except OSError as error:
                if getattr(error, "code", None) == 404:
                    break  # the empty app has no such page, and is there
                assert time.monotonic() < until, "the server doesn't start"
                time.sleep(0.1)
            else:
                break
        yield Served(url, process.pid)
    finally:
        process.terminate()
        process.wait(30)


@dataclass(frozen=True)
class Rate:
    """How a server does when it is asked as fast as it goes."""

    a_second: float
    late: str  # in how long 99 % are answered
    processor: float  # microseconds of a worker for each request

    def __str__(self) -> str:
        return (
            f"{self.a_second:,.0f} requests/s (99 % in {self.late}; {self.processor:.0f} µs of a "
            "processor each)"
        )


def rate_by_wrk(server: Served, paths: list[str], seconds: int, folder: Path) -> Rate:
    workers = workers_of(server.master)
    before = cpu_seconds(workers)
    script = folder / "paths.lua"
    listed = ",".join(f'"{path}"' for path in paths)
    given = "".join(f'h["{name}"]="{value}" ' for name, value in BROWSER.items())
    script.write_text(
        f"local p={{{listed}}} local h={{}} {given} local n=0\n"
        'request=function() n=n%#p+1 return wrk.format("GET",p[n],h) end\n'
    )
    said = subprocess.run(
        ["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency", "-s", script, server.url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Non-2xx" not in said, said
    assert "Socket errors" not in said, said
    rate, late = re.search(r"Requests/sec:\s+([\d.]+)", said), re.search(r"99%\s+(\S+)", said)
    assert rate is not None
    assert late is not None
    made = re.search(r"(\d+) requests in", said)
    assert made is not None
    used = (cpu_seconds(workers) - before) / int(made[1]) * 1e6
    return Rate(float(rate[1]), late[1], used)


def on_the_server(
    settings: Settings, orders: list[tuple[str, int]], folder: Path, seconds: int
) -> None:
    paths = [path for path, _version in orders]
    polls = [f"{path}/changes?since={version}" for path, version in orders]
    environment = {
        "PASSALONG_INSTANCE_PATH": str(settings.instance_path),
        "PASSALONG_DATABASE_URL": settings.database_url,
    }
    (folder / "empty_view.py").write_text(EMPTY)
    empty = None
    if shutil.which("wrk"):
        with served("empty_view:app", folder, environment) as server:
            empty = rate_by_wrk(server, paths, seconds, folder)
    with served("app:app", folder, environment) as server:
        at = urlsplit(server.url)
        address = (at.hostname or "", at.port or 0)
        open_loop.ask(address, paths, rate=300, seconds=2, headers=_lines())  # warm
        for what, asked in (("overviews", paths), ("polls", polls)):
            if empty is not None:
                rate = rate_by_wrk(server, asked, seconds, folder)
                print(
                    f"{what}, two workers: {rate}; an empty view {empty}: "
                    f"{rate.a_second / empty.a_second:.2f} times as many"
                )
            paced = open_loop.ask(address, asked, rate=1000, seconds=seconds, headers=_lines())
            print(
                f"{what} at 1,000 requests/s: 50 % in {paced.percentile(0.5):.1f} ms, 99 % in "
                f"{paced.percentile(0.99):.1f} ms, all in {paced.percentile(1):.1f} ms, "
                f"{paced.failed} failed"
            )


def _lines() -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in BROWSER.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--only", choices=["process", "server"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        installations = Installations(folder)
        try:
            settings = installations.fresh(options.engine)
            app = create_app({"TESTING": True}, settings)
            with app.app_context():
                migrate()
                orders = make_orders()
            if options.only != "server":
                in_one_process(settings, *orders[0])
            if options.only != "process":
                on_the_server(settings, orders, folder, options.seconds)
        finally:
            installations.close()


if __name__ == "__main__":
    main()
