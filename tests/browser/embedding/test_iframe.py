"""The whole flow inside a shop's own page on another site, with third-party cookies blocked."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flask import Flask
from playwright.sync_api import Browser, FrameLocator, Page, Response, expect

from tests import builders
from tests.browser.people import (
    PHONE,
    Company,
    fill_in,
    open_share,
    overview_of,
    read_qr,
    ticket,
)
from tests.live_server import LiveServer

PARENT = """<!doctype html><title>A shop</title><meta name="viewport" content="width=device-width">
<iframe src="{}" allow="clipboard-write; web-share" width="360" height="760"></iframe>"""


@dataclass(frozen=True)
class Parent:
    """Somebody's own page on another site than the installation's: localhost, not 127.0.0.1."""

    origin: str
    server: str

    def framing(self, path: str) -> str:
        return f"{self.origin}/?{self.server}{path}"


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(PARENT.format(self.path.partition("?")[2]).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def parent(server: LiveServer) -> Iterator[Parent]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=http.serve_forever)
    thread.start()
    yield Parent(f"http://localhost:{http.server_port}", server.url)
    http.shutdown()
    thread.join()
    http.server_close()


@pytest.fixture
def framed(company: Company, parent: Parent) -> Page:
    """A phone that looks at the parent's pages, and may copy there."""
    page = company.phone(base_url=None, friend=parent.origin)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=parent.origin)
    return page


def test_the_whole_flow(app: Flask, framed: Page, company: Company, parent: Parent) -> None:
    order = builders.make_order(builders.make_shop(embed_origins=[parent.origin]))
    answers: list[Response] = []
    framed.context.on("response", lambda answer: answers.append(answer))
    framed.goto(parent.framing(overview_of(order)))
    inside = framed.frame_locator("iframe")
    ticket(inside, 1).get_by_role("button", name="Claim").tap()
    inside.get_by_role("dialog").get_by_role("button", name="Save").tap()
    expect(ticket(inside, 1)).to_contain_text("Ready – Bea B.")

    dialog = open_share(inside, 2)
    dialog.get_by_role("button", name="Copy link").tap()
    expect(dialog.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    link = dialog.get_by_label("Link", exact=True).input_value()
    dialog.get_by_role("link", name="Close").tap()
    expect(ticket(inside, 2)).to_contain_text("Link shared, waiting")

    visitor = company.phone(base_url=None, friend=parent.origin)
    visitor.goto(parent.framing(link.removeprefix(parent.server)))
    theirs = visitor.frame_locator("iframe")
    expect(ticket(inside, 2)).to_contain_text("Link opened")
    fill_in(theirs, "Anna", "Visser", "anna@example.org")
    theirs.get_by_role("button", name="Save").tap()
    expect(theirs.get_by_role("heading", name="Anna Visser")).to_be_visible()
    assert read_qr(theirs.get_by_role("figure"))
    expect(ticket(inside, 2)).to_contain_text("Ready – Anna V.")
    pdf = str(theirs.get_by_role("link", name="Download ticket").get_attribute("href"))
    assert visitor.request.get(f"{parent.server}{pdf}").ok

    # Nothing was even tried to be kept.
    ours = [each for each in answers if "/o/" in each.url and "/stream" not in each.url]
    assert len(ours) > 3
    assert [each.header_value("set-cookie") for each in ours] == [None] * len(ours)
    for page in (framed, visitor):
        [_top, frame] = page.frames
        assert frame.url.startswith(parent.server)
        assert frame.evaluate("document.cookie") == ""
        assert frame.evaluate("document.hasStorageAccess()") is False
        assert page.context.cookies() == []


def test_only_where_the_shop_says_so(app: Flask, browser: Browser, parent: Parent) -> None:
    listed = builders.make_order(builders.make_shop(embed_origins=["https://shop.example.org"]))
    nowhere = builders.make_order()
    context = browser.new_context(**PHONE)
    for path in (overview_of(listed), overview_of(nowhere), "/backoffice/sign-in"):
        page = context.new_page()
        with page.expect_console_message(
            lambda message: re.search("frame-ancestors|X-Frame-Options", message.text) is not None
        ):
            page.goto(parent.framing(path))
        inside: FrameLocator = page.frame_locator("iframe")
        expect(inside.locator("main")).to_have_count(0)
    context.close()
