"""An overview that can't hear of anything says so, quietly, and no longer than it is true."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.out_of_sight import can_be_hidden, hide, show
from tests.components.parts import Server, violations, wait_for_stream

LIVE = re.compile("/(stream|changes)")
WORDS = "Not up to date – looking again"


def said(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text=WORDS)


def pass_time(page: Page, seconds: int, until: Callable[[], object] | None = None) -> None:
    """In steps, so that what is asked for on the way can be answered, or fail."""
    for _ in range(seconds):
        if until and until():
            return
        page.clock.fast_forward(1_000)
        page.wait_for_timeout(20)


@pytest.fixture
def ticket(page: Page) -> Locator:
    """As news have made it."""
    page.clock.install()
    return page.locator("#ticket-1").filter(has_text="version 2")


def test_after_half_a_minute_without_the_server_and_until_it_is_back(
    page: Page, parts: Server, ticket: Locator
) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    with page.expect_event("requestfinished", lambda request: "/stream" in request.url):
        parts.stop()
    pass_time(page, 25)
    expect(said(page)).to_have_count(0)
    pass_time(page, 20, until=said(page).is_visible)
    expect(said(page)).to_be_in_viewport()
    assert violations(page) == []
    parts.start()
    pass_time(page, 90, until=lambda: parts.streams)
    parts.send(2, "meanwhile")
    expect(ticket).to_be_visible()
    expect(said(page)).to_have_count(0)


def test_nothing_is_said_of_a_hiccup(page: Page, parts: Server, ticket: Locator) -> None:
    page.goto("/")
    wait_for_stream(page, parts)
    parts.drop_streams()
    pass_time(page, 25, until=lambda: parts.streams)
    parts.send(2, "by the stream")
    expect(ticket).to_be_visible()
    page.clock.fast_forward(45_000)
    expect(said(page)).to_have_count(0)


def test_a_phone_that_slept_says_so_soon(page: Page, parts: Server, ticket: Locator) -> None:
    """Even if nothing fails: in a dead spot requests wait for an answer."""
    can_be_hidden(page)
    page.goto("/")
    wait_for_stream(page, parts)
    hide(page)
    page.clock.fast_forward("01:00:00")
    page.route(LIVE, lambda _route: None)
    show(page)
    expect(said(page)).to_have_count(0)
    page.clock.fast_forward(5_000)
    expect(said(page)).to_be_visible()
    hide(page)
    parts.poll = parts.news(2, "meanwhile")
    page.unroute_all(behavior="ignoreErrors")
    show(page)
    expect(ticket).to_be_visible()
    expect(said(page)).to_have_count(0)


def test_where_there_are_no_streams(page: Page, parts: Server, ticket: Locator) -> None:
    page.add_init_script("delete window.EventSource")
    page.goto("/")
    pass_time(page, 40)
    expect(said(page)).to_have_count(0)
    parts.poll = parts.news(2, "by polling")
    pass_time(page, 5, until=ticket.is_visible)
    expect(ticket).to_be_visible()
    assert parts.streams == []
    parts.stop()
    pass_time(page, 40)
    expect(said(page)).to_be_visible()


def test_a_line_that_died_is_given_up(page: Page, parts: Server, ticket: Locator) -> None:
    """A phone went from one network to another, and what it asked before is never answered."""
    page.add_init_script(
        "const after = AbortSignal.timeout.bind(AbortSignal);"
        "AbortSignal.timeout = (ms) => after(ms / 100)"
    )
    parts.buffering = True
    parts.poll = parts.news(2, "by polling")
    page.route("**/changes*", lambda _route: None, times=1)
    page.goto("/")
    pass_time(page, 50, until=ticket.is_visible)
    expect(ticket).to_be_visible()


@pytest.mark.parametrize("status", [200, 204, 404])
def test_a_proxy_that_answers_in_our_place_is_not_believed(
    page: Page, parts: Server, ticket: Locator, status: int
) -> None:
    """While we are restarted some say that nothing is there; a hotspot says what it likes."""
    page.add_init_script("delete window.EventSource")
    page.route("**/changes*", lambda route: route.fulfill(status=status, body="not found"))
    page.goto("/")
    pass_time(page, 60, until=said(page).is_visible)
    expect(said(page)).to_be_visible()
    page.unroute("**/changes*")
    parts.poll = parts.news(2, "by polling")
    pass_time(page, 60, until=ticket.is_visible)
    expect(ticket).to_be_visible()
    expect(said(page)).to_have_count(0)
