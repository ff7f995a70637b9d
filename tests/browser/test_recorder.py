"""What looks at every page of these tests sees what is wrong."""

from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests import builders
from tests.browser.people import Company
from tests.live_server import LiveServer
from ticketing.models import Order

SWAP = """html => {
  const main = document.getElementById('main')
  main.removeAttribute('tabindex') // else the focus would find a place
  htmx.swap(main, html, { swapStyle: 'innerHTML', swapDelay: 0, settleDelay: 0 })
}"""


@pytest.mark.parametrize(
    ("swapped_in", "complaint"),
    [
        ("<h1>Fine</h1>", ""),
        ("<h1>Fine</h1><button><svg></svg></button>", "axe: button-name: <button>"),
        ("<p>Nothing that takes the focus</p>", "focus: it is on the body"),
    ],
)
def test_after_a_swap(
    browser: Browser, server: LiveServer, order_of_five: Order, swapped_in: str, complaint: str
) -> None:
    with ExitStack() as until_then:
        page = Company(browser, server.url, until_then).phone()
        page.goto(builders.share(order_of_five.tickets[0]))
        page.evaluate(SWAP, swapped_in)
        if complaint:
            with pytest.raises(AssertionError, match=complaint):
                until_then.close()
