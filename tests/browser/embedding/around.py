"""Somebody's own site around ours, with `embed.js`, and what people see of the frame in it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer

from playwright.sync_api import Frame, FrameLocator, Locator, Page, Request, expect

SOON = 10  # seconds, on a busy machine
PAPER = "rgb(247, 243, 238)"
DARK_PAPER = "rgb(23, 19, 27)"
TEAL = "rgb(0, 128, 128)"
# The lowest of what is drawn: the page, or a dialog on it.
CONTENT = """() => Math.max(...[document.body, ...document.querySelectorAll('dialog[open]')]
  .map((e) => e.getBoundingClientRect().bottom + scrollY))"""


@dataclass
class Around:
    """Somebody's own site: localhost, not 127.0.0.1. Its pages are what a test puts there."""

    origin: str
    ours: str
    pages: dict[str, str] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)

    def page(self, path: str, body: str, *, policy: str = "", head: str = "") -> str:
        """Put a page there; returns its address."""
        self.pages[path] = (
            '<!doctype html><html lang="en"><title>A festival</title>'
            f'<meta name="viewport" content="width=device-width">{head}'
            f"<body><h1>A festival</h1>{body}<p>The end</p>"
        )
        self.policies[path] = policy
        return f"{self.origin}{path}"

    def embedding(self, path: str, attributes: str = "", **more: str) -> str:
        """A page with our snippet in it; returns its address."""
        source = f"{self.ours}{path}"
        script = f'<script async src="{self.ours}/embed.js"></script>'
        body = (
            f'{script}<passalong-frame src="{source}" {attributes}>'
            f'<a href="{source}">Tickets</a></passalong-frame>'
        )
        return self.page(f"/at{path}", body, **more)


@contextmanager
def serving(http: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    try:
        yield http.server_port
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def inside(page: Page) -> FrameLocator:
    return page.frame_locator("passalong-frame iframe")


def element(page: Page) -> Locator:
    return page.locator("passalong-frame")


def height(page: Page) -> int:
    return int(page.locator("passalong-frame iframe").evaluate("e => e.offsetHeight"))


def looks_like(page: Page, paper: str, button: str = "") -> None:
    """The colours that a framed page has in the end."""
    expect(inside(page).locator("body")).to_have_css("background-color", paper)
    if button:
        first = inside(page).locator(".button:not(.secondary, .quiet)").first
        expect(first).to_have_css("background-color", button)


def fits(page: Page) -> None:
    """Soon the frame is as tall as what is in it: nothing to scroll, nothing empty."""
    until = time.monotonic() + SOON
    while True:
        wanted, found = page.frames[1].evaluate(CONTENT), height(page)
        if wanted <= found <= wanted + 20:
            return
        assert time.monotonic() < until, f"the frame is {found} px tall, its content {wanted} px"
        page.wait_for_timeout(20)


def sent_by(action: Locator, page: Page, ending: str) -> Request:
    """What is asked for by a tap, wherever the answer is shown."""
    with page.context.expect_event(
        "request", lambda request: request.url.partition("?")[0].endswith(ending)
    ) as asked:
        action.tap()
    return asked.value


def count_messages(where: Page | Frame) -> None:
    where.evaluate("window.heard = 0, addEventListener('message', () => window.heard++)")


def wait_for_messages(where: Page | Frame, count: int) -> None:
    until = time.monotonic() + SOON
    while (heard := where.evaluate("window.heard")) < count:  # our policy allows no eval
        assert time.monotonic() < until, f"{heard} of {count} messages came"
        time.sleep(0.02)
