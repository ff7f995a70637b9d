"""The customer's order page and ticket, beside those of a pretix from PyPI, in one run.

    uv run python -m benchmarks.against_pretix [--folder ../pretix]

pretix is installed into an environment of its own, in the folder; the folder may be kept, for its
first migration takes minutes. Both on SQLite and gunicorn with two processes, as in production: no
debugging, templates cached, pretix with Redis for its cache and sessions where `redis-server` is
installed. The same order in both: all tickets named and paid, so that each can be downloaded.

Bytes are counted as a browser receives them that has been to neither: what the server leaves
unpacked is counted as its proxy would pack it (gzip), for pretix's static files as well.
"""

import argparse
import gzip
import itertools
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Route

from benchmarks.processes import spent
from benchmarks.servers import serving
from tests import builders, clients
from tests.browser.chromium import chromium
from tests.live_server import LiveServer
from tests.pretix.real import Pretix, name, running_pretix
from ticketing import create_app, links
from ticketing.extensions import db
from ticketing.models import Shop

SECONDS = 5.0
WARM_UP = 12  # requests at once, so that every process has seen the page
MANY, ONE, OTHERS = 10, 1, 8  # tickets of the orders; the others' are drawn before it counts
TEXTS = {".css", ".js", ".svg", ".json", ".html"}


@dataclass(frozen=True)
class Side:
    """One of the two: pages of an order of many tickets and of one, and paths of PDFs.

    `others` are of another order, to be drawn first, so that every process has drawn some.
    """

    name: str
    url: str
    many: str
    one: str
    tickets: list[str]
    others: list[str]
    files: Path | None = None  # what a proxy would serve under /static/

    @property
    def address(self) -> tuple[str, int]:
        at = urlsplit(self.url)
        return at.hostname or "", at.port or 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, help="where pretix's data stay")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        python = _with_pretix(folder.resolve())
        browser = stack.enter_context(chromium())
        pretix = stack.enter_context(_pretix(folder.resolve(), python))
        server = stack.enter_context(serving("sqlite"))
        theirs, ours = _of_pretix(pretix, python), _of_passalong(server)
        for what, path in (("an order of ten", "many"), ("an order of one", "one")):
            print(f"{what}:")
            for side in (theirs, ours):
                page(side, getattr(side, path))
        print("an order of ten, with all that the page needs:")
        for side in (theirs, ours):
            whole_page(browser, side)
        print("a ticket as PDF:")
        for side in (theirs, ours):
            tickets(side)


def _with_pretix(folder: Path) -> Path:
    """The Python of an environment that has it, made now if there is none."""
    python = folder / "venv" / "bin" / "python"
    if not python.exists():
        ours = f"{sys.version_info.major}.{sys.version_info.minor}"
        for command in (
            ["venv", "--python", ours, str(python.parents[1])],
            ["pip", "install", "--python", str(python), "pretix", "gunicorn"],
        ):
            subprocess.run(["uv", "--quiet", *command], check=True)
    return python


@contextmanager
def _pretix(folder: Path, python: Path) -> Iterator[Pretix]:
    tickets = Path(__file__).with_name("pretix_tickets.py")
    with (
        _redis(folder) as more,
        running_pretix(folder / "it", python, workers=2, more=more, then=[tickets]) as found,
    ):
        yield found


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    """What pretix's configuration says of it."""
    program = shutil.which("redis-server")
    if program is None:
        print("(no redis-server: pretix does without a cache)")
        yield ""
        return
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            time.sleep(0.01)
        yield f"[redis]\nlocation=unix://{socket}?db=1\nsessions=true\n"
    finally:
        process.terminate()
        process.wait(10)


def _of_pretix(pretix: Pretix, python: Path) -> Side:
    many, one, others = (
        pretix.order(
            *[
                pretix.friday(attendee_name_parts=name("Anna", f"Visser {number}"))
                for number in range(count)
            ]
        )
        for count in (MANY, ONE, OTHERS)
    )
    found = subprocess.run(
        [python, "-c", "import pretix; print(pretix.__path__[0])"],
        check=True,
        capture_output=True,
        text=True,
    )
    return Side(
        f"pretix {pretix.version}",
        pretix.url,
        urlsplit(many["url"]).path,
        urlsplit(one["url"]).path,
        _pretix_tickets(many),
        _pretix_tickets(others),
        Path(found.stdout.strip()) / "static.dist",
    )


def _pretix_tickets(order: dict[str, Any]) -> list[str]:
    path = urlsplit(order["url"]).path
    return [f"{path}download/{each['id']}/pdf" for each in order["positions"]]


def _of_passalong(server: LiveServer) -> Side:
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        shop = db.session.query(Shop).first()
        orders = [builders.make_order(shop, tickets=count) for count in (MANY, ONE, OTHERS)]
        for order in orders:
            for number, ticket in enumerate(list(order.tickets)):
                builders.claim(ticket, last_name=f"Visser {number}")
        many, one, _others = (f"/o/{links.order_token(order)}" for order in orders)
        tickets, _one, others = (
            [f"/t/{links.ticket_token(each)}/ticket.pdf" for each in order.tickets]
            for order in orders
        )
        db.session.remove()
        db.engine.dispose()
    return Side("Passalong", server.url, many, one, tickets, others)


def page(side: Side, path: str) -> None:
    """What the page costs the server, once it is warm, and how large it is."""
    request = clients.get(path, {"Accept-Language": "en"})
    clients.ask(side.address, *[[request] * 4] * WARM_UP)
    with spent() as cost:
        asking = clients.for_seconds(SECONDS, itertools.repeat(request))
        (answers,) = clients.ask(side.address, asking)
    assert {each.status for each in answers} == {200}
    html = answers[0].body
    print(
        f"  {side.name}: {cost.servers / len(answers) * 1000:.2f} ms of the server's processor "
        f"time; {clients.waits(answers)}; {len(html):,} bytes, {len(gzip.compress(html)):,} packed"
    )


def whole_page(browser: Browser, side: Side) -> None:
    received: list[int] = []

    def count(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if side.files is not None and path.startswith("/static/"):
            body = (side.files / path.removeprefix("/static/")).read_bytes()
            received.append(_packed(path, body))
            route.fulfill(body=body, content_type=_kind(path))
            return
        if route.request.resource_type != "eventsource":  # it has no end, and next to no bytes
            received.append(len(_fetched(route.request.url)))
        route.continue_()

    context = browser.new_context(locale="en")
    shown = context.new_page()
    shown.route("**/*", count)
    shown.goto(side.url + side.many, wait_until="load")
    shown.wait_for_timeout(2000)
    context.close()
    print(f"  {side.name}: {len(received)} requests, {sum(received):,} bytes")


def _fetched(url: str) -> bytes:
    """As it comes over the wire; packed, if the server leaves that to its proxy."""
    asked = Request(url, headers={"Accept-Encoding": "gzip", "Accept-Language": "en"})  # noqa: S310 - our own
    with urlopen(asked, timeout=60) as answer:  # noqa: S310
        body: bytes = answer.read()
        text = answer.headers.get_content_type().startswith("text/")
        return gzip.compress(body) if text and not answer.headers["Content-Encoding"] else body


def _packed(path: str, body: bytes) -> int:
    return len(gzip.compress(body)) if Path(path).suffix in TEXTS else len(body)


def _kind(path: str) -> str:
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
    return kinds.get(Path(path).suffix, "application/octet-stream")


def tickets(side: Side) -> None:
    """Made for the first time, one after the other; then the same ones once more."""
    for path in side.others:
        _downloaded(side, path)
    for what in ("made", "once more"):
        with spent() as cost:
            began = time.perf_counter()
            sizes = [_downloaded(side, path) for path in side.tickets]
            took = (time.perf_counter() - began) / len(sizes) * 1000
        print(
            f"  {side.name}, {what}: {took:.1f} ms, of which "
            f"{cost.servers / len(sizes) * 1000:.1f} ms of the servers' processor time; "
            f"{sum(sizes) // len(sizes):,} bytes"
        )


def _downloaded(side: Side, path: str) -> int:
    """pretix answers with the way to a file as soon as that is there."""
    while True:
        ((answer,),) = clients.ask(side.address, [clients.get(path)])
        if answer.status == 200:
            assert answer.body.startswith(b"%PDF")
            return len(answer.body)
        assert answer.status == 302, answer.head
        path = urlsplit(answer.location).path


if __name__ == "__main__":
    main()
