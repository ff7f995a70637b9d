"""What is left when a script did not come, or none may run."""

import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.components.parts import Server
from tests.components.test_when_it_fails import fail_once, notice, try_again


def test_without_htmx_the_links_are_links(page: Page) -> None:
    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/htmx-*.js", refuse)
    page.goto("/")
    page.locator("#share-1").click()
    page.wait_for_url("**/share")
    expect(page.get_by_role("heading", name="Share ticket 1")).to_be_visible()


def test_without_javascript_menus_open_and_links_lead_on(browser: Browser, parts: Server) -> None:
    context = browser.new_context(base_url=parts.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.get_by_role("button", name="Actions for ticket 1").click()
    expect(page.locator("#menu-1")).to_be_visible()
    page.locator("#menu-1").get_by_role("link", name="Edit").click()
    page.wait_for_url("**/claim")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("First name")).to_be_focused()
    context.close()


def test_a_browser_that_knows_no_dialogs_goes_to_pages(page: Page, parts: Server) -> None:
    """Safari before 15.4 (2022)."""
    page.add_init_script("delete HTMLDialogElement.prototype.showModal")
    page.goto("/")
    page.locator("#share-1").click()
    page.wait_for_url("**/share")
    expect(page.get_by_role("heading", name="Share ticket 1")).to_be_visible()
    page.goto("/form")
    page.get_by_label("First name").fill("Anna")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/visitor")
    assert not any("/stream" in each or "/changes" in each for each in parts.asked)


def test_a_browser_that_sends_no_form_for_a_script_sends_it_all_the_same(
    page: Page, parts: Server
) -> None:
    """Safari before 16 has no requestSubmit; older iPhones stay with 15 for good."""
    page.add_init_script("delete HTMLFormElement.prototype.requestSubmit")
    fail_once(page, "**/whole", "no network")
    page.goto("/forms")
    page.get_by_label("Note").fill("Anna")
    page.get_by_role("button", name="Show").click()
    notice(page, "no network")
    try_again(page)
    expect(page).to_have_title("show Anna")

    page.route("**/htmx-*.js", lambda route: route.abort())
    page.goto("/form")
    page.get_by_label("First name").fill("Anna")
    page.get_by_label("First name").press("Enter")
    page.wait_for_url("**/visitor")
    assert parts.asked.count("POST /form") == 1


def test_the_backoffice_does_without_word_from_other_windows(page: Page, parts: Server) -> None:
    """Browsers inside apps have no BroadcastChannel."""
    page.add_init_script("delete window.BroadcastChannel")
    page.goto("/")
    page.get_by_role("button", name="Actions for ticket 1").click()
    expect(page.locator("#menu-1 :focus")).to_have_count(1)  # a moment after it opened
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Resend")).to_be_focused()


def test_who_reaches_for_something_does_not_wait_for_htmx_for_ever(
    page: Page, parts: Server
) -> None:
    """Where it is fetched when it is needed, and the line died."""

    def with_htmx_later(route: Route) -> None:
        answer = route.fetch()
        html = re.sub(r'<script src="([^"]+htmx[^"]+)" defer></script>', "", answer.text())
        at = "/static/vendor/htmx-2.0.11.min.js"
        assert html != answer.text()
        html = html.replace('app.js"', f'app.js" data-htmx="{at}"')
        html = html.replace(
            "<h1>",
            '<form action="/share"><button data-hx-get="/share"'
            ' data-hx-target="#dialog">Pass on</button></form><h1>',
        )
        route.fulfill(response=answer, body=html)

    page.route(f"{parts.url}/", with_htmx_later)
    page.route("**/htmx-*.js", lambda _route: None)
    page.clock.install()
    page.goto("/")
    page.get_by_role("button", name="Pass on").click()
    page.clock.run_for(400)
    expect(page.locator("html")).to_have_attribute("aria-busy", "true")
    page.clock.run_for(10_000)
    page.wait_for_url("**/share?")
