"""Somebody asks about their data: how long it is kept, what there is of them, who looked at it."""

import datetime as dt

from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import sign_in
from tests.browser.scenes import scene
from ticketing import history, sharing
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.members.audit import Actor
from ticketing.models import Event, Order, now
from ticketing.privacy import notices, retention
from ticketing.storing.transactions import write


def at_the_desk(page: Page, *, over: bool = False, where: str = "") -> Order:
    """Of an event that is over, or still to come; Anna has a ticket and was invited to another."""
    order = builders.make_order(tickets=3)
    builders.claim(order.tickets[0])
    by = history.booker(order)
    sharing.share_by_email(order.tickets[1], 1, "anna@example.org", by, locale="en", asked_from="")
    if over:
        with write() as session:
            event = session.get_one(Event, order.shop.event_id)
            event.starts_at, event.ends_at = now() - dt.timedelta(days=9), None
            event.retention_days = 90
    sign_in(page, order.shop.organiser, f"privacy-{order.id}@example.org")
    if where:
        page.goto("/backoffice" + where.format(event=order.shop.event_id, order=order.id))
    db.session.rollback()
    return order


@scene
def privacy_of_an_event(page: Page) -> None:
    at_the_desk(page, over=True, where="/events/{event}/privacy")
    expect(page.get_by_text("the details of 2 people are erased")).to_be_visible()


@scene
def everything_about_somebody(page: Page) -> None:
    at_the_desk(page, where="/privacy/person")
    page.get_by_label("Email, phone number").fill("anna@example.org")
    page.get_by_role("button", name="Look").click()
    expect(page.get_by_role("heading", name="What there is")).to_be_visible()


@scene
def whom_people_ask(page: Page) -> None:
    order = at_the_desk(page)
    notice = "https://riverside.example/privacy"
    notices.change(order.organiser_id, "data@riverside.example", notice, Actor())
    page.goto("/backoffice/privacy/notice")
    expect(page.get_by_label("Your privacy notice")).to_have_value(notice)


@scene
def the_audit(page: Page) -> None:
    order = at_the_desk(page, where="/orders/{order}")
    audit.note(
        audit.EXPORTED,
        Actor(),
        organiser_id=order.organiser_id,
        about={"form": "csv", "filters": ["q"], "rows": 412},
        once=False,
    )
    page.goto("/backoffice/audit")
    expect(page.get_by_role("cell", name="Opened an order").first).to_be_visible()


@scene
def an_order_that_was_erased(page: Page) -> None:
    order = at_the_desk(page, over=True)
    retention.erase_by_hand(order.shop.event_id, builders.ORGANISER, Actor())
    page.goto(f"/backoffice/orders/{order.id}")
    expect(page.get_by_text("Erased people’s details, for good")).to_be_visible()
