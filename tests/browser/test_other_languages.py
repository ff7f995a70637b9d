"""Pages in languages that are longer than English, or go from right to left.

Both are made up (tests/translations/pseudo.py). Pictures of them are in `screenshots/`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests import builders
from tests.browser.people import Company, overview_of
from tests.browser.scenes.orders import order_in_every_state
from tests.live_server import LiveServer, running_server
from tests.translations import pseudo
from ticketing import create_app, links
from ticketing.models import Order

SCREENSHOTS = Path(__file__).parent.parent.parent / "screenshots"
PASSWORD = "correct horse battery"
LONG, FROM_RIGHT = "de", "he"
# The innermost of what makes a page wider than it is.
TOO_WIDE = """() => {
  const wide = (e) => { const { left, right } = e.getBoundingClientRect()
    return left < -1 || right > innerWidth + 1 }
  if (document.documentElement.scrollWidth <= innerWidth) return []
  return [...document.querySelectorAll('body *')]
    .filter((e) => e.checkVisibility() && wide(e) && ![...e.children].some(wide))
    .map((e) => e.outerHTML.slice(0, 200))
}"""


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One of its own, which speaks both. None without a browser."""
    words = pseudo.folder(tmp_path_factory.mktemp("words"), **{LONG: False, FROM_RIGHT: True})
    with running_server(
        tmp_path_factory.mktemp("languages"), PASSALONG_TRANSLATIONS=str(words)
    ) as running:
        yield running


@pytest.fixture(scope="module")
def app_of_server(server: LiveServer) -> Flask:
    return create_app({"TESTING": True}, server.settings)


@pytest.mark.parametrize("language", [LONG, FROM_RIGHT])
def test_behind_links_and_in_the_shop(app: Flask, company: Company, language: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    order = order_in_every_state()
    builders.require(order.shop.event, date_of_birth="required", gender="optional")
    overview = overview_of(order)
    shared = order.tickets[1]
    pages = {
        "shop": f"/shop/{order.shop.slug}",
        "overview": overview,
        "share": f"{overview}/tickets/6/share",
        "claim": f"{overview}/tickets/6/claim",
        "visitor": f"/s/{links.share_token(shared, shared.share_generation)}",
        "ticket": f"/t/{links.ticket_token(order.tickets[0])}",
        "reminders": f"/u/{links.unsubscribe_url(order).rpartition('/')[2]}",
        "error": "/o/unknown",
    }
    look(company.phone(locale=language), pages, language)


@pytest.mark.parametrize("language", [LONG, FROM_RIGHT])
def test_in_the_backoffice(app: Flask, company: Company, language: str) -> None:
    order = order_in_every_state()
    page = company.phone(locale=language)
    sign_in(page, order, f"{language}@example.org")
    at = "/backoffice"
    event, shop = order.shop.event_id, order.shop_id
    pages = {
        "orders": f"{at}/orders",
        "order": f"{at}/orders/{order.id}",
        "event": f"{at}/events/{event}",
        "ticket-types": f"{at}/events/{event}/ticket-types",
        "mails": f"{at}/events/{event}/mails",
        "reminders-of-event": f"{at}/events/{event}/reminders",
        "shop-settings": f"{at}/shops/{shop}",
        "import": f"{at}/shops/{shop}/import",
        "outbox": f"{at}/outbox",
        "people": f"{at}/people",
        "account": f"{at}/account",
    }
    look(page, pages, language)


def sign_in(page: Page, order: Order, email: str) -> None:
    builders.make_user(order.shop.organiser, email=email, password=PASSWORD)
    page.goto("/backoffice/sign-in")
    page.locator("#email").fill(email)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    expect(page.locator(".mainnav")).to_be_visible()


def look(page: Page, pages: dict[str, str], language: str) -> None:
    """Nothing sticks out on the narrowest phone, and each page goes in its language's direction."""
    sideways: dict[str, list[str]] = {}
    for name, path in pages.items():
        page.set_viewport_size({"width": 320, "height": 640})
        answer = page.goto(path)
        assert answer is not None
        assert answer.status in {200, 404}, path
        html = page.locator("html")
        expect(html).to_have_attribute("lang", language)
        expect(html).to_have_attribute("dir", "rtl" if language == FROM_RIGHT else "ltr")
        expect(page.locator("h1").first).to_be_visible()
        if found := page.evaluate(TOO_WIDE):
            sideways[name] = found
        page.set_viewport_size({"width": 390, "height": 844})
        page.screenshot(path=SCREENSHOTS / f"{language}-{name}.png", full_page=True)
    assert sideways == {}
