"""What is left when a script did not come, or none may run."""

from playwright.sync_api import Browser, Page, Route, expect

from tests.components.parts import Server


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
