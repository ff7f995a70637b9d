"""Going back shows what is so by now, and what was typed; never a page as it was once left."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests import builders
from tests.browser.chromium import with_back_cache
from tests.browser.people import PHONE, fill_in, overview_of, read_qr, ticket
from tests.live_server import LiveServer
from ticketing import links
from ticketing.carried import admission, barcodes
from ticketing.models import Order

CODE = "QR code of the ticket"
ELSEWHERE = "/healthz"


@pytest.fixture
def phone(browser: Browser, server: LiveServer) -> Iterator[Page]:
    with (
        with_back_cache(browser) as like_peoples,
        like_peoples.new_context(**PHONE, base_url=server.url, locale="en-GB") as context,
    ):
        yield context.new_page()


def test_to_what_became_of_it(app: Flask, phone: Page, order_of_five: Order) -> None:
    mine = builders.claim(order_of_five.tickets[0])
    phone.goto(f"/t/{links.ticket_token(mine)}")
    phone.evaluate("document.body.dataset.isOld = ''")
    phone.goto(ELSEWHERE)
    renewed = barcodes.text_of(admission.new_barcode(mine, builders.ORGANISER))
    phone.go_back(wait_until="commit")
    expect(phone.locator("body[data-is-old]")).to_have_count(0)
    assert read_qr(phone.get_by_role("img", name=CODE)) == renewed

    phone.goto(overview_of(order_of_five))
    expect(ticket(phone, 2)).to_contain_text("Not assigned")
    phone.goto(ELSEWHERE)
    builders.claim(order_of_five.tickets[1], first_name="Bob")
    phone.go_back(wait_until="commit")
    expect(ticket(phone, 2)).to_contain_text("Ready – Bob")


def test_to_a_form_that_was_begun_and_to_one_that_was_sent(
    app: Flask, phone: Page, order_of_five: Order
) -> None:
    link = builders.share(order_of_five.tickets[0])
    phone.goto(link)
    fill_in(phone, "Anna", "Visser", "anna@example.org")
    phone.goto(ELSEWHERE)
    phone.go_back(wait_until="commit")
    expect(phone.get_by_label("First name")).to_have_value("Anna")
    phone.get_by_role("button", name="Save").tap()
    expect(phone.get_by_role("heading", name="Anna Visser")).to_be_visible()
    phone.go_back(wait_until="commit")
    expect(phone.get_by_text("This ticket has already been claimed")).to_be_visible()
    expect(phone.get_by_label("First name")).to_have_count(0)
