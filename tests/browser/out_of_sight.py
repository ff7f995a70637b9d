"""Pages in the background, as on a phone that was put away. Chromium's own stay in sight."""

from playwright.sync_api import Page

_CAN_BE_HIDDEN = """
Object.defineProperty(Document.prototype, 'visibilityState',
  { get: () => window.hiddenNow ? 'hidden' : 'visible' })
"""


def can_be_hidden(page: Page) -> None:
    """Before the page is opened."""
    page.add_init_script(_CAN_BE_HIDDEN)


def hide(page: Page) -> None:
    page.evaluate("hiddenNow = true, document.dispatchEvent(new Event('visibilitychange'))")


def show(page: Page) -> None:
    page.evaluate("hiddenNow = false, document.dispatchEvent(new Event('visibilitychange'))")
