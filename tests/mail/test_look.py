"""Every mail in a real browser, as narrow as a phone and as wide as a desk, light and dark.

Screenshots are written to `screenshots/mails`, for people to look at.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser

from tests import builders
from tests.browser.chromium import chromium
from tests.mail.test_ticket_mail import edit
from ticketing import cancelling, history, personalisation, sending, sharing
from ticketing.config import PROJECT
from ticketing.mailing import defaults, mails
from ticketing.models import Order, Shop, now
from ticketing.ordering.orders import Line
from ticketing.storing.transactions import write

SCREENSHOTS = PROJECT / "screenshots" / "mails"
AXE = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],
}
WIDTHS = (320, 390, 700)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def every_mail(shop: Shop) -> dict[str, str]:
    """The HTML of each kind of mail, from an order that went through all of it."""
    order = builders.make_order(
        shop, lines=[Line("weekend", 3), Line("friday", 1), Line("parking", 1)]
    )
    first, second, *_rest = order.tickets
    builders.claim(first)
    sharing.share_by_email(
        second,
        sharing.next_generation(second),
        "bob@example.org",
        history.booker(order),
        locale="en",
        asked_from="",
    )
    sending.resend_order(order, builders.ORGANISER)
    found = composed(order)
    edit(first, first_name="Anneke")
    found["edited"] = composed(order)["ticket"]
    personalisation.reopen(
        order, {each.id: each.revision for each in (first, second)}, "", builders.ORGANISER
    )
    found["reopened"] = composed(order)["reopened"]
    cancelling.cancel_order(order, builders.ORGANISER)
    found["cancelled"] = composed(order)["cancelled"]
    return found


def composed(order: Order) -> dict[str, str]:
    found = {}
    for mail in builders.mails_of(order):
        try:
            found[mail.kind] = mails.compose(mail, attach=False).html
        except mails.Withdrawn:
            continue
    return found


OWN = {
    "subject": "Bis bald bei {event}!",
    "message": "Hallo {first_name}!\nDas ist eine Zeile: https://example.org/"
    + "weg/" * 30
    + "\n\n"
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenfabrik",
    "button": "Jetzt alle Karten ansehen und gleich an alle Freunde verteilen",
}
SHOPS: dict[str, dict[str, Any]] = {
    "plain": {},
    "pale": {"colour": "#ffe45e", "download_enabled": False},
    "dark": {"colour": "#101010", "organiser_name": "Donaudampfschifffahrtsgesellschaft" * 4},
}


@pytest.mark.engine("sqlite")  # a mail looks alike on either
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", SHOPS)
def test_it_fits_and_can_be_read(app: Flask, browser: Browser, kind: str, scheme: str) -> None:
    shop = builders.make_shop(
        personalisation_deadline=now() + dt.timedelta(days=100), **SHOPS[kind]
    )
    if kind == "dark":
        with write():
            shop.event.name = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsfest"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    found = every_mail(shop)
    assert len(found) == 7
    if kind == "plain":
        for other in defaults.WORDINGS:
            found.setdefault(other, mails.preview(shop.event, other, "en", {}).html)
        found["own_words"] = mails.preview(shop.event, "confirmation", "en", OWN).html
    context = browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    for name, html in found.items():
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            page.set_content(html)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            if kind == "plain":
                page.screenshot(path=SCREENSHOTS / f"{name}-{scheme}-{width}.png", full_page=True)
        results = Axe().run(page, options=AXE)
        assert results.violations_count == 0, results.generate_report()
        assert page.locator("body").evaluate("b => getComputedStyle(b).backgroundColor") == (
            "rgb(247, 243, 238)" if scheme == "light" else "rgb(23, 19, 27)"
        )
    assert requests == []  # nothing is fetched from anywhere
    context.close()
