"""Whoever has typed something keeps it: without a network, with a busy server, after Back."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests import builders, seen
from tests.browser.people import PASSWORD, Company, choose, fill_in, sign_in
from tests.live_server import LiveServer
from ticketing.models import Order

ALONE = "Are you connected?"
TYPED = {"First name": "Anna", "Last name": "Visser", "Phone": "06 12345678"}


def save(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Save|Complete order")).tap()


def try_again(page: Page) -> None:
    page.get_by_role("button", name="Try again").tap()


def expect_typed(page: Page) -> None:
    for label, value in TYPED.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)


def test_offline_in_the_middle_of_a_form(visitor: Page, order_of_five: Order) -> None:
    visitor.goto(builders.share(order_of_five.tickets[0]))
    fill_in(visitor, "Anna", "Visser", "anna.offline@example.org", "06 12345678")
    visitor.context.set_offline(True)
    save(visitor)
    expect(visitor.get_by_text(ALONE)).to_be_visible()
    expect_typed(visitor)
    visitor.get_by_role("link", name="Nederlands").tap()  # nor does another way lead out
    expect(visitor.get_by_text(ALONE)).to_be_visible()
    expect_typed(visitor)
    visitor.context.set_offline(False)
    save(visitor)
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()
    assert seen.actions(order_of_five.tickets[0]).count("claimed") == 1


def test_nor_is_an_order_lost_where_htmx_never_came(booker: Page, order_of_five: Order) -> None:
    booker.route("**/htmx-*.js*", lambda route: route.abort())
    booker.goto(f"/shop/{order_of_five.shop.slug}")
    booker.get_by_role("spinbutton", name="Weekend").fill("2")
    fill_in(booker, "Anna", "Visser", "offline.order@example.org", "06 12345678")
    booker.context.set_offline(True)
    save(booker)
    expect(booker.get_by_text(ALONE)).to_be_visible()
    expect_typed(booker)
    booker.context.set_offline(False)
    try_again(booker)
    expect(booker.get_by_text("your order is complete")).to_be_visible()


def test_a_busy_server_says_so_beside_the_form(
    visitor: Page, order_of_five: Order, server: LiveServer
) -> None:
    visitor.goto(builders.share(order_of_five.tickets[0]))
    fill_in(visitor, "Anna", "Visser", "busy.server@example.org", "06 12345678")
    [database] = server.instance.glob("*.db")
    with closing(sqlite3.connect(database, isolation_level=None)) as somebody:
        somebody.execute("BEGIN IMMEDIATE")  # for longer than anybody waits
        save(visitor)
        expect(visitor.get_by_text("Very busy right now")).to_be_visible(timeout=30_000)
        somebody.execute("ROLLBACK")
    expect_typed(visitor)
    try_again(visitor)
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False])
def test_back_after_the_form_sends_nothing_again(
    company: Company, order_of_five: Order, scripts: bool
) -> None:
    visitor = company.phone(java_script_enabled=scripts)
    mine = order_of_five.tickets[0]
    visitor.goto(builders.share(mine))
    fill_in(visitor, "Anna", "Visser", "back@example.org", "06 12345678")
    save(visitor)
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()
    visitor.go_back()
    visitor.reload()
    expect(
        visitor.get_by_role("heading", name="This ticket has already been claimed")
    ).to_be_visible()
    visitor.go_forward()
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()
    assert seen.actions(mine).count("claimed") == 1


def test_who_comes_back_can_press_once_more(booker: Page, order_of_five: Order) -> None:
    """A page from the browser's memory is not busy with what it was left for."""
    booker.goto(f"/shop/{order_of_five.shop.slug}")
    booker.get_by_role("spinbutton", name="Weekend").fill("1")
    fill_in(booker, "Anna", "Visser", "comes.back@example.org", "06 12345678")
    save(booker)
    expect(booker.get_by_text("your order is complete")).to_be_visible()
    first = booker.url
    booker.go_back()
    booker.get_by_role("spinbutton", name="Weekend").fill("2")
    fill_in(booker, "Anna", "Visser", "comes.back@example.org", "06 12345678")
    save(booker)
    expect(booker.get_by_text("your order is complete")).to_be_visible()
    assert booker.url != first


def test_nothing_is_lost_at_the_desk_either(organiser: Page, order_of_five: Order) -> None:
    """The browser says that there is a network, and the proxy that there is no server."""
    event = order_of_five.shop.event
    sign_in(organiser, event.organiser, f"long.form.{event.id}@example.org")
    organiser.goto(f"/backoffice/events/{event.id}/edit")
    organiser.get_by_label("Name", exact=True).fill("Riverside by night")
    address = f"**/backoffice/events/{event.id}/edit"
    organiser.route(address, lambda route: route.fulfill(status=503, body="<h1>Unavailable</h1>"))
    organiser.get_by_role("button", name="Save").first.click()
    expect(organiser.get_by_text(ALONE)).to_be_visible()
    expect(organiser.get_by_label("Name", exact=True)).to_have_value("Riverside by night")
    organiser.unroute(address)
    organiser.get_by_role("button", name="Try again").click()
    expect(organiser.get_by_text("The event was saved.")).to_be_visible()
    expect(organiser.get_by_label("Name", exact=True)).to_have_value("Riverside by night")


def test_whose_session_ended_goes_on_beside_the_form(organiser: Page, order_of_five: Order) -> None:
    event = order_of_five.shop.event
    email = f"session.{event.id}@example.org"
    sign_in(organiser, event.organiser, email)
    organiser.goto(f"/backoffice/events/{event.id}/ticket-types/new")
    organiser.get_by_label("Name", exact=True).fill("Backstage")
    organiser.get_by_label("Code", exact=True).fill("backstage")
    organiser.context.clear_cookies()
    organiser.get_by_role("button", name="Save").click()
    dialog = organiser.get_by_role("dialog", name="You are signed out")
    with organiser.expect_popup() as opened:
        dialog.get_by_role("link", name="Sign in").click()
    beside = opened.value
    beside.get_by_label("Email").fill(email)
    beside.get_by_label("Password").fill(PASSWORD)
    beside.get_by_role("button", name="Sign in").click()
    expect(beside.get_by_role("heading", level=1)).to_have_text("Orders")
    dialog.get_by_role("link", name="Close").click()
    expect(organiser.get_by_role("button", name="Save")).to_be_focused()
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_text("You have signed in anew since.")).to_be_visible()
    expect(organiser.get_by_label("Name", exact=True)).to_have_value("Backstage")
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_role("row", name=re.compile("Backstage"))).to_be_visible()


def test_so_does_who_was_editing_a_ticket(organiser: Page, order_of_five: Order) -> None:
    """In a dialog, which an answer might take away."""
    email = f"session.ended.{order_of_five.id}@example.org"
    sign_in(organiser, order_of_five.shop.organiser, email)
    organiser.goto(f"/backoffice/orders/{order_of_five.id}")
    choose(organiser, "Actions for ticket 1", "Edit")
    dialog = organiser.get_by_role("dialog", name="Edit ticket 1")
    fill_in(organiser, "Zoë", "Visser", "zoe.session@example.org")
    organiser.set_viewport_size({"width": 390, "height": 500})
    organiser.context.clear_cookies()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert").get_by_text("You are signed out")).to_be_in_viewport()
    with organiser.expect_popup() as opened:
        dialog.get_by_role("alert").get_by_role("link", name="Sign in").click()
    beside = opened.value
    beside.get_by_label("Email").fill(email)
    beside.get_by_label("Password").fill(PASSWORD)
    beside.get_by_role("button", name="Sign in").click()
    expect(beside.get_by_role("heading", level=1)).to_have_text("Orders")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("You have signed in anew since.")).to_be_visible()
    expect(dialog.get_by_label("First name")).to_have_value("Zoë")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    assert seen.last(order_of_five.tickets[0]).action == "edited"


def test_back_leads_from_what_was_made_to_its_form(organiser: Page, order_of_five: Order) -> None:
    organiser_id = order_of_five.organiser_id
    sign_in(organiser, order_of_five.shop.organiser, f"back.{organiser_id}@example.org")
    organiser.goto("/backoffice/api-keys")
    organiser.get_by_role("link", name="New key").first.click()
    organiser.get_by_label("Name").fill("Till")
    organiser.get_by_label("Read orders").check()
    organiser.get_by_role("button", name="Create key").click()
    expect(organiser.get_by_role("heading", level=1)).to_contain_text("was created")
    organiser.go_back()
    expect(organiser.get_by_label("Name")).to_have_value("")
    organiser.go_back()
    expect(organiser.get_by_role("heading", level=1)).to_have_text("API keys")
