"""An open overview tells by itself what happens, whatever became of the line meanwhile."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.out_of_sight import can_be_hidden, hide, show
from tests.browser.people import (
    PHONE,
    Company,
    fill_in,
    is_same_document,
    mark,
    open_share,
    overview_of,
    ticket,
)
from ticketing import history
from ticketing.models import Order
from ticketing.ordering import amending
from ticketing.ordering.arriving import NewTicket

SOON = 20_000  # milliseconds, on a busy machine

# Of the page's own accord, after some seconds.
ASKS_NO_MORE = """() => {
  const soon = setTimeout
  for (let id = soon(String); id; id--) clearTimeout(id)
  window.setTimeout = (call, ms, ...values) => ms < 1000 ? soon(call, ms, ...values) : 0
}"""


def open_overview(page: Page, order: Order) -> None:
    """Open, and its stream with it."""
    with page.expect_response(re.compile("/stream")):
        page.goto(overview_of(order))
    mark(page)


def test_in_every_overview_of_the_order(order_of_five: Order, company: Company) -> None:
    """By the stream, within a second on a machine that isn't busy: see benchmarks/live.py."""
    # Several, so that both of the server's processes have some; the claim is made in a third.
    everywhere = [company.phone() for _ in range(4)]
    for page in everywhere:
        page.route(re.compile("/changes"), lambda route: route.abort())
        open_overview(page, order_of_five)
    builders.claim(order_of_five.tickets[0])
    for page in everywhere:
        expect(ticket(page, 1)).to_contain_text("Ready – Anna V.", timeout=SOON)
        expect(page.get_by_text("1 of 5 personalised")).to_be_visible()
        assert is_same_document(page)


def test_in_every_window_of_one_browser(order_of_five: Order, company: Company) -> None:
    """It opens six connections to one place and no more, and each stream keeps one."""
    browser = company.context(**PHONE)
    windows = [browser.new_page() for _ in range(8)]
    for page in windows:
        page.goto(overview_of(order_of_five))
    builders.claim(order_of_five.tickets[0])
    for page in windows:
        expect(ticket(page, 1)).to_contain_text("Ready – Anna V.", timeout=SOON)


def test_an_overview_of_another_order_hears_nothing(
    order_of_five: Order, booker: Page, visitor: Page
) -> None:
    mine, other = booker, visitor
    open_overview(other, builders.make_order(order_of_five.shop))
    open_overview(mine, order_of_five)
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    builders.claim(order_of_five.tickets[0])
    expect(ticket(mine, 1)).to_contain_text("Ready")
    expect(other.get_by_text("Not assigned")).to_have_count(5)
    assert asked == []


def test_by_asking_where_there_is_no_stream(order_of_five: Order, booker: Page) -> None:
    booker.route(re.compile("/stream"), lambda route: route.abort())
    booker.goto(overview_of(order_of_five))
    mark(booker)
    builders.claim(order_of_five.tickets[0])
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.", timeout=SOON)
    assert is_same_document(booker)


@pytest.fixture
def cut_off(booker: Page) -> Callable[[], None]:
    """Nothing gets through to the overview any more, until `booker.unroute_all()`."""

    def cut() -> None:
        booker.route(re.compile("/(stream|changes)"), lambda route: route.abort())

    return cut


def test_on_coming_back_from_the_background(
    order_of_five: Order, booker: Page, cut_off: Callable[[], None]
) -> None:
    can_be_hidden(booker)
    open_overview(booker, order_of_five)
    cut_off()
    hide(booker)
    builders.claim(order_of_five.tickets[0])
    expect(ticket(booker, 1)).to_contain_text("Not assigned")
    booker.unroute_all()
    with booker.expect_request(re.compile("/changes")):  # at once, whatever the stream does
        show(booker)
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.", timeout=SOON)


def test_on_being_online_again(order_of_five: Order, booker: Page) -> None:
    booker.route(re.compile("/stream"), lambda route: route.abort())
    booker.goto(overview_of(order_of_five))
    booker.context.set_offline(True)
    with booker.expect_event("requestfailed", lambda request: "/changes" in request.url):
        builders.claim(order_of_five.tickets[0])
    expect(ticket(booker, 1)).to_contain_text("Not assigned")
    booker.evaluate(ASKS_NO_MORE)  # only coming online can have it look now
    booker.context.set_offline(False)
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.", timeout=SOON)


def test_what_one_is_doing_goes_on(order_of_five: Order, booker: Page, visitor: Page) -> None:
    link = builders.share(order_of_five.tickets[1])
    open_overview(booker, order_of_five)
    dialog = open_share(booker, 2)
    field = dialog.get_by_label("Email")
    field.fill("half an addr")
    builders.claim(order_of_five.tickets[0])
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.")
    visitor.goto(link)
    expect(ticket(booker, 2)).to_contain_text("Link opened")
    # The very card that the dialog was opened from was drawn anew; the dialog doesn't mind.
    expect(dialog).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("half an addr")
    # Behind a dialog a screen reader hears nothing, so the dialog says it.
    expect(dialog.get_by_text("Ticket 2: Link opened")).to_have_attribute("role", "status")
    booker.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(ticket(booker, 2).get_by_role("button", name="Share again")).to_be_focused()


def test_the_focus_survives_the_button_under_it(order_of_five: Order, booker: Page) -> None:
    open_overview(booker, order_of_five)
    ticket(booker, 1).get_by_role("button", name="Claim").focus()
    builders.claim(order_of_five.tickets[0])
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.")
    expect(ticket(booker, 1).locator(":focus")).to_have_count(1)


def test_screen_readers_are_told(order_of_five: Order, booker: Page) -> None:
    open_overview(booker, order_of_five)
    builders.claim(order_of_five.tickets[2])
    said = booker.get_by_role("status").filter(has_text="Ticket 3: Ready – Anna V.")
    expect(said).to_have_count(1)


def test_tickets_that_are_added_appear_and_work(order_of_five: Order, booker: Page) -> None:
    open_overview(booker, order_of_five)
    ticket(booker, 1).get_by_role("button", name="Claim").focus()
    amending.add_tickets(order_of_five, [NewTicket("friday", external_id="A")], history.SHOP)
    expect(ticket(booker, 6)).to_contain_text("Not assigned")
    expect(ticket(booker, 6)).to_contain_text("Friday")
    expect(booker.get_by_text("0 of 6 personalised")).to_be_visible()
    expect(booker.locator("#ticket-count")).to_have_text("6")
    expect(ticket(booker, 1).get_by_role("button", name="Claim")).to_be_focused()
    dialog = open_share(booker, 6)
    field = dialog.get_by_label("Email")
    field.fill("half an addr")
    amending.add_tickets(order_of_five, [NewTicket("friday", external_id="B")], history.SHOP)
    expect(ticket(booker, 7)).to_contain_text("Not assigned")
    expect(field).to_be_focused()
    expect(field).to_have_value("half an addr")
    booker.keyboard.press("Escape")
    expect(ticket(booker, 6).get_by_role("button", name="Share")).to_be_focused()
    builders.claim(order_of_five.tickets[0])
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.")
    assert is_same_document(booker)


def test_claimed_by_a_visitor_while_the_booker_was_about_to(
    order_of_five: Order, booker: Page, visitor: Page
) -> None:
    link = builders.share(order_of_five.tickets[0])
    open_overview(booker, order_of_five)
    ticket(booker, 1).get_by_role("button", name="Claim").click()
    dialog = booker.get_by_role("dialog")
    dialog.get_by_label("First name").fill("Beatrix")
    visitor.goto(link)
    fill_in(visitor, "Anna", "Visser", "anna@example.org")
    visitor.get_by_role("button", name="Save").click()
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.")
    dialog.get_by_role("button", name="Save").click()
    expect(
        dialog.get_by_role("heading", name="This ticket has already been claimed")
    ).to_be_visible()
    expect(dialog).to_contain_text("Beatrix")
    expect(dialog).not_to_contain_text("anna@example.org")
