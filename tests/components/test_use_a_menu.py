"""The ⋯ menus, by touch and by keyboard."""

from playwright.sync_api import Page, expect

from tests.components.parts import violations


def test_a_menu_by_keyboard(page: Page) -> None:
    page.goto("/")
    button = page.get_by_role("button", name="Actions for ticket 1")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#menu-1").get_by_role("link", name="Edit")).to_be_focused()
    assert violations(page) == []
    page.keyboard.press("ArrowDown")
    expect(page.locator("#menu-1").get_by_role("button", name="Resend")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#menu-1").get_by_role("button", name="Copy link")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#menu-1")).to_be_hidden()
    expect(button).to_be_focused()


def test_one_menu_at_a_time_and_a_tap_beside_closes_it(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 844})
    page.goto("/")
    page.get_by_role("button", name="Actions for ticket 1").click()
    expect(page.locator("#menu-1")).to_be_visible()
    page.get_by_role("button", name="Actions for ticket 2").click()
    expect(page.locator("#menu-1")).to_be_hidden()
    expect(page.locator("#menu-2")).to_be_visible()
    page.mouse.click(5, 5)
    expect(page.locator("#menu-2")).to_be_hidden()


def test_a_dialog_opened_from_a_menu_returns_to_its_button(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Actions for ticket 2").click()
    page.locator("#menu-2").get_by_role("link", name="Edit").click()
    expect(page.get_by_role("dialog", name="Claim ticket 1")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Actions for ticket 2")).to_be_focused()
