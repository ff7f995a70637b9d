"""A ticket that was opened once opens again without a network; nothing else does."""

import datetime as dt

import pytest
from flask import Flask
from playwright.sync_api import Error, Page, expect

from tests import builders
from tests.browser.keeping import kept, wait_until, wait_until_kept
from tests.browser.people import Company, overview_of, read_qr
from ticketing import links, personalisation
from ticketing.carried import admission, barcodes
from ticketing.models import Order, Ticket
from ticketing.storing.transactions import write

COPY = "Shown without a network, as of"
CODE = "QR code of the ticket"
GONE = "This link is no longer valid"
LOSE_STYLES = """async (path) => {
  const cache = await caches.open(path)
  for (const file of await cache.keys()) if (/[.]css/.test(file.url)) await cache.delete(file)
}"""


@pytest.fixture
def mine(order_of_five: Order) -> Ticket:
    return builders.claim(order_of_five.tickets[0])


def page_of(ticket: Ticket) -> str:
    return f"/t/{links.ticket_token(ticket)}"


def lose_the_network(page: Page) -> None:
    """What is shown from then on is the copy, which says so."""
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_text(COPY)).to_be_visible()


def cannot_open(page: Page, path: str) -> None:
    with pytest.raises(Error, match=r"net::ERR_(INTERNET_DISCONNECTED|FAILED)"):
        page.context.new_page().goto(path)


def test_it_opens_again_without_a_network(visitor: Page, mine: Ticket) -> None:
    path = page_of(mine)
    visitor.goto(f"{path}?lang=nl")
    wait_until_kept(visitor, path)
    expect(visitor.get_by_text("Offline getoond")).to_have_count(0)
    visitor.context.set_offline(True)
    another = visitor.context.new_page()
    another.goto(path)  # another tab, from a message: in the language that it was seen in
    expect(another.get_by_text("Offline getoond")).to_be_visible()
    assert read_qr(another.locator("figure.qr svg")) == barcodes.text_of(mine)
    expect(another.get_by_role("heading", name="Anna Visser")).to_be_visible()
    card = another.locator(".pass").evaluate("e => getComputedStyle(e).borderRadius")
    assert card != "0px", "with its styles"
    another.context.set_offline(False)  # it looks by itself, and is up to date
    expect(another.get_by_text("Offline getoond")).to_have_count(0)


def test_without_its_styles_its_code_is_read_all_the_same(company: Company, mine: Ticket) -> None:
    """They didn't come while there was a network. A camera needs white around it."""
    phone, path = company.phone(color_scheme="dark"), page_of(mine)
    phone.goto(path)
    wait_until(phone, lambda found: sum(each.endswith(".css") for each in found.get(path, ())) > 2)
    phone.evaluate(LOSE_STYLES, path)
    lose_the_network(phone)
    assert phone.locator(".pass").evaluate("e => getComputedStyle(e).borderRadius") == "0px"
    assert read_qr(phone.get_by_role("img", name=CODE)) == barcodes.text_of(mine)


def test_nothing_but_the_ticket_is_kept(company: Company, order_of_five: Order) -> None:
    first, second = (builders.claim(each) for each in order_of_five.tickets[:2])
    phone = company.phone()
    others = [
        overview_of(order_of_five),
        f"/shop/{order_of_five.shop.slug}",
        builders.share(order_of_five.tickets[2]),
    ]
    phone.goto(page_of(first))
    wait_until_kept(phone, page_of(first))
    for other in others:
        phone.goto(other)
    phone.goto(page_of(second))
    wait_until_kept(phone, page_of(first), page_of(second))
    for page, held in kept(phone).items():
        held.remove(page)
        assert held
        assert all(each.startswith(("/static/", "/brand/")) for each in held), held
    phone.context.set_offline(True)
    phone.goto(page_of(first))
    expect(phone.get_by_text(COPY)).to_be_visible()
    for path in (*others, f"{page_of(first)}/ticket.pdf"):
        cannot_open(phone, path)


def test_what_was_withdrawn_is_kept_no_longer(
    app: Flask, company: Company, order_of_five: Order
) -> None:
    first, second = (builders.claim(each) for each in order_of_five.tickets[:2])
    phone, former = company.phone(), page_of(first)
    phone.goto(former)
    wait_until_kept(phone, former)
    phone.goto(page_of(second))
    wait_until_kept(phone, former, page_of(second))
    personalisation.reopen(
        order_of_five, {first.id: first.revision}, "Names were mixed up", builders.ORGANISER
    )
    phone.goto(former)
    expect(phone.get_by_role("heading", name=GONE)).to_be_visible()
    wait_until_kept(phone, page_of(second))
    phone.context.set_offline(True)
    cannot_open(phone, former)


def test_a_copy_looks_what_became_of_it_as_soon_as_it_can(
    app: Flask, visitor: Page, order_of_five: Order, mine: Ticket
) -> None:
    path = page_of(mine)
    visitor.goto(path)
    wait_until_kept(visitor, path)
    lose_the_network(visitor)
    renewed = barcodes.text_of(admission.new_barcode(mine, builders.ORGANISER))
    visitor.context.set_offline(False)
    expect(visitor.get_by_text(COPY)).to_have_count(0)
    assert read_qr(visitor.get_by_role("img", name=CODE)) == renewed

    visitor.context.set_offline(True)
    visitor.reload()
    expect(visitor.get_by_text(COPY)).to_be_in_viewport()
    assert read_qr(visitor.get_by_role("img", name=CODE)) == renewed
    personalisation.reopen(
        order_of_five, {mine.id: mine.revision}, "Names were mixed up", builders.ORGANISER
    )
    visitor.context.set_offline(False)
    expect(visitor.get_by_role("heading", name=GONE)).to_be_visible()
    wait_until_kept(visitor)


def test_a_copy_that_is_right_stays_with_what_is_being_filled_in(
    app: Flask, visitor: Page, mine: Ticket
) -> None:
    """Tokens and the time differ from answer to answer; they are no news."""
    builders.ask(mine.order.shop.event, "Your team?", need="required")
    path = page_of(mine)
    visitor.goto(path)
    wait_until_kept(visitor, path)
    lose_the_network(visitor)
    visitor.evaluate("window.isTheSame = true")
    visitor.context.set_offline(False)
    expect(visitor.get_by_text(COPY)).to_have_count(0)
    assert visitor.evaluate("window.isTheSame") is True

    lose_the_network(visitor)
    visitor.get_by_label("Your team?").fill("Blue")
    visitor.context.set_offline(False)
    expect(visitor.get_by_text(COPY)).to_have_count(0)
    expect(visitor.get_by_label("Your team?")).to_have_value("Blue")
    visitor.get_by_role("button", name="Save").click()
    expect(visitor.get_by_text("Your ticket is complete")).to_be_visible()


def test_a_copy_is_kept_for_a_week_after_the_event(app: Flask, visitor: Page, mine: Ticket) -> None:
    event = mine.order.shop.event
    for end, until in {
        dt.datetime(2031, 5, 24, 22, tzinfo=dt.UTC): "2031-05-31T22:00:00+00:00",
        None: "2031-05-29T18:00:00+00:00",  # it counts as over after a day
    }.items():
        with write():
            event.starts_at, event.ends_at = dt.datetime(2031, 5, 21, 18, tzinfo=dt.UTC), end
        visitor.goto(page_of(mine))
        expect(visitor.locator("#kept")).to_have_attribute("data-until", until)
