"""The copy of a ticket page: when it is shown, what takes its place, what ends it."""

from playwright.sync_api import Page, expect

from tests.browser.keeping import kept, wait_until, wait_until_kept
from tests.components.parts import Server

COPY = "Shown without a network"


def keep(page: Page) -> None:
    page.goto("/t/mine")
    wait_until_kept(page, "/t/mine")


def test_on_a_connection_that_says_nothing_the_copy_is_shown(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.go_on.clear()
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    expect(page.get_by_text("Code 1")).to_be_visible()
    parts.ticket.go_on.set()  # it was the same, and nothing needs to be said any more
    expect(page.get_by_text(COPY)).to_have_count(0)
    expect(page.get_by_text("Code 1")).to_be_visible()


def test_a_server_in_trouble_leads_to_the_copy(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.status = 503
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    assert "/t/mine" in kept(page)["/t/mine"]
    parts.ticket.status, parts.ticket.code = 200, 2
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("Code 2")).to_be_visible()
    expect(page.get_by_text(COPY)).to_have_count(0)


def test_what_was_never_opened_fails_as_ever(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.status = 503
    answer = page.goto("/t/another")
    assert answer is not None
    assert answer.status == 503
    assert set(kept(page)) == {"/t/mine"}


def test_files_of_a_former_version_are_let_go(page: Page, parts: Server) -> None:
    keep(page)
    assert "/static/pages.css" in kept(page)["/t/mine"]
    parts.ticket.stylesheet = "framed.css"
    page.goto("/t/mine")
    wait_until(
        page,
        lambda found: (
            "/static/framed.css" in found["/t/mine"] and "/static/pages.css" not in found["/t/mine"]
        ),
    )
