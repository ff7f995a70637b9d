"""S10: heights come from our frame alone, are numbers, and make sense; so do wishes."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.embedding.around import (
    PAPER,
    Around,
    count_messages,
    fits,
    height,
    looks_like,
    wait_for_messages,
)
from tests.browser.people import overview_of
from ticketing.models import Order, Shop

NO_HEIGHTS = ["1e9", "50001", "49", "0", "-700", "700.5", "NaN", "Infinity", "'700'", "[700]",
              "{height: 700}", "null", "true", "700n"]  # fmt: skip


def test_what_is_no_height(visiting: Callable[..., Page], around: Around, order: Order) -> None:
    page = visiting()
    page.goto(around.embedding(overview_of(order)))
    fits(page)
    before = height(page)
    count_messages(page)
    for sent, data in enumerate(NO_HEIGHTS, 1):
        page.frames[1].evaluate(f"parent.postMessage({data}, '{around.origin}')")
        wait_for_messages(page, sent)
        assert height(page) == before, data


def test_from_somebody_else(
    visiting: Callable[..., Page], around: Around, shop: Shop, order: Order
) -> None:
    """The page itself, a page of ours in another frame, one of theirs."""
    page = visiting()
    page.goto(around.embedding(overview_of(order)))
    fits(page)
    before = height(page)
    other = around.page("/other", "")
    for source in (other, f"{around.ours}/shop/{shop.slug}"):
        page.evaluate(
            """(source) => new Promise((done) => {
              const frame = document.createElement('iframe')
              frame.onload = done
              frame.src = source
              document.body.append(frame)
            })""",
            source,
        )
    count_messages(page)
    for frame in (page.main_frame, *page.frames[2:]):
        frame.evaluate(f"parent.postMessage(700, '{around.origin}')")
    wait_for_messages(page, 3)
    assert height(page) == before


def test_wishes_from_somebody_else(
    visiting: Callable[..., Page], around: Around, order: Order
) -> None:
    """The framed page listens to the page around it, on the shop's list, and to nobody else."""
    page = visiting(color_scheme="light")
    page.goto(around.embedding(overview_of(order)))
    fits(page)
    frame = page.frames[1]
    count_messages(frame)
    frame.evaluate("window.postMessage('dark', location.origin)")
    frame.evaluate(
        """() => {
          window.dispatchEvent(new MessageEvent('message', {
            data: 'dark', origin: 'https://evil.example', source: parent,
          }))
        }"""
    )
    for data in ("purple", "", "DARK", 700, None, {"theme": "dark"}):
        page.locator("passalong-frame iframe").evaluate(
            "(e, data) => e.contentWindow.postMessage(data, '*')", data
        )
    wait_for_messages(frame, 8)
    looks_like(page, PAPER)
