"""A page's own form goes by htmx, and feels as if the browser had sent it."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from tests.components.parts import Server
from tests.components.test_when_it_fails import fail_once, impatient, notice, try_again

FILE = FilePayload(name="a.csv", mimeType="text/csv", buffer="zoë;1".encode())


def test_an_upload_keeps_its_file(page: Page, parts: Server) -> None:
    fail_once(page, "**/upload", "no network")
    page.goto("/forms")
    page.get_by_label("File").set_input_files(FILE)
    page.get_by_role("button", name="Upload").click()
    notice(page, "no network")
    try_again(page)
    page.wait_for_url("**/visitor")
    assert parts.recorded[0] == {"file": "zoë;1"}


def test_what_comes_takes_the_place_of_the_page(page: Page) -> None:
    page.goto("/forms")
    page.get_by_label("Note").fill("Anna")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_title("show Anna")  # what was pressed is said too
    expect(page.get_by_role("heading", name="show Anna")).to_be_focused()
    assert page.evaluate("scrollY") == 0
    expect(page.get_by_role("button", name="Show")).to_have_count(1)


def test_another_try_says_what_was_pressed(page: Page) -> None:
    fail_once(page, "**/whole", "an error of a proxy")
    page.goto("/forms")
    page.get_by_label("Note").fill("Anna")
    page.get_by_label("Note").press("Enter")
    notice(page, "an error of a proxy")
    expect(page).to_have_title("Forms")
    expect(page.get_by_label("Note")).to_have_value("Anna")
    try_again(page)
    expect(page).to_have_title("show Anna")


@pytest.mark.parametrize("status", [200, 413])
def test_what_others_answer_takes_no_form_away(page: Page, status: int) -> None:
    """A hotspot asks for a room number, a proxy finds an upload too large."""
    hotspot = "<!doctype html><title>Hotspot</title><h1>Welcome to our network</h1>"
    kind = {"Content-Type": "text/html"}
    page.route("**/whole", lambda route: route.fulfill(status=status, body=hotspot, headers=kind))
    page.goto("/forms")
    page.get_by_label("Note").fill("Anna")
    page.get_by_role("button", name="Show").click()
    notice(page, "an error of a proxy")
    expect(page).to_have_title("Forms")
    expect(page.get_by_label("Note")).to_have_value("Anna")
    page.unroute("**/whole")
    try_again(page)
    expect(page).to_have_title("show Anna")


def test_a_place_further_down_the_same_page_is_loaded_anew(page: Page, parts: Server) -> None:
    page.goto("/forms")
    page.evaluate("window.sameDocument = true")
    page.get_by_role("button", name="Go to the places").click()
    page.wait_for_url("**/forms#places")
    page.wait_for_function("!window.sameDocument")
    assert parts.asked.count("GET /forms") == 2


def test_a_file_is_saved_and_the_page_stays(page: Page, tmp_path: Path) -> None:
    fail_once(page, "**/file", "busy")
    page.goto("/forms")
    page.get_by_label("Note").fill("Anna")
    page.get_by_role("button", name="Get it").click()
    notice(page, "busy")
    with page.expect_download() as saved:
        try_again(page)
    assert saved.value.suggested_filename == "people.csv"
    saved.value.save_as(tmp_path / "people.csv")
    assert (tmp_path / "people.csv").read_text() == "zoë;1\n"
    expect(page.get_by_label("Note")).to_have_value("Anna")
    expect(page.locator("form[aria-busy]")).to_have_count(0)


def test_a_slow_answer_is_waited_for_and_asked_for_once(page: Page, parts: Server) -> None:
    held: list[Route] = []
    page.route("**/form", lambda r: held.append(r) if r.request.method == "POST" else r.fallback())
    page.goto("/form")
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("html")).to_have_attribute("aria-busy", "true")
    page.get_by_label("First name").press("Enter")
    held[0].continue_()
    page.wait_for_url("**/visitor")
    assert (len(held), parts.asked.count("POST /form")) == (1, 1)


def test_what_opens_an_app_leaves_a_page_that_goes_on(page: Page) -> None:
    """Google Wallet, on a phone: the browser was sent to it, and stays where it was."""
    page.route(
        "**/form",
        lambda route: (
            route.fulfill(status=204, headers={"HX-Redirect": "/app"})
            if route.request.method == "POST"
            else route.fallback()
        ),
    )
    page.route("**/app", lambda route: route.fulfill(status=204))
    page.clock.install()
    page.goto("/form")
    page.get_by_label("First name").fill("Anna")
    with page.expect_request("**/app"):
        page.get_by_role("button", name="Save").click()
    expect(page.locator("form[aria-busy]")).to_have_count(1)
    page.clock.fast_forward(16_000)
    expect(page.locator("[aria-busy]")).to_have_count(0)
    with page.expect_request("**/app"):
        page.get_by_role("button", name="Save").click()


def test_an_upload_is_given_longer(page: Page, parts: Server) -> None:
    held: list[Route] = []
    page.route("**/forms", impatient)
    page.route("**/upload", lambda route: held.append(route))
    fail_once(page, "**/whole", "no answer")
    page.goto("/forms")
    page.get_by_label("File").set_input_files(FILE)
    page.get_by_role("button", name="Upload").click()
    page.get_by_role("button", name="Show").click()
    notice(page, "no answer")
    expect(page.locator("form[action='/upload']")).to_have_attribute("aria-busy", "true")
    held[0].continue_()
    page.wait_for_url("**/visitor")


def test_a_sign_in_is_sent_by_the_browser_where_there_is_a_server(
    page: Page, parts: Server
) -> None:
    page.goto("/forms")
    fail_once(page, "**/app.js", "no network", "HEAD")
    with page.expect_event("requestfailed"):
        page.get_by_label("Email").focus()
    page.keyboard.type("olga@example.org")
    page.get_by_label("Email").press("Enter")
    page.wait_for_url("**/visitor")  # there is one by now
    page.goto("/forms")
    page.route("**/app.js", lambda r: r.abort() if r.request.method == "HEAD" else r.fallback())
    with page.expect_event("requestfailed"):
        page.get_by_label("Email").fill("olga@example.org")
    page.get_by_role("button", name="Sign in").click()
    notice(page, "no network")
    expect(page.get_by_label("Email")).to_have_value("olga@example.org")
    page.unroute("**/app.js")
    with page.expect_request("**/sign-in") as sent:
        try_again(page)
    assert sent.value.is_navigation_request()
    page.wait_for_url("**/visitor")
    assert parts.asked.count("POST /sign-in") == 2


def test_without_htmx_the_server_is_asked_before_the_page_is_left(
    page: Page, parts: Server
) -> None:
    """The browser says that there is a network, as it does in a train."""
    page.route("**/htmx-*.js", lambda route: route.abort())
    page.goto("/form")
    fail_once(page, "**/app.js", "no network", "HEAD")
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="Save").click()
    notice(page, "no network")
    expect(page.get_by_label("First name")).to_have_value("Anna")
    try_again(page)
    page.wait_for_url("**/visitor")
    assert parts.asked.count("POST /form") == 1
