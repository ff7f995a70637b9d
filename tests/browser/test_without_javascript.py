"""Everything goes without JavaScript too: more pages, the same words."""

import re

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from tests import builders
from tests.browser.people import (
    Company,
    at_the_door,
    fill_in,
    overview_of,
    read_qr,
    sign_in,
    ticket,
)
from tests.pdf import sheets
from tests.smtp import SmtpServer
from ticketing.carried import barcodes
from ticketing.models import Order


@pytest.fixture
def booker(company: Company) -> Page:
    return company.phone(java_script_enabled=False)


@pytest.fixture
def visitor(company: Company) -> Page:
    return company.phone(java_script_enabled=False)


@pytest.fixture
def organiser(company: Company) -> Page:
    return company.desk(java_script_enabled=False)


def press(part: Page | Locator, name: str) -> None:
    part.get_by_role("button", name=name, exact=True).click()


def test_order_claim_and_recall(app: Flask, booker: Page, visitor: Page) -> None:
    shop = builders.make_shop()
    booker.goto(f"/shop/{shop.slug}")
    press(booker, "Complete order")
    expect(booker.get_by_text("need your attention")).to_be_visible()
    booker.get_by_role("spinbutton", name="Weekend").fill("2")
    fill_in(booker, "Zoë", "Booker", "zoe.plain@example.org")
    press(booker, "Complete order")
    expect(booker.get_by_text("your order is complete")).to_be_visible()

    press(ticket(booker, 1), "Claim")
    expect(booker.get_by_role("heading", name="Claim ticket 1")).to_be_visible()
    expect(booker.get_by_label("First name")).to_have_value("Zoë")
    press(booker, "Save")
    expect(ticket(booker, 1)).to_contain_text("Ready – Zoë B.")

    press(ticket(booker, 2), "Share")
    link = booker.get_by_label("Link", exact=True).input_value()
    press(booker, "I have shared it")
    expect(ticket(booker, 2)).to_contain_text("Link shared, waiting")
    press(ticket(booker, 2), "Recall")
    expect(ticket(booker, 2)).to_contain_text("Not assigned")
    refused = visitor.goto(link)
    assert refused is not None
    assert refused.status == 410
    expect(visitor.get_by_role("heading", name="This link is no longer valid")).to_be_visible()


def test_each_channel(order_of_five: Order, booker: Page, post_office: SmtpServer) -> None:
    booker.goto(overview_of(order_of_five))

    # A number typed leads the WhatsApp link to that person.
    press(ticket(booker, 1), "Share")
    booker.get_by_text("WhatsApp to a number").click()
    booker.get_by_label("Phone").fill("06 12345678")
    press(booker, "Use this number")
    whatsapp = booker.get_by_role("link", name="WhatsApp")
    expect(whatsapp).to_have_attribute("href", re.compile(r"^https://wa\.me/31612345678\?text="))
    with booker.expect_popup():
        whatsapp.click()

    booker.goto(overview_of(order_of_five))
    press(ticket(booker, 2), "Share")
    booker.get_by_label("Email").fill("nobody")
    press(booker, "Email")
    expect(booker.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    expect(booker.get_by_label("Email")).to_have_value("nobody")
    booker.get_by_label("Email").fill("friend.plain@example.org")
    press(booker, "Email")
    expect(ticket(booker, 2)).to_contain_text("Sent to friend.plain@example.org")
    post_office.wait_for_mail_to("friend.plain@example.org")

    press(ticket(booker, 3), "Share")
    expect(booker.get_by_role("button", name="Copy link")).to_be_hidden()
    link = booker.get_by_label("Link", exact=True).input_value()
    booker.get_by_text("QR code to scan from this screen").click()
    assert read_qr(booker.get_by_role("figure")) == link


def test_a_visitor_claims_and_the_booker_looks_again(
    order_of_five: Order, booker: Page, visitor: Page
) -> None:
    link = builders.share(order_of_five.tickets[0])
    booker.goto(overview_of(order_of_five))
    visitor.goto(link)
    press(visitor, "Save")
    expect(visitor.get_by_text("need your attention")).to_be_visible()
    fill_in(visitor, "Anna", "Visser", "anna.plain@example.org")
    press(visitor, "Save")
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()
    barcode = read_qr(visitor.get_by_role("figure"))
    pdf = visitor.get_by_role("link", name="Download ticket").get_attribute("href")
    assert sheets.decoded(visitor.request.get(str(pdf)).body()) == [barcode]
    press(visitor, "Email it to me")
    expect(visitor.get_by_text("Your ticket is on its way")).to_be_visible()

    expect(ticket(booker, 1)).to_contain_text("Link shared, waiting")
    booker.get_by_role("link", name="Look again for changes").click()
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.")
    expect(booker.get_by_text("1 of 5 personalised")).to_be_visible()


def test_the_organiser_edits_and_reopens(
    order_of_five: Order, organiser: Page, booker: Page
) -> None:
    order = order_of_five
    first, second = order.tickets[:2]
    builders.claim(first)
    builders.claim(second, first_name="Bob")
    before = [barcodes.text_of(first), barcodes.text_of(second)]
    sign_in(organiser, order.shop.organiser, "olga.plain@example.org")
    organiser.get_by_role("link", name=order.code).click()

    organiser.get_by_role("button", name="Actions for ticket 1").click()
    ticket(organiser, 1).get_by_role("link", name="Edit").click()
    fill_in(organiser, "Eve", "Newman", "eve.plain@example.org")
    press(organiser, "Save")
    expect(ticket(organiser, 1)).to_contain_text("Eve Newman")
    assert at_the_door(before[0]) == "replaced"
    assert at_the_door(before[1]) == 2

    organiser.get_by_role("button", name=re.compile("Actions for order")).click()
    organiser.get_by_role("link", name="Open Personalisation").click()
    organiser.get_by_label("Reason").fill("The group changed")
    press(organiser, "Open Personalisation")
    expect(organiser.get_by_text("tickets are open again")).to_be_visible()
    assert at_the_door(before[1]) == "replaced"
    booker.goto(overview_of(order))
    expect(booker.get_by_text("0 of 5 personalised")).to_be_visible()
