"""A site around ours, which the shop's list lets frame it; and phones that visit it.

They block third-party cookies, as browsers do by now.
"""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests import builders
from tests.browser.embedding.around import Around, serving
from tests.browser.people import PHONE, Company
from tests.live_server import LiveServer
from ticketing.models import Order, Shop


@pytest.fixture
def around(server: LiveServer) -> Iterator[Around]:
    pages: dict[str, str] = {}
    policies: dict[str, str] = {}

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            if policies.get(self.path):
                self.send_header("Content-Security-Policy", policies[self.path])
            self.end_headers()
            self.wfile.write(pages.get(self.path, "").encode())

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Pages)) as port:
        yield Around(f"http://localhost:{port}", server.url, pages, policies)


@pytest.fixture
def shop(app: Flask, around: Around) -> Shop:
    return builders.make_shop(embed_origins=["https://elsewhere.example", around.origin])


@pytest.fixture
def order(shop: Shop) -> Order:
    return builders.make_order(shop, tickets=3)


@pytest.fixture
def visiting(company: Company, around: Around) -> Callable[..., Page]:
    """Opens a phone that looks at the other site's pages, and may copy there."""

    def phone(**options: Any) -> Page:
        page = company.phone(**{"base_url": None, "friend": around.origin, **options})
        page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=around.origin)
        return page

    return phone


@pytest.fixture
def rough(browser: Browser) -> Iterator[Page]:
    """A phone whose console may complain: for pages where something is made to fail."""
    with browser.new_context(**PHONE, locale="en-GB") as context:
        yield context.new_page()
