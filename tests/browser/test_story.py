"""The whole story, as booker, visitors and organiser live it, each at their own screen."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

from flask import Flask
from playwright.sync_api import Page, expect

from tests import builders
from tests.browser.people import (
    Company,
    at_the_door,
    choose,
    fill_in,
    is_same_document,
    mark,
    open_share,
    read_qr,
    sign_in,
    ticket,
)
from tests.mail.reading import links_of
from tests.pdf import sheets
from tests.smtp import Received, SmtpServer

STUBBED_SHEET = """
navigator.share = (data) => { window.shared = data; return Promise.resolve() }
"""


def test_from_order_to_everyones_own_ticket(
    app: Flask, company: Company, organiser: Page, post_office: SmtpServer
) -> None:
    shop = builders.make_shop()
    booker = company.phone()
    booker.context.grant_permissions(["clipboard-read", "clipboard-write"])
    booker.add_init_script(STUBBED_SHEET)

    # An order for five completes in the shop; its mail brings the booker to the overview.
    booker.goto(f"/shop/{shop.slug}")
    booker.get_by_role("spinbutton", name="Weekend").fill("5")
    fill_in(booker, "Zoë", "Booker", "zoe.story@example.org", "06 12345678")
    booker.get_by_role("button", name="Complete order").click()
    expect(booker.get_by_role("status").first).to_contain_text("Thank you, your order is complete")
    mail = post_office.wait_for_mail_to("zoe.story@example.org")
    [link] = [each for each in links_of(mail) if "/o/" in each]
    booker.goto(link)
    expect(booker.get_by_role("article").filter(has_text="Not assigned")).to_have_count(5)
    expect(booker.get_by_text("0 of 5 personalised")).to_be_visible()
    mark(booker)

    # Two taps and the first is theirs.
    ticket(booker, 1).get_by_role("button", name="Claim").tap()
    expect(booker.get_by_label("First name")).to_have_value("Zoë")
    booker.get_by_role("dialog").get_by_role("button", name="Save").tap()
    expect(ticket(booker, 1)).to_contain_text("Ready – Zoë B.")
    expect(booker.get_by_text("1 of 5 personalised")).to_be_visible()
    shared = share_four_ways(booker, post_office)

    # Each visitor opens the link, which the overview sees, and claims.
    barcodes_seen = {}
    for position, (who, url) in enumerate(zip("ABCD", shared, strict=True), start=2):
        visitor = company.phone()
        visitor.goto(url)
        expect(visitor.get_by_role("heading", name="Zoë has a ticket for you")).to_be_visible()
        expect(ticket(booker, position)).to_contain_text("Link opened", timeout=2000)
        fill_in(visitor, f"{who}nna", "O’Neil", f"{who.lower()}.story@example.org")
        with visitor.expect_navigation(url=re.compile("/t/")):
            visitor.get_by_role("button", name="Save").tap()
        expect(ticket(booker, position)).to_contain_text(f"Ready – {who}nna O.", timeout=5000)
        barcodes_seen[position] = look_at_ticket(visitor, f"{who}nna O’Neil")
    expect(booker.get_by_text("5 of 5 personalised")).to_be_visible()
    expect(booker.get_by_role("heading", name="Everybody is ready")).to_be_visible()
    assert is_same_document(booker)

    # The booker downloads them all: one document, the same barcodes.
    all_of_them = booker.request.get(
        str(booker.get_by_role("link", name="Download all").get_attribute("href"))
    ).body()
    assert sheets.pages(all_of_them) == 5
    codes = [sheets.decoded(all_of_them, page=page) for page in range(5)]
    assert [found for [found] in codes[1:]] == list(barcodes_seen.values())
    [[barcodes_seen[1]], *_] = codes
    for position, text in barcodes_seen.items():
        assert at_the_door(text) == position

    # The organiser gives one ticket to somebody else: another barcode, the old one is refused.
    sign_in(organiser, shop.organiser, "olga.story@example.org")
    organiser.get_by_label(re.compile("Search", re.IGNORECASE)).fill("zoe.story@example.org")
    organiser.get_by_role("link", name=re.compile("^[A-Z0-9-]{6,}$")).click()
    choose(organiser, "Actions for ticket 3", "Edit")
    dialog = organiser.get_by_role("dialog", name="Edit ticket 3")
    expect(dialog.get_by_label("First name")).to_have_value("Bnna")
    fill_in(dialog, "Eve", "Newman", "eve.story@example.org")
    dialog.get_by_role("button", name="Save").click()
    expect(ticket(organiser, 3)).to_contain_text("Eve Newman")
    expect(ticket(booker, 3)).to_contain_text("Ready – Eve N.")
    assert at_the_door(barcodes_seen[3]) == "replaced"
    assert at_the_door(barcodes_seen[2]) == 2
    expect(organiser.get_by_role("region", name="History")).to_contain_text("Eve")

    # And opens the personalisation of them all.
    choose(organiser, re.compile("Actions for order"), "Open Personalisation")
    dialog = organiser.get_by_role("dialog", name="Open Personalisation")
    expect(dialog.get_by_text("Eve Newman")).to_be_visible()
    dialog.get_by_label("Reason").fill("The group changed")
    dialog.get_by_role("button", name="Open Personalisation").click()
    expect(organiser.get_by_text("5 tickets are open again")).to_be_visible()
    expect(booker.get_by_role("article").filter(has_text="Not assigned")).to_have_count(5)
    expect(booker.get_by_text("0 of 5 personalised")).to_be_visible()
    assert is_same_document(booker)
    assert {at_the_door(text) for text in barcodes_seen.values()} == {"replaced"}
    for url in shared:
        assert company.phone().goto(url).status == 410  # type: ignore[union-attr]
    assert link in links_of(mail_about_reopening(post_office, "zoe.story@example.org"))


def mail_about_reopening(post_office: SmtpServer, recipient: str) -> Received:
    """Among the others that a booker who has a ticket too gets."""
    for count in range(1, 6):
        post_office.wait_for_mail_to(recipient, count)
        found = [
            each
            for each in post_office.to(recipient)
            if "need a name again" in each.message["Subject"]
        ]
        if found:
            return found[0]
    raise AssertionError(f"no such mail among {count}")


def share_four_ways(booker: Page, post_office: SmtpServer) -> list[str]:
    """Tickets 2 to 5 by WhatsApp, email, copied link and QR; returns the links as they arrive."""
    # WhatsApp: the address says it all; the tap is what makes it "waiting".
    dialog = open_share(booker, 2)
    whatsapp = dialog.get_by_role("link", name="WhatsApp")
    address = str(whatsapp.get_attribute("href"))
    assert address.startswith("https://wa.me/?text=")
    assert "+" not in address
    said = unquote(urlsplit(address).query.removeprefix("text="))
    assert "Riverside Festival" in said
    by_whatsapp = said.splitlines()[-1]
    expect(ticket(booker, 2)).to_contain_text("Not assigned")
    with booker.expect_popup() as opened:
        whatsapp.tap()
    assert parse_qs(urlsplit(opened.value.url).query)["text"] == [said]
    opened.value.close()
    expect(ticket(booker, 2)).to_contain_text("Link shared, waiting")
    booker.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # Email: the link arrives by itself.
    dialog = open_share(booker, 3)
    dialog.get_by_label("Email").fill("b.story@example.org")
    dialog.get_by_role("button", name="Email").tap()
    expect(dialog).to_be_hidden()
    expect(ticket(booker, 3)).to_contain_text("Sent to b.story@example.org")
    mail = post_office.wait_for_mail_to("b.story@example.org")
    [by_email] = [each for each in links_of(mail) if "/s/" in each]

    # Copy link: what is in the clipboard is the link, and nothing else.
    dialog = open_share(booker, 4)
    dialog.get_by_role("button", name="Copy link").tap()
    expect(dialog.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    copied = str(booker.evaluate("navigator.clipboard.readText()"))
    assert copied == dialog.get_by_label("Link", exact=True).input_value()
    expect(ticket(booker, 4)).to_contain_text("Link shared, waiting")
    booker.keyboard.press("Escape")

    # QR: scanned from this screen. The server knows nothing of it until it is opened.
    dialog = open_share(booker, 5)
    dialog.get_by_text("QR code to scan from this screen").tap()
    scanned = read_qr(dialog.get_by_role("figure"))
    assert scanned == dialog.get_by_label("Link", exact=True).input_value()
    # The phone's own share sheet would have got the same.
    dialog.get_by_role("button", name="More ways to share").tap()
    assert booker.evaluate("window.shared.url") == scanned
    expect(ticket(booker, 5)).to_contain_text("Link shared, waiting")
    booker.keyboard.press("Escape")
    return [by_whatsapp, by_email, copied, scanned]


def look_at_ticket(visitor: Page, name: str) -> str:
    """The ticket page and its PDF show the same; returns the barcode."""
    expect(visitor.get_by_role("heading", name=name)).to_be_visible()
    on_screen = read_qr(visitor.get_by_role("figure"))
    pdf = visitor.get_by_role("link", name="Download ticket")
    printed = visitor.request.get(str(pdf.get_attribute("href"))).body()
    assert sheets.decoded(printed) == [on_screen]
    assert name in sheets.text(printed)
    return on_screen
