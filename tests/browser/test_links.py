"""Links that lead nowhere (any more): each says why, and what to do."""

import datetime as dt
import re

import pytest
from flask import Flask
from playwright.sync_api import Page, Response, expect

from tests import builders
from tests.browser.people import (
    Company,
    choose,
    open_share,
    overview_of,
    read_qr,
    sign_in,
    ticket,
)
from tests.smtp import SmtpServer
from ticketing import cancelling, history, links, sharing
from ticketing.models import Order, now

DESK = re.compile(r"^https://wa\.me/31201234567\?text=")


def go(page: Page, url: str) -> int:
    answer = page.goto(url)
    assert isinstance(answer, Response)
    return answer.status


def headline(page: Page) -> str:
    return page.locator("#dialog-title").inner_text()


def test_unknown(visitor: Page, order_of_five: Order) -> None:
    token = links.share_token(order_of_five.tickets[0], 1)
    wrong = ("x" if token[-2] != "x" else "y").join([token[:-2], token[-1]])
    for url in (f"/s/{wrong}", f"/s/{token[:-9]}", f"/o/{token}", f"/t/{token}", "/s/nonsense"):
        assert go(visitor, url) == 404
        assert headline(visitor) == "This link doesn’t work"
        expect(visitor.get_by_text("Open it again from the message it came in")).to_be_visible()


def test_recalled(booker: Page, visitor: Page, order_of_five: Order) -> None:
    link = builders.share(order_of_five.tickets[0])
    booker.goto(overview_of(order_of_five))
    ticket(booker, 1).get_by_role("button", name="Recall").tap()
    expect(ticket(booker, 1)).to_contain_text("Not assigned")
    expect(ticket(booker, 1).locator(":focus")).to_have_count(1)
    assert go(visitor, link) == 410
    assert headline(visitor) == "This link is no longer valid"
    expect(visitor.get_by_text("share the ticket with you again")).to_be_visible()
    expect(visitor.get_by_role("link", name="Ask the consumer desk")).to_have_attribute(
        "href", DESK
    )


def test_replaced_by_sharing_again(booker: Page, visitor: Page, order_of_five: Order) -> None:
    booker.context.grant_permissions(["clipboard-read", "clipboard-write"])
    old = builders.share(order_of_five.tickets[0])
    booker.goto(overview_of(order_of_five))
    dialog = open_share(booker, 1)
    expect(dialog.get_by_text("A link is already out")).to_be_visible()
    # Looking replaces nothing.
    assert go(visitor, old) == 200
    dialog.get_by_role("button", name="Copy link").tap()
    expect(dialog.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    new = dialog.get_by_label("Link", exact=True).input_value()
    expect(ticket(booker, 1)).to_contain_text("Link shared, waiting")
    assert go(visitor, new) == 200
    assert go(visitor, old) == 410
    assert headline(visitor) == "This link is no longer valid"


def test_spent(visitor: Page, order_of_five: Order, post_office: SmtpServer) -> None:
    mine = order_of_five.tickets[0]
    link = builders.share(mine)
    builders.claim(mine, email="spent@example.org")
    assert go(visitor, link) == 410
    expect(
        visitor.get_by_role("heading", name="This ticket has already been claimed")
    ).to_be_visible()
    for secret in ("Anna", "Visser", "spent@example.org"):
        assert secret not in visitor.content()
    before = len(post_office.to("spent@example.org"))
    visitor.get_by_role("button", name="Email the ticket again").tap()
    expect(visitor.get_by_text("on its way to the address that was given")).to_be_visible()
    assert "spent@example.org" not in visitor.content()
    post_office.wait_for_mail_to("spent@example.org", before + 1)


def test_after_the_deadline(app: Flask, booker: Page, visitor: Page) -> None:
    order = builders.make_order(
        builders.make_shop(personalisation_deadline=now() + dt.timedelta(seconds=3))
    )
    builders.claim(order.tickets[1])
    link = f"/s/{links.share_token(order.tickets[0], 1)}"
    sharing.share(order.tickets[0], "copy", 1, history.booker(order))
    expect_late(visitor, link)
    booker.goto(overview_of(order))
    expect(booker.get_by_role("heading", name="The time for personalising is over")).to_be_visible()
    expect(booker.get_by_role("button", name="Claim")).to_have_count(1)  # the inactive one
    expect(booker.get_by_role("button", name="Share")).to_have_count(0)
    expect(booker.get_by_role("link", name="Ask the consumer desk").first).to_have_attribute(
        "href", DESK
    )
    # Who has a name still gets in.
    expect(ticket(booker, 2).get_by_role("link", name="Download ticket")).to_be_visible()


def expect_late(visitor: Page, link: str) -> None:
    until = now() + dt.timedelta(seconds=10)
    while (status := go(visitor, link)) == 200 and now() < until:
        visitor.wait_for_timeout(250)  # for the deadline itself
    assert status == 403
    assert headline(visitor) == "The time for personalising tickets is over"
    expect(visitor.get_by_role("link", name="Ask the consumer desk")).to_have_attribute(
        "href", DESK
    )


def test_cancelled(booker: Page, visitor: Page, order_of_five: Order) -> None:
    shared = builders.share(order_of_five.tickets[0])
    named = builders.claim(order_of_five.tickets[1])
    booker.goto(overview_of(order_of_five))
    cancelling.cancel_order(order_of_five, builders.ORGANISER, reason="Refunded")
    expect(booker.get_by_role("heading", name="This order was cancelled")).to_be_visible()
    expect(ticket(booker, 1)).to_contain_text("Cancelled")
    expect(booker.get_by_role("button", name=re.compile("Claim|Share"))).to_have_count(0)
    assert go(visitor, shared) == 410
    assert headline(visitor) == "This ticket was cancelled"
    page = f"/t/{links.ticket_token(named)}"
    assert go(visitor, page) == 200
    expect(visitor.get_by_text("can’t be used any more")).to_be_visible()
    expect(visitor.get_by_role("figure")).to_have_count(0)
    assert go(visitor, f"{page}/ticket.pdf") == 410


@pytest.mark.parametrize("note", ["", "By post, in the week before the festival."])
def test_download_switched_off(company: Company, app: Flask, note: str) -> None:
    visitor, booker = company.phone(), company.phone()
    order = builders.make_order(builders.make_shop(download_enabled=False, delivery_note=note))
    named = builders.claim(order.tickets[0])
    page = f"/t/{links.ticket_token(named)}"
    assert go(visitor, page) == 200
    expect(visitor.get_by_role("figure")).to_have_count(0)
    expect(visitor.get_by_role("link", name="Download ticket")).to_have_count(0)
    expect(visitor.locator("main")).to_contain_text(
        note or "The organiser sends the ticket to anna@example.org closer to the event."
    )
    assert go(visitor, f"{page}/ticket.pdf") == 403
    assert headline(visitor) == "This ticket can’t be downloaded here"
    booker.goto(overview_of(order))
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.")
    expect(ticket(booker, 1)).to_contain_text(note or "closer to the event")
    expect(booker.get_by_role("link", name=re.compile("Download"))).to_have_count(0)


def test_switched_on_again_the_ticket_is_there_at_once(
    app: Flask, visitor: Page, organiser: Page
) -> None:
    order = builders.make_order(builders.make_shop(download_enabled=False))
    named = builders.claim(order.tickets[0])
    sign_in(organiser, order.shop.organiser, "switch@example.org")
    organiser.get_by_role("link", name="Shops").click()
    organiser.get_by_role("link", name=order.shop.name).first.click()
    organiser.get_by_label("Download order enabled").check()
    organiser.get_by_role("button", name="Save").click()
    expect(organiser.get_by_text("The shop was saved.")).to_be_visible()
    visitor.goto(f"/t/{links.ticket_token(named)}")
    assert read_qr(visitor.get_by_role("figure"))


def test_a_holders_link_after_open_personalisation(
    order_of_five: Order, organiser: Page, visitor: Page
) -> None:
    link = f"/t/{links.ticket_token(builders.claim(order_of_five.tickets[0]))}"
    assert go(visitor, link) == 200
    sign_in(organiser, order_of_five.shop.organiser, "again@example.org")
    organiser.goto(f"/backoffice/orders/{order_of_five.id}")
    choose(organiser, re.compile("Actions for order"), "Open Personalisation")
    dialog = organiser.get_by_role("dialog", name="Open Personalisation")
    dialog.get_by_label("Reason").fill("Once more")
    dialog.get_by_role("button", name="Open Personalisation").click()
    expect(dialog).to_be_hidden()
    for url in (link, f"{link}/ticket.pdf"):
        assert go(visitor, url) == 410
        assert headline(visitor) == "This link is no longer valid"
