"""Two-step sign-in in a real browser: scanned off the screen, asked for, and a lost phone."""

import re
from urllib.parse import parse_qs, urlsplit

from flask import Flask
from playwright.sync_api import Page, expect

from tests.backoffice import phone
from tests.browser.people import Company, read_qr
from tests.browser.scenes.accounts import (
    ACCOUNT,
    give_password,
    sign_out,
    somebody,
    wait_eleven_minutes,
)
from tests.smtp import SmtpServer


def test_scanned_asked_for_and_the_phone_lost(
    app: Flask, organiser: Page, company: Company, post_office: SmtpServer
) -> None:
    page = organiser
    user = somebody(page)
    page.goto(ACCOUNT)
    page.get_by_role("link", name="Set up").click()
    uri = urlsplit(read_qr(page.get_by_role("img", name="QR code for the app on your phone")))
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    assert user.email in uri.path.replace("%40", "@")
    [secret] = parse_qs(uri.query)["secret"]
    page.get_by_label("Code", exact=True).fill(phone.code(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("listitem")).to_have_count(10)
    codes = page.get_by_role("listitem").all_inner_texts()
    page.get_by_role("link", name="I have kept them").click()
    post_office.wait_for_mail_to(user.email)

    sign_out(page)
    give_password(page, user)
    page.get_by_label("Code", exact=True).fill(phone.code(secret, steps=1))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")

    # At another computer, without the phone.
    other = company.phone()
    give_password(other, user)
    other.get_by_role("link", name="Phone lost?").click()
    other.get_by_label("Recovery code").fill(codes[0])
    other.get_by_role("button", name="Sign in").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Orders")
    other.goto(ACCOUNT)
    expect(other.get_by_text("9 recovery codes are left.")).to_be_visible()

    # A new phone: off, and on again.
    wait_eleven_minutes(user)
    other.get_by_role("link", name="Turn off").click()
    dialog = other.get_by_role("dialog")
    dialog.get_by_role("button", name="Turn off").click()
    dialog.get_by_label(re.compile("Code from your phone")).fill(codes[1])
    dialog.get_by_role("button", name="Go on").click()
    expect(other.get_by_role("link", name="Set up")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
