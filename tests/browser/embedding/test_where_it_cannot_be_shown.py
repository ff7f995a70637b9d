"""Where a page of ours can't be shown in somebody's own, people get a normal link instead."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.embedding.around import Around, height
from tests.browser.people import overview_of, ticket
from ticketing.models import Order, Shop


def test_without_javascript(visiting: Callable[..., Page], around: Around, order: Order) -> None:
    page = visiting(java_script_enabled=False)
    page.goto(around.embedding(overview_of(order)))
    page.get_by_role("link", name="Tickets").tap()
    expect(ticket(page, 1)).to_be_visible()


def test_the_script_does_not_load(rough: Page, around: Around, order: Order) -> None:
    url = around.embedding(overview_of(order))
    rough.route("**/embed.js", lambda route: route.abort())
    rough.goto(url)
    rough.get_by_role("link", name="Tickets").tap()
    expect(ticket(rough, 1)).to_be_visible()


@pytest.mark.parametrize("why", ["not listed", "no such link", "no server"])
def test_the_page_does_not_load(rough: Page, around: Around, shop: Shop, why: str) -> None:
    path = {
        "not listed": f"/shop/{builders.make_shop().slug}",
        "no such link": f"/o/{'A' * 36}",
        "no server": f"/shop/{shop.slug}",
    }[why]
    url = around.embedding(path)
    if why == "no server":
        rough.route(f"{around.ours}{path}*", lambda route: route.abort())
    rough.goto(url)
    expect(rough.get_by_role("link", name="Tickets")).to_be_visible()
    expect(rough.locator("passalong-frame iframe")).to_be_hidden()
    assert height(rough) == 0


def test_it_is_no_address(rough: Page, around: Around) -> None:
    script = f'<script async src="{around.ours}/embed.js"></script>'
    for source in ("javascript:alert(1)", "data:text/html,x", "https://", "/", ""):
        body = f'{script}<passalong-frame src="{source}"><a href="/">Tickets</a></passalong-frame>'
        rough.goto(around.page("/", body))
        assert rough.evaluate("!!customElements.get('passalong-frame')")
        expect(rough.get_by_role("link", name="Tickets")).to_be_visible()
        assert rough.locator("passalong-frame iframe").count() == 0
