"""Copies of the ticket page of `ticket_pages`: made, opened, looked at again."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.keeping import wait_until_kept
from tests.components.parts import Server

COPY = "Shown without a network"


def keep(page: Page) -> None:
    page.goto("/t/mine")
    wait_until_kept(page, "/t/mine")


def look_again(page: Page) -> None:
    page.evaluate("dispatchEvent(new Event('online'))")


def wait_for(page: Page, is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        page.wait_for_timeout(50)


def wait_for_requests(page: Page, parts: Server, count: int) -> None:
    wait_for(page, lambda: parts.ticket.served >= count)


def open_a_copy(page: Page, parts: Server) -> None:
    """The page is marked: a test sees whether it is loaded anew, and how often it heard."""
    keep(page)
    asked = parts.ticket.served
    parts.ticket.status = 503
    page.goto("/t/mine")
    wait_for_requests(page, parts, asked + 2)  # it has looked by itself as well
    expect(page.get_by_text(COPY)).to_be_visible()
    page.evaluate("""() => {
      window.heard = 0
      navigator.serviceWorker.addEventListener('message', () => window.heard++)
    }""")
    parts.ticket.status = 200


def wait_until_heard(page: Page) -> None:
    """Of one look. (The policy allows no wait_for_function.)"""
    wait_for(page, lambda: page.evaluate("window.heard") == 1)


def is_the_same(page: Page) -> bool:
    return bool(page.evaluate("'heard' in window"))
