"""From the ticket page into a phone's wallet, and how an owner makes that possible."""

import re
from pathlib import Path

import pytest
from cryptography import x509
from flask import Flask
from playwright.sync_api import FilePayload, Page, Request, Route, expect

from tests import builders
from tests.browser.people import PHONE, Company, read_qr, sign_in
from tests.wallet import authority
from tests.wallet.reading import claims_in, opened
from ticketing import links
from ticketing.models import Shop, Ticket

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Version/19.1 Mobile/15E148 Safari/604.1"
)
GOOGLE = "https://pay.google.com"


@pytest.fixture
def shop(app: Flask) -> Shop:
    shop = builders.make_shop()
    authority.sign_for_apple(shop.organiser_id)
    authority.sign_for_google(shop.organiser_id)
    return shop


@pytest.fixture
def mine(shop: Shop) -> Ticket:
    return builders.claim(builders.make_order(shop).tickets[0])


def page_of(ticket: Ticket) -> str:
    return f"/t/{links.ticket_token(ticket)}"


def at_google(page: Page) -> list[Request]:
    """Stand in for Google; what it is asked for."""
    asked: list[Request] = []

    def answer(route: Route) -> None:
        asked.append(route.request)
        route.fulfill(body="<title>Google Wallet</title>", content_type="text/html")

    page.context.route(f"{GOOGLE}/**", answer)
    return asked


@pytest.mark.parametrize("scripts", [True, False])
def test_one_tap_and_android_has_it(company: Company, mine: Ticket, scripts: bool) -> None:
    """The browser lets the form lead there: the page's policy names Google."""
    context = company.context(**PHONE, friend=GOOGLE, java_script_enabled=scripts)
    phone = context.new_page()
    asked = at_google(phone)
    phone.goto(page_of(mine))
    expect(phone.get_by_text("Add to Apple Wallet")).to_have_count(0)
    shown = read_qr(phone.get_by_role("img", name="QR code of the ticket"))
    phone.get_by_role("button", name="Add to Google Wallet").tap()
    expect(phone).to_have_title("Google Wallet")
    [request] = asked
    assert "referer" not in request.headers, "Google isn't told whose page it was"
    [ticket] = claims_in(request.url).payload.eventTicketObjects
    assert ticket.barcode.value == shown
    assert ticket.ticketHolderName == "Anna Visser"


def test_one_tap_and_an_iphone_has_it(company: Company, mine: Ticket) -> None:
    phone = company.phone(user_agent=IPHONE)
    phone.goto(page_of(mine))
    expect(phone.get_by_text("Add to Google Wallet")).to_have_count(0)
    shown = read_qr(phone.get_by_role("img", name="QR code of the ticket"))
    with phone.expect_download() as saved:  # Chromium knows no Wallet that it could hand it to
        phone.get_by_role("link", name="Add to Apple Wallet").tap()
    assert saved.value.suggested_filename == "ticket.pkpass"
    found = opened(Path(saved.value.path()).read_bytes())
    assert found.known.barcodes[0].message == shown
    assert found.field("holder").value == "Anna Visser"


def test_an_owner_sets_both_up(app: Flask, company: Company) -> None:
    """The request goes to Apple, a certificate comes back, and holders have their button."""
    shop = builders.make_shop()
    mine = builders.claim(builders.make_order(shop).tickets[0])
    page = company.context(friend=GOOGLE, viewport={"width": 1280, "height": 900}).new_page()
    asked = at_google(page)
    sign_in(page, shop.organiser, f"sets-up-{shop.id}@example.org")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Wallet").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the request").click()
    request = x509.load_pem_x509_csr(Path(saved.value.path()).read_bytes())
    above = authority.intermediate()
    made = authority.certificate(by=above, public=request.public_key())
    apple = page.get_by_role("region", name="Apple Wallet")
    for label, content in (
        ("Pass Type ID certificate", made.der),
        ("Apple’s intermediate certificate", above.der),
    ):
        apple.get_by_label(label).set_input_files(
            FilePayload(name="file.cer", mimeType="application/pkix-cert", buffer=content)
        )
    apple.get_by_role("button", name="Check and save").click()
    expect(page.get_by_text("can be added to Apple Wallet from now on")).to_be_visible()
    with page.expect_download() as saved:
        apple.get_by_role("link", name="Try a sample ticket").click()
    assert opened(Path(saved.value.path()).read_bytes()).field("holder").value == "Alice Smith"

    google = page.get_by_role("region", name="Google Wallet")
    google.get_by_label("Issuer ID").fill(authority.ISSUER_ID)
    google.get_by_label("Key of the service account").set_input_files(
        FilePayload(
            name="key.json", mimeType="application/json", buffer=authority.service_account()
        )
    )
    google.get_by_role("button", name="Check and save").click()
    expect(page.get_by_text("can be added to Google Wallet from now on")).to_be_visible()
    google.get_by_role("button", name="Try a sample ticket").click()
    expect(page).to_have_title("Google Wallet")
    assert claims_in(asked[0].url)

    holder = company.desk()
    holder.goto(page_of(mine))
    expect(holder.get_by_text(re.compile("Add to (Apple|Google) Wallet"))).to_have_count(2)
