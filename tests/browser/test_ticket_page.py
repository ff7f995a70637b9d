"""The ticket page in its holder's hand: shown, saved, printed, mailed, inside another app."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import PHONE, Company, read_qr
from tests.pdf import sheets
from tests.smtp import SmtpServer
from ticketing import links
from ticketing.carried import barcodes
from ticketing.models import Order, Ticket


@pytest.fixture
def mine(order_of_five: Order) -> Ticket:
    return builders.claim(order_of_five.tickets[0])


def page_of(ticket: Ticket) -> str:
    return f"/t/{links.ticket_token(ticket)}"


def test_readable_in_the_dark(company: Company, mine: Ticket) -> None:
    phone = company.phone(color_scheme="dark")
    phone.goto(page_of(mine))
    code = phone.get_by_role("img", name="QR code of the ticket")
    box = code.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 200
    assert read_qr(code) == barcodes.text_of(mine)
    dark = phone.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in re.findall(r"\d+", dark)[:3]) < 64
    light = (
        phone.locator("figure")
        .locator("svg")
        .evaluate("svg => getComputedStyle(svg.querySelector('path')).fill")
    )
    assert light == "rgb(255, 255, 255)"


def test_readable_in_high_contrast(company: Company, mine: Ticket) -> None:
    """Where the system's colours, light on dark, replace the page's own."""
    phone = company.phone(color_scheme="dark", forced_colors="active")
    phone.goto(page_of(mine))
    code = phone.get_by_role("img", name="QR code of the ticket")
    assert read_qr(code) == barcodes.text_of(mine)


def test_the_pdf_opens_by_a_tap(visitor: Page, mine: Ticket) -> None:
    visitor.goto(page_of(mine))
    link = visitor.get_by_role("link", name="Download ticket")
    address = str(link.get_attribute("href"))
    with visitor.expect_response(re.compile("ticket.pdf")) as answered:
        link.tap()
    assert answered.value.status == 200
    assert answered.value.header_value("content-type") == "application/pdf"
    assert str(answered.value.header_value("content-disposition")).startswith("inline")
    saved = visitor.request.get(f"{address}?download=1")
    assert saved.headers["content-disposition"].startswith("attachment")
    # Nothing of the holder or the order in what the file is called.
    assert "filename=ticket.pdf" in saved.headers["content-disposition"].replace('"', "")
    assert sheets.decoded(saved.body()) == [barcodes.text_of(mine)]


def test_printed_it_is_one_sheet(company: Company, mine: Ticket) -> None:
    desk = company.desk()
    desk.goto(page_of(mine))
    printed = desk.pdf(prefer_css_page_size=True, format="A4")
    assert sheets.pages(printed) == 1
    assert sheets.decoded(printed) == [barcodes.text_of(mine)]
    text = sheets.text(printed)
    assert "Anna Visser" in text
    for button in ("Download ticket", "Add to calendar", "Email it to me", "Deutsch"):
        assert button not in text


def test_mailed_and_put_into_the_calendar(
    visitor: Page, order_of_five: Order, post_office: SmtpServer
) -> None:
    mine = builders.claim(order_of_five.tickets[0], email="holder.page@example.org")
    visitor.goto(page_of(mine))
    post_office.wait_for_mail_to("holder.page@example.org")  # the one of the claim
    visitor.get_by_role("button", name="Email it to me").tap()
    expect(visitor.get_by_text("on its way to holder.page@example.org")).to_be_visible()
    mail = post_office.wait_for_mail_to("holder.page@example.org", 2)
    [pdf] = [each for name, each in mail.files.items() if name.endswith(".pdf")]
    assert sheets.decoded(pdf.get_content()) == [barcodes.text_of(mine)]
    with visitor.expect_download() as saved:
        visitor.get_by_role("link", name="Add to calendar").tap()
    assert "SUMMARY:Riverside Festival" in saved.value.path().read_text()


def test_inside_another_app(company: Company, mine: Ticket) -> None:
    phone = company.phone(user_agent=f"{PHONE['user_agent']} Instagram 400.0.0.0.1 Android")
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.goto(page_of(mine))
    hint = phone.get_by_text("You are looking at this inside another app")
    expect(hint).to_be_visible()
    phone.get_by_role("button", name="Copy link").tap()
    expect(phone.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    assert phone.evaluate("navigator.clipboard.readText()") == phone.url
    # It is a hint, not a condition.
    expect(phone.get_by_role("link", name="Download ticket")).to_be_visible()
    phone.get_by_role("button", name="Dismiss").tap()
    expect(hint).to_have_count(0)
    expect(phone.locator("body :focus")).to_have_count(1)


def test_the_desk_gets_the_order_and_nothing_else(
    visitor: Page, order_of_five: Order, mine: Ticket
) -> None:
    visitor.goto(page_of(mine))
    address = str(visitor.get_by_role("link", name="Something wrong?").get_attribute("href"))
    assert address.startswith("https://wa.me/31201234567?text=")
    assert order_of_five.code in address
    for secret in ("Anna", "Visser", "anna", links.ticket_token(mine)):
        assert secret not in address
