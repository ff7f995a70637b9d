"""Whoever signs out leaves nothing on the screen, in other windows neither."""

from flask import Flask
from playwright.sync_api import Route, expect

from tests import builders
from tests.browser.people import DESK, Company, sign_in

# Playwright's own clock waits for all windows, and one of them waits for its answer.
A_HUNDRED_TIMES_FASTER = """
    const real = window.setTimeout
    window.setTimeout = (call, ms = 0, ...given) => real(call, ms / 100, ...given)
"""


def test_other_windows_are_empty_until_the_session_has_ended(app: Flask, company: Company) -> None:
    context = company.context(**DESK)
    here, there = context.new_page(), context.new_page()
    sign_in(here, builders.make_order().shop.organiser, "two.windows@example.org")
    there.add_init_script(A_HUNDRED_TIMES_FASTER)
    there.goto("/backoffice/audit")
    there.get_by_role("button", name="Filter").click()  # a form with a field called "action"
    expect(there.get_by_role("table")).to_be_visible()

    held: list[Route] = []
    context.route("**/sign-out", lambda route: held.append(route))
    here.get_by_role("button", name="Olga Organiser").click()
    here.get_by_role("button", name="Sign out", exact=True).click(no_wait_after=True)
    expect(there.locator("body")).to_be_empty()
    there.wait_for_timeout(600)  # a minute of its own
    expect(there.locator("body")).to_be_empty()

    held[0].continue_()
    for window in (here, there):
        expect(window.get_by_role("heading", level=1)).to_have_text("Sign in")
