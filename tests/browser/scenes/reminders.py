"""Reminders: how an organiser sets and sends them, and where a booker stops them."""

import datetime as dt

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import sign_in
from tests.browser.scenes import scene
from ticketing import links, reminders
from ticketing.models import Order, now
from ticketing.storing.transactions import write


def at_the_reminders(page: Page, where: str = "") -> Order:
    """Some are due, some were reminded, one is ready, one wants none; two more moments to come."""
    shop = builders.make_shop(personalisation_deadline=now() + dt.timedelta(days=10))
    names = (("Łukasz", "Żółć"), ("Zoë", "de Boer"), ("Mei", "Ling"), ("Ana", "Ruiz"))
    made = [
        builders.make_order(shop, first_name=first, last_name=last, email=f"b{n}@example.org")
        for n, (first, last) in enumerate(names)
    ]
    builders.make_order(shop, tickets=2, email="b1@example.org")
    reminders.turn(made[2], off=True)
    ready = builders.make_order(shop, tickets=1, email="ready@example.org")
    builders.claim(ready.tickets[0])
    reminders.send(shop.event, builders.ORGANISER, most=1)
    with write():
        shop.event.reminder_days = [7, 3, 1]
    sign_in(page, shop.organiser, f"remind-{made[0].id}@example.org")
    page.goto(f"/backoffice/events/{shop.event_id}/reminders{where}")
    return made[1]


@scene
def desk_reminders(page: Page) -> None:
    at_the_reminders(page)
    expect(page.get_by_text("7 days before").first).to_be_visible()


@scene
def desk_reminders_with_slips(page: Page) -> None:
    at_the_reminders(page)
    page.get_by_label("And so many days before").fill("soon")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("needs your attention")).to_be_visible()


@scene
def desk_remind_now(page: Page) -> None:
    at_the_reminders(page, "/send")
    expect(page.get_by_role("button", name="Send 2 reminders")).to_be_visible()


@scene
def desk_remind_now_left_out(page: Page) -> None:
    at_the_reminders(page, "/send?show=left-out")
    expect(page.get_by_role("cell", name="Wants no reminders")).to_be_visible()


@scene
def unsubscribe(page: Page) -> None:
    page.goto(_way_out(builders.make_order()))
    expect(page.get_by_role("button", name="Stop the reminders")).to_be_visible()


@scene
def unsubscribed(page: Page) -> None:
    unsubscribe(page)
    page.get_by_role("button", name="Stop the reminders").click()
    expect(page.get_by_role("heading", name="You get no more reminders")).to_be_visible()


def _way_out(order: Order) -> str:
    return "/u/" + links.unsubscribe_url(order).rpartition("/")[2]
