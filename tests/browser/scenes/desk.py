"""What the organiser sees in the backoffice."""

import re

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import choose, sign_in
from tests.browser.scenes import scene
from tests.browser.scenes.orders import order_in_every_state
from ticketing import personalisation
from ticketing.models import Order


@scene
def desk_sign_in(page: Page) -> None:
    page.goto("/backoffice/sign-in")
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("don’t fit together")).to_be_visible()


def at_the_desk(page: Page) -> Order:
    order = order_in_every_state()
    builders.make_order(order.shop, tickets=2, first_name="Łukasz", last_name="Żółć")
    sign_in(page, order.shop.organiser, f"look-{order.id}@example.org")
    return order


def at_the_order(page: Page) -> Order:
    order = at_the_desk(page)
    page.goto(f"/backoffice/orders/{order.id}")
    return order


@scene
def desk_orders(page: Page) -> None:
    at_the_desk(page)


@scene
def desk_nothing_found(page: Page) -> None:
    at_the_desk(page)
    page.goto("/backoffice/orders?q=nobody+at+all")


@scene
def desk_order(page: Page) -> None:
    at_the_order(page)


@scene
def desk_menu(page: Page) -> None:
    at_the_order(page)
    page.get_by_role("button", name="Actions for ticket 1").click()


@scene
def desk_edit_ticket(page: Page) -> None:
    at_the_order(page)
    choose(page, "Actions for ticket 1", "Edit")
    expect(page.get_by_role("dialog", name="Edit ticket 1")).to_be_visible()


@scene
def desk_both_versions(page: Page) -> None:
    order = at_the_order(page)
    choose(page, "Actions for ticket 1", "Edit")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("First name").fill("Mine")
    personalisation.edit(
        order.tickets[0],
        {**builders.ANNA, "first_name": "Theirs"},
        builders.ORGANISER,
        revision=order.tickets[0].revision,
        new_barcode=False,
        mail_holder=False,
    )
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("Somebody changed this meanwhile")).to_be_visible()


@scene
def desk_edit_contact(page: Page) -> None:
    at_the_order(page)
    page.get_by_role("link", name="Edit contact").click()
    expect(page.get_by_role("heading", name="Edit contact")).to_be_visible()


@scene
def desk_copy_link(page: Page) -> None:
    at_the_order(page)
    choose(page, "Actions for ticket 1", "Copy link")
    expect(page.get_by_role("dialog")).to_be_visible()


@scene
def desk_new_barcode(page: Page) -> None:
    at_the_order(page)
    choose(page, "Actions for ticket 1", "New barcode")
    page.get_by_role("dialog").get_by_role("button", name="New barcode").click()
    expect(page.get_by_text("has a new barcode")).to_be_visible()


@scene
def desk_open_personalisation(page: Page) -> None:
    at_the_order(page)
    choose(page, re.compile("Actions for order"), "Open Personalisation")
    expect(page.get_by_role("dialog", name="Open Personalisation")).to_be_visible()


@scene
def desk_cancel_order(page: Page) -> None:
    at_the_order(page)
    choose(page, re.compile("Actions for order"), "Cancel order")
    expect(page.get_by_role("dialog", name="Cancel order")).to_be_visible()


@scene
def desk_shops(page: Page) -> None:
    at_the_desk(page)
    page.goto("/backoffice/shops")


@scene
def desk_shop(page: Page) -> None:
    order = at_the_desk(page)
    page.goto(f"/backoffice/shops/{order.shop_id}")


@scene
def desk_outbox(page: Page) -> None:
    at_the_desk(page)
    page.goto("/backoffice/outbox")


@scene
def desk_mail(page: Page) -> None:
    at_the_desk(page)
    page.goto("/backoffice/outbox")
    page.get_by_role("table").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Text")).to_be_visible()
    page.locator("iframe").scroll_into_view_if_needed()  # else it isn't drawn
    expect(page.frame_locator("iframe").get_by_text("Riverside Festival").first).to_be_visible()
