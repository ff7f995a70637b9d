"""The organiser at the desk, and with a phone at the festival: find an order, act on it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import (
    PASSWORD,
    Company,
    at_the_door,
    choose,
    fill_in,
    overview_of,
    sign_in,
    ticket,
)
from tests.smtp import SmtpServer
from ticketing import personalisation
from ticketing.carried import barcodes
from ticketing.models import Order
from ticketing.words import languages


@pytest.fixture
def order(order_of_five: Order) -> Order:
    """Its first ticket is Anna's, its second Bob's."""
    builders.claim(order_of_five.tickets[0])
    builders.claim(order_of_five.tickets[1], **builders.BOB)
    return order_of_five


def open_order(page: Page, order: Order) -> None:
    sign_in(page, order.shop.organiser, f"olga-{order.id}@example.org")
    page.get_by_role("link", name=order.code).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Order {order.code}")


def test_a_wrong_password_keeps_the_address(organiser: Page, order: Order) -> None:
    builders.make_user(order.shop.organiser, email="late@example.org", password=PASSWORD)
    organiser.goto(f"/backoffice/orders/{order.id}")
    organiser.get_by_label("Email").fill("late@example.org")
    organiser.get_by_label("Password").fill("not this one")
    organiser.get_by_role("button", name="Sign in").click()
    expect(organiser.get_by_text("don’t fit together")).to_be_visible()
    expect(organiser.get_by_label("Email")).to_have_value("late@example.org")
    expect(organiser.get_by_label("Password")).to_be_focused()
    organiser.get_by_label("Password").fill(PASSWORD)
    organiser.get_by_role("button", name="Sign in").click()
    # Back at the page that was asked for.
    expect(organiser.get_by_role("heading", level=1)).to_have_text(f"Order {order.code}")
    organiser.get_by_role("button", name="Olga Organiser").click()
    organiser.get_by_role("button", name="Sign out").click()
    expect(organiser.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_who_signs_out_leaves_nothing_in_other_windows(organiser: Page, order: Order) -> None:
    """ASVS 14.3.1: the next person at this desk is somebody else."""
    open_order(organiser, order)
    other = organiser.context.new_page()
    other.goto(f"/backoffice/orders/{order.id}")
    expect(other.get_by_text(order.code).first).to_be_visible()
    organiser.get_by_role("button", name="Olga Organiser").click()
    organiser.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(other.get_by_text(order.code)).to_have_count(0)
    organiser.go_back()
    expect(organiser.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(organiser.get_by_text(order.code)).to_have_count(0)


def test_on_a_phone_the_present_way_is_in_sight(booker: Page, order: Order) -> None:
    sign_in(booker, order.shop.organiser, f"phone-{order.id}@example.org")
    for path, name in (("people", "People"), ("orders", "Orders")):
        booker.goto(f"/backoffice/{path}")
        here = booker.get_by_role("navigation", name="Ticketing").get_by_role("link", name=name)
        expect(here).to_be_in_viewport(ratio=0.95)


@pytest.mark.parametrize("language", [*languages.CONTENT])
def test_the_ways_stand_in_one_row(organiser: Page, order: Order, language: str) -> None:
    sign_in(organiser, order.shop.organiser, f"row-{language}-{order.id}@example.org")
    organiser.goto(f"/backoffice/privacy/notice?lang={language}")
    bar = organiser.get_by_role("banner").bounding_box()
    assert bar is not None
    assert bar["height"] < 2 * 44


def test_seldom_needed_pages_are_behind_more(organiser: Page, order: Order) -> None:
    sign_in(organiser, order.shop.organiser, f"more-{order.id}@example.org")
    ways = organiser.get_by_role("navigation", name="Ticketing")
    expect(ways.get_by_role("link")).to_have_text(["Orders", "Events", "Shops", "Outbox"])
    ways.get_by_role("button", name="More").press("Enter")
    expect(ways.get_by_role("link", name="Webhooks")).to_be_focused()
    organiser.keyboard.press("ArrowDown")
    expect(ways.get_by_role("link", name="API keys")).to_be_focused()
    organiser.keyboard.press("Enter")
    expect(organiser.get_by_role("heading", level=1)).to_have_text("API keys")
    expect(ways.get_by_role("link", name="API keys")).to_have_attribute("aria-current", "page")


def test_search_as_one_types(organiser: Page, order: Order) -> None:
    other = builders.make_order(order.shop, first_name="Quirijn", email="q@example.org")
    sign_in(organiser, order.shop.organiser, "search@example.org")
    results = organiser.get_by_role("table", name="Orders")
    expect(results.get_by_role("row")).to_have_count(3)
    search = organiser.get_by_role("searchbox")
    search.press_sequentially("quiri")
    expect(results.get_by_role("row")).to_have_count(2)
    expect(results).to_contain_text(other.code)
    expect(search).to_be_focused()
    assert "q=quiri" in organiser.url  # to come back to, or to send to a colleague
    organiser.reload()
    expect(results.get_by_role("row")).to_have_count(2)
    search.fill("nobody at all")
    expect(organiser.get_by_role("heading", name="No order fits")).to_be_visible()
    search.fill(order.tickets[1].email)
    expect(results).to_contain_text(order.code)


def test_menus_by_keyboard(organiser: Page, order: Order) -> None:
    open_order(organiser, order)
    opener = organiser.get_by_role("button", name="Actions for ticket 1")
    opener.focus()
    organiser.keyboard.press("Enter")
    menu = organiser.get_by_role("group", name="Actions for ticket 1")
    expect(menu.get_by_text("Edit", exact=True)).to_be_focused()
    organiser.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="Resend")).to_be_focused()
    organiser.keyboard.press("End")
    expect(menu.get_by_text("Cancel ticket")).to_be_focused()
    organiser.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(opener).to_be_focused()

    # One at a time.
    opener.click()
    expect(menu).to_be_visible()
    organiser.get_by_role("button", name=re.compile("Actions for order")).click()
    expect(menu).to_be_hidden()
    expect(organiser.get_by_role("group", name=re.compile("Actions for order"))).to_be_visible()


def test_menus_by_touch(company: Company, order: Order) -> None:
    phone = company.phone()
    open_order(phone, order)
    phone.get_by_role("button", name="Actions for ticket 2").tap()
    menu = phone.get_by_role("group", name="Actions for ticket 2")
    expect(menu).to_be_visible()
    phone.touchscreen.tap(195, 20)  # beside it
    expect(menu).to_be_hidden()
    phone.get_by_role("button", name="Actions for ticket 2").tap()
    menu.get_by_text("Edit", exact=True).tap()
    expect(phone.get_by_role("dialog", name="Edit ticket 2")).to_be_visible()


def test_edit_one_ticket(organiser: Page, order: Order, post_office: SmtpServer) -> None:
    old = [barcodes.text_of(each) for each in order.tickets[:2]]
    open_order(organiser, order)
    choose(organiser, "Actions for ticket 1", "Edit")
    dialog = organiser.get_by_role("dialog", name="Edit ticket 1")
    expect(dialog.get_by_label("First name")).to_have_value("Anna")
    expect(dialog.get_by_label("Email", exact=True)).to_have_value("anna@example.org")

    dialog.get_by_label("Email", exact=True).fill("not an address")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_label("Email", exact=True)).to_be_focused()
    expect(dialog.get_by_label("Email", exact=True)).to_have_value("not an address")

    fill_in(dialog, "Eve", "Newman", "eve.desk@example.org")
    dialog.get_by_label(re.compile("mail", re.IGNORECASE)).and_(
        dialog.get_by_role("checkbox")
    ).check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(ticket(organiser, 1)).to_contain_text("Eve Newman")
    expect(ticket(organiser, 2)).to_contain_text("Bob de Boer")
    history = organiser.get_by_role("region", name="History")
    expect(history.get_by_text("anna@example.org").first).to_be_visible()
    assert [at_the_door(each) for each in old] == ["replaced", 2]
    post_office.wait_for_mail_to("eve.desk@example.org")


def test_a_stale_edit_shows_both_versions(organiser: Page, order: Order) -> None:
    open_order(organiser, order)
    choose(organiser, "Actions for ticket 1", "Edit")
    dialog = organiser.get_by_role("dialog", name="Edit ticket 1")
    dialog.get_by_label("First name").fill("Mine")
    anna = order.tickets[0]
    personalisation.edit(
        anna,
        {**builders.ANNA, "first_name": "Theirs"},
        builders.ORGANISER,
        revision=anna.revision,
        new_barcode=False,
        mail_holder=False,
    )
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Somebody changed this meanwhile")).to_be_visible()
    expect(dialog.get_by_role("row", name="First name Theirs Mine")).to_be_visible()
    expect(dialog.get_by_label("First name")).to_have_value("Mine")
    dialog.get_by_role("button", name="Save").click()
    expect(ticket(organiser, 1)).to_contain_text("Mine Visser")


def test_open_personalisation_of_chosen_tickets(
    organiser: Page, booker: Page, order: Order
) -> None:
    shared = builders.share(order.tickets[2])
    old = [barcodes.text_of(each) for each in order.tickets[:2]]
    booker.goto(overview_of(order))
    open_order(organiser, order)
    choose(organiser, re.compile("Actions for order"), "Open Personalisation")
    dialog = organiser.get_by_role("dialog", name="Open Personalisation")
    expect(dialog.get_by_text("Anna Visser")).to_be_visible()
    dialog.get_by_label(re.compile("Ticket 2")).uncheck()
    dialog.get_by_label("Reason").fill("Wrong names")
    dialog.get_by_role("button", name="Open Personalisation").click()
    expect(dialog).to_be_hidden()
    expect(ticket(organiser, 1)).to_contain_text("Not assigned")
    expect(ticket(organiser, 2)).to_contain_text("Bob de Boer")
    expect(organiser.get_by_role("region", name="History")).to_contain_text("Wrong names")
    expect(ticket(booker, 1)).to_contain_text("Not assigned")
    assert [at_the_door(each) for each in old] == ["replaced", 2]
    gone = organiser.request.get(shared)
    assert gone.status == 410


def test_the_other_items_of_the_menus(
    organiser: Page, order: Order, post_office: SmtpServer
) -> None:
    open_order(organiser, order)
    old = barcodes.text_of(order.tickets[1])
    choose(organiser, "Actions for ticket 2", "Copy link")
    dialog = organiser.get_by_role("dialog", name="Link to ticket 2")
    link = dialog.get_by_label("Link", exact=True).input_value()
    assert organiser.request.get(link).status == 200
    organiser.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    choose(organiser, "Actions for ticket 2", "New barcode")
    dialog = organiser.get_by_role("dialog", name="New barcode for ticket 2")
    dialog.get_by_role("button", name="New barcode").click()
    expect(organiser.get_by_text("Ticket 2 has a new barcode")).to_be_visible()
    assert at_the_door(old) == "replaced"

    choose(organiser, "Actions for ticket 2", "Resend")
    expect(organiser.get_by_text("Ticket 2 is on its way to its holder")).to_be_visible()
    post_office.wait_for_mail_to("bob@example.org")

    choose(organiser, re.compile("Actions for order"), "Resend")
    expect(organiser.get_by_text("The order is on its way to bea@example.org")).to_be_visible()

    choose(organiser, re.compile("Actions for order"), "Cancel order")
    dialog = organiser.get_by_role("dialog", name=f"Cancel order {order.code}")
    dialog.get_by_label("Reason").fill("Paid twice")
    dialog.get_by_role("button", name="Cancel order").click()
    expect(ticket(organiser, 1)).to_contain_text("Cancelled")


def test_shop_settings(organiser: Page, visitor: Page, order: Order) -> None:
    sign_in(organiser, order.shop.organiser, "settings@example.org")
    organiser.get_by_role("link", name="Shops").click()
    organiser.get_by_role("link", name=order.shop.name).first.click()
    organiser.get_by_label("Download order enabled").uncheck()
    organiser.get_by_label(re.compile("^Consumer desk")).fill("12")
    organiser.get_by_role("button", name="Save").click()
    desk = organiser.get_by_label(re.compile("^Consumer desk"))
    expect(desk).to_have_attribute("aria-invalid", "true")
    expect(desk).to_have_value("12")
    expect(desk).to_be_focused()
    expect(organiser.get_by_label("Download order enabled")).not_to_be_checked()
    desk.fill("+31 20 765 4321")
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_text("The shop was saved.")).to_be_visible()

    visitor.goto(overview_of(order))
    expect(visitor.get_by_role("link", name="Download ticket")).to_have_count(0)
    expect(visitor.get_by_role("link", name="Ask the consumer desk").first).to_have_attribute(
        "href", re.compile(r"^https://wa\.me/31207654321\b")
    )
