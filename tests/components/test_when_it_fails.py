"""What fails leaves the page as it was, says so, and can be tried again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.components.parts import Server

FAILED = "That did not work"
BUSY = "<!doctype html><main id=main><h1>Very busy</h1><p>Nothing was lost.</p></main>"
FAILURES: dict[str, Callable[[Route], None]] = {
    "no network": lambda route: route.abort(),
    "an error of ours": lambda route: route.fulfill(status=500, body=""),
    "busy": lambda route: route.fulfill(
        status=503, body=BUSY, headers={"Retry-After": "2", "Content-Type": "text/html"}
    ),
    "an error of a proxy": lambda route: route.fulfill(
        status=502, body="<h1>502 Bad Gateway</h1>", headers={"Content-Type": "text/html"}
    ),
    "no answer": lambda _route: None,
}
PATIENCE = '"timeout":15000'


def fail_once(page: Page, pattern: str, how: str, method: str = "") -> None:
    """The first such request fails, the others go their way."""
    failed: list[str] = []

    def fail(route: Route) -> None:
        if failed or method not in {"", route.request.method}:
            route.fallback()
            return
        failed.append(route.request.url)
        FAILURES[how](route)

    page.route(pattern, fail)


def impatient(route: Route) -> None:
    """The page with three seconds for each answer, so that a test need not wait for 15."""
    if route.request.method == "POST":
        route.fallback()
        return
    answer = route.fetch()
    assert PATIENCE in answer.text()
    route.fulfill(response=answer, body=answer.text().replace(PATIENCE, '"timeout":3000'))


def notice(page: Page, how: str) -> None:
    alert = page.locator("[data-notice]").filter(has=page.get_by_role("button"))
    expect(alert).to_contain_text("Very busy – Nothing was lost." if how == "busy" else FAILED)


def try_again(page: Page) -> None:
    page.get_by_role("button", name="Try again").click()


@pytest.mark.parametrize("how", FAILURES)
def test_a_dialog_comes_at_the_next_try_and_keeps_what_was_typed(
    page: Page, parts: Server, how: str
) -> None:
    page.route(f"{parts.url}/", impatient)
    for method in ("GET", "POST"):
        fail_once(page, "**/claim", how, method)
    page.goto("/")
    page.locator("#claim-1").click()
    notice(page, how)
    try_again(page)
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Email").fill("anna@example.org")
    page.get_by_role("button", name="Save").click()
    notice(page, how)
    expect(page.get_by_label("First name")).to_have_value("Anna")
    try_again(page)
    expect(page.locator("#ticket-1")).to_contain_text("version 3")
    expect(page.locator("[data-notice] button")).to_have_count(0)


@pytest.mark.parametrize("status", [200, 403, 413])
def test_a_dialog_keeps_what_was_typed_when_others_answer(page: Page, status: int) -> None:
    """A hotspot, a proxy that wants to see a human first, one that finds it too large."""
    theirs = "<html>\n<head><title>Just a moment</title></head><body><h1>nginx</h1></body></html>"
    theirs = theirs if status == 413 else f"<!doctype html>{theirs}"
    kind = {"Content-Type": "text/html"}
    page.goto("/")
    page.locator("#claim-1").click()
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("Email").fill("anna@example.org")
    page.route("**/claim", lambda route: route.fulfill(status=status, body=theirs, headers=kind))
    page.get_by_role("button", name="Save").click()
    notice(page, "an error of a proxy")
    expect(page.get_by_label("First name")).to_have_value("Anna")
    page.unroute("**/claim")
    try_again(page)
    expect(page.locator("#ticket-1")).to_contain_text("version 3")


@pytest.mark.parametrize("how", FAILURES)
def test_a_pages_own_form_keeps_what_was_typed(page: Page, parts: Server, how: str) -> None:
    page.route("**/form", impatient)
    fail_once(page, "**/form", how, "POST")
    page.goto("/form")
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="Save").click()
    notice(page, how)
    expect(page.get_by_label("First name")).to_have_value("Anna")
    try_again(page)
    page.wait_for_url("**/visitor")
    assert parts.asked.count("GET /visitor") == 1, "the page that follows is fetched once"


def test_a_pages_own_form_shows_its_errors(page: Page) -> None:
    page.goto("/form")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Not yet")).to_be_visible()
    expect(page.get_by_label("First name")).to_be_focused()
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/visitor")


def test_a_search_goes_on(page: Page) -> None:
    fail_once(page, "**/search**", "no network")
    page.goto("/form")
    page.get_by_label("Search").press_sequentially("a")
    notice(page, "no network")
    try_again(page)
    expect(page.get_by_text("Found a")).to_be_visible()
    expect(page.get_by_label("Search")).to_have_value("a")


def test_so_does_what_only_follows_something(page: Page) -> None:
    fail_once(page, "**/search**", "an error of ours")
    page.goto("/form")
    page.evaluate("document.body.dispatchEvent(new Event('look'))")
    notice(page, "an error of ours")
    try_again(page)
    expect(page.get_by_text("Found nothing")).to_be_visible()


def test_a_button_of_a_card(page: Page) -> None:
    fail_once(page, "**/gone", "busy")
    page.goto("/")
    page.get_by_role("button", name="Recall").click()
    notice(page, "busy")
    try_again(page)
    expect(page.get_by_role("dialog", name="Withdrawn")).to_be_visible()


@pytest.mark.parametrize("htmx", [True, False])
def test_without_a_network_a_page_is_not_left(page: Page, parts: Server, htmx: bool) -> None:
    if not htmx:
        page.route("**/htmx-*.js", lambda route: route.abort())
    page.goto("/form")
    page.get_by_label("First name").fill("Anna")
    page.context.set_offline(True)
    page.get_by_role("link", name="Elsewhere").click()
    notice(page, "no network")
    page.get_by_role("button", name="Save").click()
    notice(page, "no network")
    try_again(page)
    notice(page, "no network")
    expect(page.get_by_label("First name")).to_have_value("Anna")
    page.context.set_offline(False)
    try_again(page)
    page.wait_for_url("**/visitor")
    assert parts.asked.count("POST /form") == 1


def test_a_browser_that_is_wrong_about_the_network_stops_nobody(page: Page) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    page.route("**/htmx-*.js", lambda route: route.abort())
    page.goto("/form")
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/visitor")
    page.go_back()
    page.get_by_role("link", name="Elsewhere").click()
    page.wait_for_url("**/visitor")
