"""Copies of tickets that are withdrawn, or whose time is over."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.keeping import wait_until_kept
from tests.components.kept.copies import COPY, keep, look_again, open_a_copy, wait_for
from tests.components.parts import Server

# As if it had been kept long ago.
AGE = """async (path) => {
  const cache = await caches.open(path)
  const page = await cache.match(path)
  const headers = new Headers(page.headers)
  if (!headers.has('Good-Until')) throw new Error('good for ever')
  headers.set('Good-Until', '2020-01-01T00:00:00+00:00')
  await cache.put(path, new Response(await page.text(), { headers }))
}"""


@pytest.mark.parametrize("status", [404, 410])
def test_our_word_that_it_is_gone_ends_the_copy(page: Page, parts: Server, status: int) -> None:
    keep(page)
    parts.ticket.status = status
    page.goto("/t/mine")
    wait_until_kept(page)


def test_a_copy_whose_time_is_over_is_let_go(page: Page, parts: Server) -> None:
    keep(page)
    page.goto("/t/another")
    wait_until_kept(page, "/t/mine", "/t/another")
    page.evaluate(AGE, "/t/mine")
    parts.ticket.status = 503
    page.goto("/t/another")
    expect(page.get_by_text(COPY)).to_be_visible()
    wait_until_kept(page, "/t/another")
    page.evaluate(AGE, "/t/another")
    answer = page.goto("/t/another")
    assert answer is not None
    assert answer.status == 503, "nor is it shown a last time"


def test_a_ticket_whose_time_is_over_is_kept_no_longer(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.until = "2020-01-01T00:00:00+00:00"
    page.goto("/t/mine")
    expect(page.get_by_text("Code 1")).to_be_visible()
    wait_until_kept(page)


def test_a_newer_worker_takes_over_at_once_and_tidies(page: Page, parts: Server) -> None:
    """While a copy is open: it goes on with what is kept, and looks as before."""
    open_a_copy(page, parts)
    page.context.new_page().goto("/t/another")
    wait_until_kept(page, "/t/mine", "/t/another")
    page.evaluate(AGE, "/t/another")
    parts.has_newer_worker = True
    page.evaluate(
        """async () => {
          navigator.serviceWorker.oncontrollerchange = () => window.isTakenOver = true
          await (await navigator.serviceWorker.ready).update()
        }"""
    )
    wait_for(page, lambda: page.evaluate("window.isTakenOver") is True)
    wait_until_kept(page, "/t/mine")
    parts.ticket.code = 2
    look_again(page)
    expect(page.get_by_text("Code 2")).to_be_visible()
    expect(page.get_by_text(COPY)).to_have_count(0)
