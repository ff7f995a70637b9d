"""What a screen reader is told: the names and roles of things, and what happens meanwhile."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests import builders
from tests.browser.people import fill_in, open_share, overview_of, ticket
from tests.browser.scenes.orders import order_in_every_state
from ticketing.models import Order

# Everything that is said by itself, from now on: what comes into a live region is read out.
LISTEN = """() => {
  window.heard = []
  for (const region of document.querySelectorAll('[role=status], [role=alert], [aria-live]')) {
    new MutationObserver(() => {
      const text = region.textContent.trim().replace(/\\s+/g, ' ')
      if (text) window.heard.push(text)
    }).observe(region, { childList: true, characterData: true, subtree: true })
  }
}"""
HEARD = "() => window.heard"


def test_news_are_heard_once(booker: Page, order_of_five: Order) -> None:
    with booker.expect_response(re.compile("/stream")):
        booker.goto(overview_of(order_of_five))
    booker.evaluate(LISTEN)
    for number, first_name in enumerate(["Anna", "Bob"], start=1):
        builders.claim(order_of_five.tickets[number - 1], first_name=first_name)
        expect(ticket(booker, number)).to_contain_text(f"Ready – {first_name} V.")
    assert booker.evaluate(HEARD) == ["Ticket 1: Ready – Anna V..", "Ticket 2: Ready – Bob V.."]


def test_what_one_did_is_heard_once(booker: Page, order_of_five: Order) -> None:
    booker.goto(overview_of(order_of_five))
    booker.evaluate(LISTEN)
    ticket(booker, 1).get_by_role("button", name="Claim").tap()
    dialog = booker.get_by_role("dialog", name="Claim ticket 1")
    dialog.get_by_role("button", name="Save").tap()
    expect(ticket(booker, 1)).to_contain_text("Ready – Bea B.")
    assert booker.evaluate(HEARD) == ["Ticket 1: Ready – Bea B.."]


def test_an_overview(booker: Page) -> None:
    booker.goto(overview_of(order_in_every_state()))
    expect(booker.get_by_role("progressbar")).to_have_accessible_name(
        re.compile(r"^\d of \d personalised$")
    )
    expect(ticket(booker, 1)).to_match_aria_snapshot("""
        - article "Ticket 1 Weekend":
          - heading "Ticket 1 Weekend" [level=3]
          - paragraph: Ready – Bea B.
          - link "Download ticket"
          - link "Show ticket"
          - button "Claim" [disabled]
          - text: Already personalised. Only the organiser can change it.
    """)
    expect(ticket(booker, 2)).to_match_aria_snapshot("""
        - article "Ticket 2 Weekend":
          - heading "Ticket 2 Weekend" [level=3]
          - paragraph: Link shared, waiting
          - button "Claim"
          - button "Share again"
          - button "Recall"
    """)
    # Out of their context five buttons of one name are told apart.
    for name in ("Claim", "Share again", "Recall"):
        expect(ticket(booker, 2).get_by_role("button", name=name)).to_have_accessible_description(
            "Ticket 2 Weekend"
        )


def test_the_dialog_to_share(booker: Page, order_of_five: Order) -> None:
    booker.goto(overview_of(order_of_five))
    dialog = open_share(booker, 2)
    expect(dialog).to_match_aria_snapshot("""
        - dialog "Share ticket 2":
          - heading "Share ticket 2" [level=1]
          - link "Close"
          - paragraph
          - paragraph:
            - link "WhatsApp"
          - group: WhatsApp to a number
          - text: Email
          - paragraph
          - textbox "Email"
          - button "Email"
          - text: Link
          - textbox "Link"
          - button "Copy link"
          - group: QR code to scan from this screen
    """)


@pytest.fixture
def refused(visitor: Page, order_of_five: Order) -> Page:
    """A form that was sent with three slips."""
    visitor.goto(builders.share(order_of_five.tickets[0]))
    fill_in(visitor, "", "Visser", "anna@@example", "12")
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_text("need your attention")).to_be_visible()
    return visitor


def test_what_is_wrong_is_told_with_its_field(refused: Page) -> None:
    fields = refused.locator("[aria-invalid=true]")
    expect(fields).to_have_count(3)
    for field in fields.all():
        described = str(field.get_attribute("aria-describedby")).split()
        [error] = [each for each in described if each.endswith("-error")]
        text = refused.locator(f"#{error}").inner_text()
        assert text.strip()
        expect(field).to_have_accessible_description(re.compile(re.escape(text.strip())))
    expect(fields.first).to_be_focused()
    summary: Locator = refused.get_by_role("alert").filter(has_text="need your attention")
    expect(summary.get_by_role("link")).to_have_count(3)


def test_other_languages_are_read_as_such(visitor: Page, order_of_five: Order) -> None:
    visitor.goto(builders.share(order_of_five.tickets[0]))
    assert visitor.evaluate("document.documentElement.lang") == "en"
    for name, language in (("Deutsch", "de"), ("Français", "fr"), ("Polski", "pl")):
        said = visitor.locator("footer").get_by_text(name, exact=True)
        assert said.evaluate("e => e.closest('[lang]').lang") == language
