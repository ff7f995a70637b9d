"""Choosing tickets in the shop: by buttons, by typing, by ear, without scripts."""

from flask import Flask
from playwright.sync_api import Locator, Page, Route, expect

from tests import builders
from tests.browser.people import Company
from tests.browser.test_screen_reader import HEARD, LISTEN


def at_the_shop(page: Page) -> None:
    page.goto(f"/shop/{builders.make_shop().slug}")


def number_of(page: Page, name: str) -> Locator:
    return page.get_by_label(name)


def step(page: Page, name: str, ticket: str) -> Locator:
    """A field is found by its name alone, so the buttons beside it are merely described by it."""
    return page.get_by_role("listitem").filter(has_text=ticket).get_by_role("button", name=name)


def total(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="ticket")


def test_one_more_and_one_fewer(app: Flask, booker: Page) -> None:
    at_the_shop(booker)
    expect(total(booker)).to_have_text("0 tickets €0.00")
    for _ in range(3):
        step(booker, "One more", "Weekend").tap()
    step(booker, "One fewer", "Weekend").tap()
    step(booker, "One fewer", "Friday").tap()
    expect(number_of(booker, "Weekend")).to_have_value("2")
    expect(number_of(booker, "Friday")).to_have_value("0")
    expect(total(booker)).to_have_text("2 tickets €190.00")
    number_of(booker, "Friday").fill("1")
    expect(total(booker)).to_have_text("3 tickets €235.00")
    booker.get_by_label("First name").fill("Bea")
    booker.get_by_label("Email").fill("bea@example.org")
    booker.get_by_role("button", name="Complete order").tap()
    expect(booker.get_by_role("article")).to_have_count(3)


def test_a_slip_in_the_address_that_the_tickets_go_to_is_mended_by_a_tap(
    app: Flask, booker: Page
) -> None:
    at_the_shop(booker)
    booker.get_by_label("Email").fill("bea@gmial.con")
    booker.get_by_label("Phone").tap()
    booker.get_by_role("button", name="bea@gmail.com").tap()
    expect(booker.get_by_label("Email")).to_have_value("bea@gmail.com")


def test_not_more_than_can_be_ordered(app: Flask, booker: Page) -> None:
    at_the_shop(booker)
    number_of(booker, "Weekend").fill("25")
    expect(booker.locator("#total")).to_have_text("–")
    step(booker, "One more", "Weekend").tap()
    step(booker, "One fewer", "Weekend").tap()
    expect(total(booker)).to_have_text("20 tickets €1,900.00")


def test_the_total_is_heard_once_and_the_focus_stays(app: Flask, booker: Page) -> None:
    at_the_shop(booker)
    booker.evaluate(LISTEN)
    more = step(booker, "One more", "Weekend")
    expect(more).to_have_accessible_description("Weekend")
    more.focus()
    booker.keyboard.press("Enter")
    expect(total(booker)).to_have_text("1 ticket €95.00")
    expect(more).to_be_focused()
    assert booker.evaluate(HEARD) == ["1 ticket €95.00"]


def test_what_was_chosen_before_the_scripts_came_counts(app: Flask, booker: Page) -> None:
    held: list[Route] = []
    booker.route("**/htmx-*.js*", lambda route: held.append(route))
    with booker.expect_request("**/htmx-*.js*"):
        booker.goto(f"/shop/{builders.make_shop().slug}", wait_until="commit")
    number_of(booker, "Weekend").fill("2")
    held[0].continue_()
    expect(total(booker)).to_have_text("2 tickets €190.00")


def test_without_scripts_there_is_a_number_alone(app: Flask, company: Company) -> None:
    page = company.phone(java_script_enabled=False)
    at_the_shop(page)
    expect(number_of(page, "Weekend")).to_be_visible()
    expect(step(page, "One more", "Weekend")).to_be_hidden()
    expect(page.locator("#total")).to_be_hidden()
