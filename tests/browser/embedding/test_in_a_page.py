"""From order to PDF inside a shop's own page: the flow, and the frame that follows it."""

import socket
from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.embedding.around import (
    Around,
    fits,
    height,
    inside,
    sent_by,
    serving,
)
from tests.browser.people import (
    PHONE,
    Company,
    fill_in,
    open_share,
    overview_of,
    read_qr,
    ticket,
)
from tests.live_server import LiveServer
from ticketing.models import Order, Shop
from ticketing.trying.demo_site.server import server_of


def test_the_whole_flow_from_a_shops_own_page(
    app: Flask, company: Company, server: LiveServer
) -> None:
    """Order, claim, share, the friend's details, the PDF: in the demo's example of a site."""
    listening = socket.create_server(("127.0.0.1", 0))
    site = f"http://localhost:{listening.getsockname()[1]}"
    shop = builders.make_shop(embed_origins=[site])
    with serving(server_of(listening, server.url, shop.slug)):
        booker = company.phone(base_url=None, friend=site)
        booker.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
        booker.goto(site)
        page = inside(booker)
        page.get_by_role("spinbutton", name="Weekend").fill("2")
        fill_in(page, "Bea", "Bakker", "bea@example.org")
        fits(booker)
        page.get_by_role("button", name="Complete order").tap()
        expect(page.get_by_text("Thank you, your order is complete")).to_be_visible()
        expect(page.get_by_text("Thank you")).to_be_in_viewport()  # the form was far below it
        fits(booker)

        ticket(page, 1).get_by_role("button", name="Claim").tap()
        page.get_by_role("dialog").get_by_role("button", name="Save").tap()
        expect(ticket(page, 1)).to_contain_text("Ready – Bea B.")
        expect(page.get_by_text("Thank you, your order is complete")).to_be_hidden()
        fits(booker)
        dialog = open_share(page, 2)
        dialog.get_by_role("button", name="Copy link").tap()
        expect(dialog.get_by_role("status").filter(has_text="Copied")).to_be_visible()
        link = booker.evaluate("navigator.clipboard.readText()")
        assert link.startswith(f"{server.url}/s/")
        assert "?" not in link
        dialog.get_by_role("link", name="Close").tap()

        friend = company.phone()
        friend.goto(link)
        fill_in(friend, "Anna", "Visser", "anna@example.org")
        friend.get_by_role("button", name="Save").tap()
        expect(ticket(page, 2)).to_contain_text("Ready – Anna V.")
        fits(booker)

        download = ticket(page, 2).get_by_role("link", name="Download ticket")
        asked = sent_by(download, booker, "/ticket.pdf")
        assert booker.request.get(asked.url).headers["content-type"] == "application/pdf"
        expect(ticket(page, 2)).to_be_visible()  # the PDF has a tab of its own

        frame = booker.frames[1]
        assert (
            frame.evaluate("document.cookie = 'x=1; SameSite=None; Secure'; document.cookie") == ""
        )
        assert frame.evaluate("document.hasStorageAccess()") is False
        assert booker.context.cookies() == []


def test_a_friend_in_a_frame(visiting: Callable[..., Page], around: Around, order: Order) -> None:
    link = builders.share(order.tickets[0])
    page = visiting()
    page.goto(around.embedding(link))
    form = inside(page)
    form.get_by_role("button", name="Save").tap()  # with errors it is taller
    expect(form.get_by_label("First name")).to_have_attribute("aria-invalid", "true")
    fits(page)
    fill_in(form, "Anna", "Visser", "anna@example.org")
    form.get_by_role("button", name="Save").tap()
    expect(form.get_by_role("heading", name="Anna Visser")).to_be_visible()
    assert read_qr(form.get_by_role("figure"))
    fits(page)
    asked = sent_by(form.get_by_role("link", name="Download ticket"), page, "/ticket.pdf")
    assert page.request.get(asked.url).ok
    assert page.context.cookies() == []


def test_the_height_follows(visiting: Callable[..., Page], around: Around, order: Order) -> None:
    page = visiting()
    page.goto(around.embedding(overview_of(order)))
    frame = inside(page)
    expect(ticket(frame, 3)).to_be_visible()
    fits(page)
    open_share(frame, 3)
    fits(page)
    page.keyboard.press("Escape")
    expect(frame.get_by_role("dialog")).to_have_count(0)
    fits(page)
    tall = height(page)
    page.set_viewport_size({"width": 320, "height": 640})
    fits(page)
    assert height(page) != tall
    builders.claim(order.tickets[0])  # news from elsewhere
    expect(ticket(frame, 1)).to_contain_text("Ready – Anna V.")
    fits(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("position", [1, 3])
def test_dialogs_open_where_people_look(
    visiting: Callable[..., Page], around: Around, order: Order, position: int
) -> None:
    page = visiting()
    page.goto(around.embedding(overview_of(order)))
    share = ticket(inside(page), position).get_by_role("button", name="Share")
    fits(page)
    share.evaluate("e => e.scrollIntoView({ block: 'center' })")
    share.tap()
    title = inside(page).get_by_role("dialog").get_by_role("heading", level=1)
    expect(title).to_be_visible()
    expect(title).to_be_in_viewport()
    box = title.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= PHONE["viewport"]["height"] / 2


def test_a_strict_policy_of_the_page_around(
    visiting: Callable[..., Page], around: Around, shop: Shop
) -> None:
    page = visiting()
    policy = f"default-src 'none'; script-src {around.ours}; frame-src {around.ours}"
    page.goto(around.embedding(f"/shop/{shop.slug}", policy=policy))
    expect(inside(page).get_by_role("button", name="Complete order")).to_be_visible()
    fits(page)
