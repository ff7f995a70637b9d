"""B9: how soon an open overview shows a claim that somebody else made, in Chromium.

uv run python -m benchmarks.in_sight [--claims 10]
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from playwright.sync_api import BrowserContext, Page, expect

from tests import builders
from tests.browser.chromium import chromium
from tests.browser.out_of_sight import can_be_hidden, hide, show
from tests.browser.people import overview_of, ticket
from tests.live_server import running_server
from ticketing import create_app

Watching = Callable[[BrowserContext], Page]


def by_stream(context: BrowserContext) -> Page:
    context.route(re.compile("/changes"), lambda route: route.abort())
    return context.new_page()


def by_asking(context: BrowserContext) -> Page:
    context.route(re.compile("/stream"), lambda route: route.abort())
    return context.new_page()


def away_meanwhile(context: BrowserContext) -> Page:
    page = context.new_page()
    can_be_hidden(page)
    return page


WAYS: dict[str, tuple[Watching, float]] = {  # with what is wanted, in seconds
    "by the stream": (by_stream, 1),
    "by asking": (by_asking, 5),
    "on coming back to it": (away_meanwhile, 2),
}


def delays(way: Watching, new_context: Callable[[], BrowserContext], claims: int) -> list[float]:
    """Seconds from each claim, or from coming back, until its status is on the page."""
    order = builders.make_order(tickets=claims)
    found = []
    with new_context() as context:
        page = way(context)
        with page.expect_response(re.compile("/changes" if way is by_asking else "/stream")):
            page.goto(overview_of(order))
        for number, each in enumerate(order.tickets, 1):
            if way is away_meanwhile:
                hide(page)
            builders.claim(each)
            started = time.perf_counter()
            if way is away_meanwhile:
                show(page)
            expect(ticket(page, number)).to_contain_text("Ready", timeout=60_000)
            found.append(time.perf_counter() - started)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=10)
    claims = parser.parse_args().claims
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        running_server(Path(folder), PASSALONG_WORKERS="2") as server,
        create_app({}, server.settings).app_context(),
    ):
        for name, (way, wanted) in WAYS.items():
            found = delays(way, lambda: browser.new_context(base_url=server.url), claims)
            print(f"{name}: median {median(found):.2f} s, worst {max(found):.2f} s (≤ {wanted} s)")


if __name__ == "__main__":
    main()
