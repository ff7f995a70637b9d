"""What a first view weighs, and that htmx, which comes later on an overview, is never missed.

Sizes are those on the wire over plain HTTP, headers included, where browsers take no brotli.
"""

import re
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests import builders
from tests.browser.people import overview_of, ticket
from ticketing.models import Order

HTMX = re.compile(r"/htmx-[\d.]+\.min\.js")
IN_KB, IN_KIB = 1000, 1024


@dataclass
class Loaded:
    """All that a page asked the server for."""

    requests: list[Request] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        return [request.url.partition("?")[0].rpartition("/")[2] for request in self.requests]

    @property
    def bytes(self) -> int:
        sizes = [request.sizes() for request in self.requests]
        return sum(each["responseHeadersSize"] + each["responseBodySize"] for each in sizes)


def load(page: Page, url: str) -> Loaded:
    """Look at a page for a moment, as somebody who only looks."""
    loaded = Loaded()
    page.on("requestfinished", lambda request: loaded.requests.append(request))
    page.goto(url, wait_until="load")
    page.wait_for_timeout(500)
    return loaded


def test_an_overview_of_ten_tickets(booker: Page, order_of_five: Order) -> None:
    order = builders.make_order(order_of_five.shop, tickets=10)
    builders.claim(order.tickets[0])
    loaded = load(booker, overview_of(order))
    assert loaded.bytes <= 25 * IN_KB, loaded.paths
    assert len(loaded.requests) <= 5, loaded.paths
    assert not any(HTMX.search(request.url) for request in loaded.requests)
    ticket(booker, 2).get_by_role("button", name="Share").tap()
    expect(booker.get_by_role("dialog")).to_be_visible()
    assert loaded.bytes <= 45 * IN_KIB, "with htmx and the first dialog"


def test_a_visitors_form_and_ticket(visitor: Page, order_of_five: Order) -> None:
    link = builders.share(order_of_five.tickets[0])
    assert load(visitor, link).bytes <= 35 * IN_KIB


@pytest.fixture
def slow(booker: Page) -> list[Route]:
    """htmx is on its way for as long as the test wants."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    booker.route(HTMX, hold)
    return waiting


def let_go(page: Page, slow: list[Route]) -> None:
    while not slow:  # asked for by now or in a moment
        page.wait_for_timeout(20)
    slow.pop().continue_()


@pytest.mark.parametrize("taps", [1, 2])
def test_a_tap_before_htmx_is_there_counts_once(
    booker: Page, order_of_five: Order, slow: list[Route], taps: int
) -> None:
    booker.goto(overview_of(order_of_five))
    asked: list[str] = []
    booker.on("request", lambda request: asked.append(request.url))
    for _ in range(taps):
        ticket(booker, 1).get_by_role("button", name="Claim").tap()
    assert not any("/claim" in url for url in asked)
    let_go(booker, slow)
    expect(booker.get_by_role("dialog")).to_contain_text("This one is mine")
    assert sum("/claim" in url for url in asked) == 1


def test_a_form_sent_before_htmx_is_there_is_sent_once(
    booker: Page, order_of_five: Order, slow: list[Route]
) -> None:
    builders.share(order_of_five.tickets[0])
    booker.goto(overview_of(order_of_five))
    ticket(booker, 1).get_by_role("button", name="Recall").tap()
    expect(ticket(booker, 1)).to_contain_text("Link shared")
    let_go(booker, slow)
    expect(ticket(booker, 1)).to_contain_text("Not assigned")
    expect(ticket(booker, 1).locator(":focus")).to_have_count(1)
    assert "/recall" not in booker.url


def test_news_before_htmx_is_there_is_swapped_in_after(
    booker: Page, order_of_five: Order, slow: list[Route]
) -> None:
    booker.goto(overview_of(order_of_five))
    builders.claim(order_of_five.tickets[0], first_name="Anna")
    let_go(booker, slow)
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna")
    builders.claim(order_of_five.tickets[1], first_name="Bob")
    expect(ticket(booker, 2)).to_contain_text("Ready – Bob")


def test_without_it_a_button_leads_to_its_page(booker: Page, order_of_five: Order) -> None:
    booker.route(HTMX, lambda route: route.abort())
    booker.goto(overview_of(order_of_five))
    ticket(booker, 1).get_by_role("button", name="Claim").tap()
    booker.wait_for_url(re.compile(r"/claim\??$"))
    expect(booker.get_by_role("heading", name="Claim ticket 1")).to_be_visible()


def test_offline_it_says_so_and_goes_on_later(booker: Page, order_of_five: Order) -> None:
    booker.goto(overview_of(order_of_five))
    booker.context.set_offline(True)
    ticket(booker, 1).get_by_role("button", name="Claim").tap()
    expect(booker.get_by_text("Are you connected?")).to_be_visible()
    booker.context.set_offline(False)
    booker.get_by_role("button", name="Try again").tap()
    expect(booker.get_by_role("dialog")).to_contain_text("This one is mine")
