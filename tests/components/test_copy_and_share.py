"""Copying, sharing, and telling the server only what happened."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.components.parts import Server, violations


def wait_until_recorded(page: Page, parts: Server) -> None:
    until = time.monotonic() + 30
    while not parts.recorded:
        assert time.monotonic() < until, parts.asked
        page.wait_for_timeout(20)


def test_copying_says_so_and_is_recorded(page: Page, parts: Server) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    page.locator("#share-1").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#dialog [data-announcer]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "https://example.org/s/1"
    expect(page.locator("#ticket-1")).to_contain_text("version 2")
    assert parts.recorded == [{"csrf_token": "t0", "channel": "copy", "generation": "4"}]
    expect(page.get_by_role("dialog", name="Share ticket 1")).to_be_visible()


def test_where_copying_is_refused_the_text_is_selected(page: Page, parts: Server) -> None:
    page.add_init_script(
        "navigator.clipboard.writeText = () => Promise.reject(new Error('no'));"
        "Document.prototype.execCommand = () => false"
    )
    page.goto("/")
    page.locator("#share-1").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#dialog [data-announcer]")).to_contain_text("copy it by hand")
    assert page.evaluate("getSelection().toString()") == "https://example.org/s/1"
    assert parts.recorded == []


@pytest.mark.parametrize("clipboard", ["refused", "absent"])
def test_where_only_the_old_way_of_copying_works_it_is_taken(
    page: Page, parts: Server, clipboard: str
) -> None:
    """From a dialog's field, and without one; the focus stays."""
    page.context.grant_permissions(["clipboard-read"])
    page.add_init_script(
        "window.theirs = navigator.clipboard;"
        + {
            "refused": "navigator.clipboard.writeText = () => Promise.reject(new Error('no'))",
            "absent": "Object.defineProperty(navigator, 'clipboard', { value: undefined })",
        }[clipboard]
    )
    page.goto("/")
    page.locator("#share-1").click()
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#dialog [data-announcer]")).to_have_text("Copied")
    assert page.evaluate("theirs.readText()") == "https://example.org/s/1"
    wait_until_recorded(page, parts)
    expect(page.locator("#dialog button:focus")).to_contain_text("Cop")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Actions for ticket 2").click()
    page.locator("#menu-2").get_by_role("button", name="Copy link").click()
    expect(page.locator("#announcer")).to_have_text("Copied")
    assert page.evaluate("theirs.readText()") == "https://example.org/2"


def test_tapping_whatsapp_is_recorded_although_the_page_is_left(page: Page, parts: Server) -> None:
    page.goto("/")
    page.locator("#share-1").click()
    page.get_by_role("link", name="WhatsApp").click()
    page.wait_for_url("**/visitor")
    wait_until_recorded(page, parts)
    assert parts.recorded[0] == {"csrf_token": "t0", "channel": "whatsapp"}


def test_a_share_that_is_refused_says_so_in_its_dialog(page: Page, parts: Server) -> None:
    """Its generation died while the dialog was open: whoever gets this link can't use it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    parts.refusing = True
    page.goto("/")
    page.locator("#share-1").click()
    page.get_by_role("button", name="Copy link").click()
    alert = page.get_by_role("dialog", name="Share ticket 1").get_by_role("alert")
    expect(alert).to_have_text("Withdrawn – A newer one is out.")
    expect(alert).to_be_in_viewport()
    assert violations(page) == []


def test_a_share_that_is_refused_after_its_dialog_was_closed_says_so_on_the_page(
    page: Page, parts: Server
) -> None:
    page.add_init_script("navigator.share = () => new Promise(resolve => (window.done = resolve))")
    parts.refusing = True
    page.goto("/")
    page.locator("#share-1").click()
    page.get_by_role("button", name="More ways to share").click()
    page.keyboard.press("Escape")
    page.evaluate("window.done()")
    expect(page.locator("#notice")).to_have_text("Withdrawn – A newer one is out.")


@pytest.mark.parametrize("outcome", ["resolve", "reject"])
def test_the_phones_own_sheet_is_recorded_only_once_shared(
    page: Page, parts: Server, outcome: str
) -> None:
    page.add_init_script(
        f"navigator.share = data => (window.shared = data, Promise.{outcome}('whatever'))"
    )
    page.goto("/")
    page.locator("#share-1").click()
    page.get_by_role("button", name="More ways to share").click()
    assert page.evaluate("window.shared.url") == "https://example.org/s/1"
    if outcome == "resolve":
        wait_until_recorded(page, parts)
    else:
        page.wait_for_timeout(300)
    channels = [fields["channel"] for fields in parts.recorded]
    assert channels == (["native"] if outcome == "resolve" else [])


def test_without_a_sheet_of_its_own_there_is_no_button_for_it(page: Page) -> None:
    page.add_init_script("delete Navigator.prototype.share")
    page.goto("/")
    page.locator("#share-1").click()
    expect(page.locator("#dialog-title")).to_be_focused()
    expect(page.locator("[data-share-url]")).to_be_hidden()


def test_opened_is_told_once_and_only_when_seen(page: Page, parts: Server) -> None:
    page.add_init_script(
        "Object.defineProperty(document, 'visibilityState', {get: () => window.seen || 'hidden'})"
    )
    page.goto("/visitor")
    page.wait_for_timeout(200)
    assert parts.recorded == []
    for _ in range(2):
        page.evaluate(
            "window.seen = 'visible', document.dispatchEvent(new Event('visibilitychange'))"
        )
    page.wait_for_timeout(300)
    assert parts.recorded == [{"csrf_token": "t9"}]
