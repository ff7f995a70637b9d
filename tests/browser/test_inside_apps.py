"""From a mail program's browser to a friend's in Instagram: nothing that they lack is needed."""

import re
from typing import Final

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.people import (
    Company,
    fill_in,
    open_share,
    overview_of,
    read_qr,
    scripts_ran,
    ticket,
)
from tests.links.test_browsers_inside_apps import INSIDE
from ticketing.carried import barcodes
from ticketing.extensions import db
from ticketing.models import Order

# Browsers inside apps lack these, or have them and refuse.
LACKING: Final = """
for (const name of ['clipboard', 'share', 'canShare', 'locks', 'serviceWorker', 'storage'])
  delete Navigator.prototype[name]
for (const name of ['EventSource', 'indexedDB', 'caches', 'localStorage', 'sessionStorage',
                    'BroadcastChannel', 'Notification'])
  delete window[name]
window.open = () => null
document.execCommand = () => false
"""


def phone_in(company: Company, app: str) -> Page:
    page = company.phone(user_agent=INSIDE[app])
    page.add_init_script(LACKING)
    return page


@pytest.mark.parametrize("their_app", ["Instagram, iPhone", "WhatsApp, Android"])
def test_from_order_to_ticket(
    app: Flask, order_of_five: Order, company: Company, their_app: str
) -> None:
    booker = phone_in(company, "Outlook, iPhone")
    booker.goto(overview_of(order_of_five))
    assert (
        booker.evaluate("[navigator.clipboard, window.EventSource, window.caches].join('')") == ""
    )
    dialog = open_share(booker, 1)
    dialog.get_by_role("button", name="Copy link").tap()
    expect(dialog.get_by_text("copy it by hand")).to_be_visible()
    link = dialog.get_by_label("Link", exact=True)
    assert booker.evaluate("getSelection().toString()") == link.input_value()
    whatsapp = dialog.get_by_role("link", name="WhatsApp")
    expect(whatsapp).to_have_attribute("href", re.compile(r"^https://wa\.me/\?text="))

    visitor = phone_in(company, their_app)
    visitor.goto(link.input_value())
    fill_in(visitor, "Anna", "Visser", "inside.an.app@example.org")
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()
    mine = db.session.merge(order_of_five.tickets[0])
    db.session.refresh(mine)
    code = visitor.get_by_role("img", name="QR code of the ticket")
    assert read_qr(code) == barcodes.text_of(mine)

    scripts_ran(visitor)
    visitor.get_by_role("button", name="Copy link").tap()
    expect(visitor.get_by_text("Copying did not work")).to_be_visible()
    with visitor.expect_response(re.compile("ticket.pdf")) as answered:
        visitor.get_by_role("link", name="Download ticket").tap()  # in the same window
    assert answered.value.status == 200
    assert len(visitor.context.pages) == 1

    booker.keyboard.press("Escape")
    expect(ticket(booker, 1)).to_contain_text("Ready – Anna V.")  # asked for, without a stream
