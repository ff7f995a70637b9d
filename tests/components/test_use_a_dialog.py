"""Dialogs: focus goes in and comes back, errors and refusals have their place."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.components.parts import Server, violations
from tests.components.test_when_it_fails import FAILURES, notice


def test_a_dialog_takes_the_focus_and_gives_it_back(page: Page) -> None:
    page.goto("/")
    page.locator("#share-1").click()
    dialog = page.get_by_role("dialog", name="Share ticket 1")
    expect(dialog).to_be_visible()
    expect(page.locator("#dialog-title")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#share-1")).to_be_focused()
    assert page.locator("#dialog").inner_html() == ""


@pytest.mark.parametrize("how", ["close", "backdrop"])
def test_a_dialog_closes_by_its_button_and_beside_it(page: Page, how: str) -> None:
    page.goto("/")
    page.locator("#share-1").click()
    expect(page.locator("#dialog-title")).to_be_focused()
    if how == "close":
        page.get_by_role("link", name="Close").click()
    else:
        page.mouse.click(195, 20)
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#share-1")).to_be_focused()
    assert page.url.endswith("/")


def test_errors_come_back_into_the_dialog_with_the_focus_on_the_first(page: Page) -> None:
    page.goto("/")
    page.locator("#claim-1").click()
    page.get_by_label("Email").fill("anna@gmial.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("First name")).to_be_focused()
    expect(page.get_by_label("First name")).to_have_accessible_description(
        "Please enter a first name."
    )
    expect(page.get_by_label("Email")).to_have_value("anna@gmial.com")
    expect(page.get_by_role("alert").filter(has_text="One thing")).to_be_visible()
    assert violations(page) == []


def test_success_closes_the_dialog_and_the_focus_stays_at_the_card(page: Page) -> None:
    page.goto("/")
    page.locator("#claim-1").click()
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="anna@gmail.com").click()
    expect(page.get_by_label("Email")).to_have_value("anna@gmail.com")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#dialog")).to_be_hidden()
    expect(page.locator("#ticket-1")).to_contain_text("version 3")
    expect(page.locator("#claim-1")).to_have_count(0)  # the opener is gone
    expect(page.locator("#ticket-1 :focus")).to_have_count(1)
    expect(page.locator("#announcer")).to_have_text("Ticket 1 is ready")


def test_a_refusal_is_shown_where_the_answer_would_have_been(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Gone").click()
    expect(page.get_by_role("dialog", name="Withdrawn")).to_be_visible()
    assert page.locator("main").count() == 1
    assert page.title() == "Overview"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Recall").click()
    expect(page.get_by_role("dialog", name="Withdrawn")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Recall")).to_be_focused()


def test_a_form_that_ends_on_another_page_goes_there(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Elsewhere").click()
    page.wait_for_url("**/visitor")
    expect(page.get_by_role("heading", name="A ticket for you")).to_be_visible()


def test_a_failure_offers_another_try(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Broken").click()
    expect(page.locator("#notice")).to_contain_text("That did not work")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog", name="Share ticket 1")).to_be_visible()
    expect(page.locator("#notice")).to_be_empty()


def test_a_second_submit_is_ignored_until_there_is_an_answer(page: Page, parts: Server) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="Slow")
    button.click(no_wait_after=True)
    page.wait_for_function("document.querySelector('form[action=\"/slow\"][aria-busy]')")
    page.evaluate("document.querySelector('main > form[action=\"/slow\"]').requestSubmit()")
    page.wait_for_timeout(200)
    assert parts.asked.count("POST /slow") == 1


def test_a_double_tap_opens_it_once(page: Page, parts: Server) -> None:
    """The second would have come when somebody was typing already, and taken it away."""
    held: list[Route] = []
    page.route("**/claim", lambda route: held.append(route))
    page.goto("/")
    page.locator("#claim-1").dblclick()
    expect(page.locator("html")).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("First name").press("End")
    assert len(held) == 1
    page.keyboard.press("Escape")
    page.locator("#claim-1").click()
    expect(page.locator("html")).to_have_attribute("aria-busy", "true")
    held[1].continue_()
    expect(page.get_by_label("First name")).to_have_value("")


@pytest.mark.parametrize("how", ["no network", "busy"])
def test_what_fails_after_it_was_closed_is_told_and_over(page: Page, how: str) -> None:
    held: list[Route] = []
    page.goto("/")
    page.locator("#claim-1").click()
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Email").fill("anna@example.org")
    page.route("**/claim", lambda route: held.append(route))
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("aria-busy", "true")
    page.keyboard.press("Escape")
    expect(page.locator("#dialog")).to_be_hidden()
    FAILURES[how](held[0])
    notice(page, how)
    expect(page.locator("html")).not_to_have_attribute("aria-busy", "true")
