"""A request that takes long shows so after 300 ms, and not before: nothing flickers."""

import pytest
from playwright.sync_api import Page, Route, expect

BUSY = "document.documentElement.getAttribute('aria-busy')"
BAR = "getComputedStyle(document.documentElement, '::before').content"


@pytest.fixture
def held(page: Page) -> list[Route]:
    """Requests for the dialog, until the test lets them go; the page's clock stands still."""
    waiting: list[Route] = []
    page.route("**/share", lambda route: waiting.append(route))
    page.clock.install()
    page.goto("/")
    page.clock.pause_at(page.evaluate("Date.now()") + 60_000)
    page.locator("#share-1").click()
    while not waiting:
        page.wait_for_timeout(10)
    return waiting


def test_a_bar_shows_that_it_goes_on(page: Page, held: list[Route]) -> None:
    page.clock.run_for(299)
    assert page.evaluate(BUSY) is None
    page.clock.run_for(1)
    assert page.evaluate(BUSY) == "true"
    assert page.evaluate(BAR) == '""'
    held.pop().continue_()
    expect(page.locator("html")).not_to_have_attribute("aria-busy", "true")
    page.clock.run_for(1000)
    expect(page.get_by_role("dialog", name="Share ticket 1")).to_be_visible()


def test_what_comes_sooner_comes_without(page: Page, held: list[Route]) -> None:
    page.evaluate(
        "new MutationObserver(() => (window.flickered = true))"
        ".observe(document.documentElement, { attributeFilter: ['aria-busy'] })"
    )
    page.clock.run_for(250)
    with page.expect_response("**/share") as answered:
        held.pop().continue_()
    answered.value.finished()
    page.clock.run_for(30)
    expect(page.get_by_role("dialog", name="Share ticket 1")).to_be_visible()
    page.clock.run_for(1000)
    assert page.evaluate("window.flickered") is None
