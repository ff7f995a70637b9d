"""A visitor fills in their details: slips, double taps, rivals, and a ground that moves."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import builders, seen
from tests.browser.people import Company, fill_in, overview_of, ticket
from ticketing import personalisation
from ticketing.models import Order

NAMES = [
    ("محمد", "الفارسي"),
    ("小明", "王"),
    ("Zoë 🎟️", "O’Connor-Żółć"),
    ("प्रिया", "शर्मा"),
]


@pytest.fixture
def link(order_of_five: Order) -> str:
    """The first ticket's, as it was shared."""
    return builders.share(order_of_five.tickets[0])


def test_slips_are_shown_beside_their_fields(visitor: Page, link: str) -> None:
    visitor.goto(link)
    fill_in(visitor, "Anna", "", "anna@@example", "12")
    with visitor.expect_response(re.compile(f"{link}$")) as answered:
        visitor.get_by_role("button", name="Save").tap()
    assert answered.value.status == 422
    expect(visitor.get_by_text("3 things need your attention")).to_be_visible()
    for label, typed in {"Last name": "", "Email": "anna@@example", "Phone": "12"}.items():
        field = visitor.get_by_label(label, exact=True)
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_value(typed)
        described = str(field.get_attribute("aria-describedby")).split()
        expect(visitor.locator(f"#{described[-1]}")).to_have_class("error")
    expect(visitor.get_by_label("First name")).to_have_value("Anna")
    expect(visitor.get_by_label("First name")).not_to_have_attribute("aria-invalid", "true")
    expect(visitor.get_by_label("Last name")).to_be_focused()

    # The summary leads to each of them.
    visitor.get_by_role("alert").get_by_role("link", name="Phone").tap()
    expect(visitor.get_by_label("Phone")).to_be_focused()
    fill_in(visitor, "Anna", "Visser", "anna@example.org", "06 12345678")
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()


def test_the_keyboard_fits_the_field(visitor: Page, link: str) -> None:
    visitor.goto(link)
    for label, autocomplete, kind in (
        ("First name", "given-name", "text"),
        ("Last name", "family-name", "text"),
        ("Email", "email", "email"),
        ("Phone", "tel", "tel"),
    ):
        field = visitor.get_by_label(label, exact=True)
        expect(field).to_have_attribute("autocomplete", autocomplete)
        expect(field).to_have_attribute("type", kind)
        size = field.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")
        assert size >= 16  # below it an iPhone zooms in


@pytest.mark.parametrize(("first", "last"), NAMES)
def test_names_of_the_world(
    order_of_five: Order, visitor: Page, link: str, first: str, last: str
) -> None:
    visitor.goto(link)
    fill_in(visitor, first, last, "someone@example.org")
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("heading", level=2)).to_have_text(f"{first} {last}")
    visitor.goto(overview_of(order_of_five))
    expect(visitor.get_by_text("Ready –")).to_contain_text(first)


def test_a_single_name(visitor: Page, link: str) -> None:
    visitor.goto(link)
    fill_in(visitor, "Suharto", "", "suharto@example.org")
    visitor.get_by_label("one name").check()
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("heading", level=2)).to_have_text("Suharto")


def test_a_likely_slip_is_mended_by_a_tap(visitor: Page, link: str) -> None:
    visitor.goto(link)
    fill_in(visitor, "Anna", "Visser", "anna@gmial.con")
    suggestion = visitor.get_by_role("button", name="anna@gmail.com")
    suggestion.tap()
    expect(visitor.get_by_label("Email", exact=True)).to_have_value("anna@gmail.com")
    expect(suggestion).to_have_count(0)
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()


def test_a_suggestion_is_no_refusal(visitor: Page, link: str) -> None:
    visitor.goto(link)
    fill_in(visitor, "Anna", "Visser", "anna@gmial.com")
    expect(visitor.get_by_role("button", name="anna@gmail.com")).to_be_visible()
    visitor.get_by_role("button", name="Save").tap()
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()


def test_a_double_tap_is_one_claim(order_of_five: Order, visitor: Page, link: str) -> None:
    visitor.goto(link)
    fill_in(visitor, "Anna", "Visser", "double.tap@example.org")
    visitor.get_by_role("button", name="Save").dblclick()
    expect(visitor.get_by_role("heading", name="Anna Visser")).to_be_visible()
    assert seen.actions(order_of_five.tickets[0]).count("claimed") == 1
    assert len(builders.mails_of(order_of_five, "ticket")) == 1


def test_two_with_one_link(order_of_five: Order, company: Company, link: str) -> None:
    anna, bob = company.phone(), company.phone()
    for page, who in ((anna, builders.ANNA), (bob, builders.BOB)):
        page.goto(link)
        fill_in(page, who["first_name"], who["last_name"], who["email"], who["phone"])
    # In the same moment: neither waits for the other's answer.
    for page in (anna, bob):
        page.evaluate("document.querySelector('form.card').requestSubmit()")
    for page in (anna, bob):
        page.wait_for_load_state()
        expect(page.locator("form.card")).to_have_count(0)
    [winner] = [page for page in (anna, bob) if "/t/" in page.url]
    loser = bob if winner is anna else anna
    won, lost = (builders.ANNA, builders.BOB) if winner is anna else (builders.BOB, builders.ANNA)
    expect(
        loser.get_by_role("heading", name="This ticket has already been claimed")
    ).to_be_visible()
    expect(loser.get_by_role("button", name="Email the ticket again")).to_be_visible()
    for typed in (lost["first_name"], lost["last_name"], lost["email"]):
        expect(loser.locator("main")).to_contain_text(typed)
    for secret in (won["first_name"], won["last_name"], won["email"]):
        assert secret not in loser.content()
    expect(loser.get_by_role("link", name="consumer desk")).to_have_attribute(
        "href", re.compile(r"^https://wa\.me/31201234567\?text=")
    )


def test_reopened_while_filling_in(order_of_five: Order, visitor: Page, link: str) -> None:
    visitor.goto(link)
    fill_in(visitor, "Anna", "Visser", "anna@example.org", "06 12345678")
    mine = order_of_five.tickets[0]
    seen.last(mine)  # what the visitor's tap on the link has changed
    personalisation.reopen(
        order_of_five, {mine.id: mine.revision}, "Wrong link", builders.ORGANISER
    )
    with visitor.expect_response(re.compile(f"{link}$")) as answered:
        visitor.get_by_role("button", name="Save").tap()
    assert answered.value.status in {409, 410}
    typed = visitor.locator("main")
    for text in ("Anna", "Visser", "anna@example.org", "06 12345678"):
        expect(typed).to_contain_text(text)
    expect(typed).to_contain_text("ask whoever sent it to share the ticket with you again")


def test_reopened_while_the_booker_fills_in(order_of_five: Order, booker: Page) -> None:
    booker.goto(overview_of(order_of_five))
    ticket(booker, 1).get_by_role("button", name="Claim").tap()
    dialog = booker.get_by_role("dialog")
    dialog.get_by_label("First name").fill("Beatrix")
    mine = builders.claim(order_of_five.tickets[0])
    personalisation.reopen(order_of_five, {mine.id: mine.revision}, "Once more", builders.ORGANISER)
    dialog.get_by_role("button", name="Save").tap()
    expect(
        dialog.get_by_role("heading", name="The organiser has opened this ticket again")
    ).to_be_visible()
    expect(dialog).to_contain_text("Beatrix")
    booker.keyboard.press("Escape")
    ticket(booker, 1).get_by_role("button", name="Claim").tap()
    dialog.get_by_role("button", name="Save").tap()
    expect(ticket(booker, 1)).to_contain_text("Ready – Bea B.")
