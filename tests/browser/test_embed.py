"""`embed.js` in pages on another site, with third-party cookies blocked as browsers do by now."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, Frame, FrameLocator, Locator, Page, Request, Route, expect

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
from tests.browser.test_look import SMALL_TARGETS, objections
from tests.live_server import LiveServer
from ticketing.demo_site.server import server_of
from ticketing.models import Order, Shop

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


def fits(page: Page, within: float = 1) -> None:
    """Soon the frame is as tall as what is in it: nothing to scroll, nothing empty."""
    until = time.monotonic() + within
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


def test_the_whole_flow_from_a_shops_own_page(
    app: Flask, company: Company, server: LiveServer
) -> None:
    """Order, claim, share, the friend's details, the PDF: in the demo's example of a site."""
    listening = socket.create_server(("127.0.0.1", 0))
    site = f"http://localhost:{listening.getsockname()[1]}"
    shop = builders.make_shop(embed_origins=[site])
    with serving(server_of(listening, server.url, shop.slug)):
        booker = company.phone(base_url=None, friend=site)
        booker.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
        booker.goto(site)
        page = inside(booker)
        page.get_by_label("Weekend").fill("2")
        fill_in(page, "Bea", "Bakker", "bea@example.org")
        fits(booker)
        page.get_by_role("button", name="Complete order").tap()
        expect(page.get_by_text("Thank you, your order is complete")).to_be_visible()
        expect(page.get_by_text("Thank you")).to_be_in_viewport()  # the form was far below it
        fits(booker)

        ticket(page, 1).get_by_role("button", name="Claim").tap()
        page.get_by_role("dialog").get_by_role("button", name="Save").tap()
        expect(ticket(page, 1)).to_contain_text("Ready – Bea B.")
        fits(booker)
        dialog = open_share(page, 2)
        dialog.get_by_role("button", name="Copy link").tap()
        expect(dialog.get_by_role("status").filter(has_text="Copied")).to_be_visible()
        link = booker.evaluate("navigator.clipboard.readText()")
        assert link.startswith(f"{server.url}/s/")
        assert "?" not in link
        dialog.get_by_role("link", name="Close").tap()

        friend = company.phone()
        friend.goto(link)
        fill_in(friend, "Anna", "Visser", "anna@example.org")
        friend.get_by_role("button", name="Save").tap()
        expect(ticket(page, 2)).to_contain_text("Ready – Anna V.")
        fits(booker)

        download = ticket(page, 2).get_by_role("link", name="Download ticket")
        asked = sent_by(download, booker, "/ticket.pdf")
        assert booker.request.get(asked.url).headers["content-type"] == "application/pdf"
        expect(ticket(page, 2)).to_be_visible()  # the PDF has a tab of its own

        frame = booker.frames[1]
        assert (
            frame.evaluate("document.cookie = 'x=1; SameSite=None; Secure'; document.cookie") == ""
        )
        assert frame.evaluate("document.hasStorageAccess()") is False
        assert booker.context.cookies() == []


def test_a_friend_in_a_frame(visiting: Callable[..., Page], around: Around, order: Order) -> None:
    link = builders.share(order.tickets[0])
    page = visiting()
    page.goto(around.embedding(link))
    form = inside(page)
    form.get_by_role("button", name="Save").tap()  # with errors it is taller
    expect(form.get_by_label("First name")).to_have_attribute("aria-invalid", "true")
    fits(page)
    fill_in(form, "Anna", "Visser", "anna@example.org")
    form.get_by_role("button", name="Save").tap()
    expect(form.get_by_role("heading", name="Anna Visser")).to_be_visible()
    assert read_qr(form.get_by_role("figure"))
    fits(page)
    asked = sent_by(form.get_by_role("link", name="Download ticket"), page, "/ticket.pdf")
    assert page.request.get(asked.url).ok
    assert page.context.cookies() == []


def test_the_height_follows(visiting: Callable[..., Page], around: Around, order: Order) -> None:
    page = visiting()
    page.goto(around.embedding(overview_of(order)))
    frame = inside(page)
    expect(ticket(frame, 3)).to_be_visible()
    fits(page)
    open_share(frame, 3)
    fits(page)
    page.keyboard.press("Escape")
    expect(frame.get_by_role("dialog")).to_have_count(0)
    fits(page)
    tall = height(page)
    page.set_viewport_size({"width": 320, "height": 640})
    fits(page)
    assert height(page) != tall
    builders.claim(order.tickets[0])  # news from elsewhere
    expect(ticket(frame, 1)).to_contain_text("Ready – Anna V.")
    fits(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("position", [1, 3])
def test_dialogs_open_where_people_look(
    visiting: Callable[..., Page], around: Around, order: Order, position: int
) -> None:
    page = visiting()
    page.goto(around.embedding(overview_of(order)))
    share = ticket(inside(page), position).get_by_role("button", name="Share")
    fits(page)
    share.evaluate("e => e.scrollIntoView({ block: 'center' })")
    share.tap()
    title = inside(page).get_by_role("dialog").get_by_role("heading", level=1)
    expect(title).to_be_visible()
    expect(title).to_be_in_viewport()
    box = title.bounding_box()
    assert box is not None
    assert 0 <= box["y"] <= PHONE["viewport"]["height"] / 2


class TestLooks:
    def test_wishes_outlive_forms_and_links(
        self, visiting: Callable[..., Page], around: Around, shop: Shop
    ) -> None:
        wishes = (
            "<style>passalong-frame { --passalong-radius: 4px; --passalong-accent: teal }</style>"
        )
        page = visiting(color_scheme="light")
        page.goto(around.embedding(f"/shop/{shop.slug}", 'lang="en" theme="dark"', head=wishes))
        frame = inside(page)
        frame.get_by_role("button", name="Complete order").tap()  # says what is missing
        expect(frame.get_by_label("First name")).to_have_attribute("aria-invalid", "true")
        looks_like(page, DARK_PAPER, TEAL)
        frame.get_by_label("Weekend").fill("1")
        fill_in(frame, "Bea", "Bakker", "bea@example.org")
        frame.get_by_role("button", name="Complete order").tap()
        expect(ticket(frame, 1)).to_be_visible()
        looks_like(page, DARK_PAPER, TEAL)
        ticket(frame, 1).get_by_role("button", name="Claim").tap()
        frame.get_by_role("dialog").get_by_role("button", name="Save").tap()
        expect(ticket(frame, 1)).to_contain_text("Ready")
        with page.expect_event("framenavigated"):
            page.frames[1].evaluate("location.reload()")
        expect(ticket(frame, 1)).to_contain_text("Ready")
        looks_like(page, DARK_PAPER, TEAL)
        assert "lang=en" in page.frames[1].url

    def test_a_page_that_changes_its_theme(
        self, visiting: Callable[..., Page], around: Around, order: Order
    ) -> None:
        page = visiting(color_scheme="light")
        page.goto(around.embedding(overview_of(order)))
        expect(ticket(inside(page), 1)).to_be_visible()
        fits(page)
        for theme, paper in (("dark", DARK_PAPER), ("light", PAPER), ("auto", PAPER)):
            element(page).evaluate("(e, theme) => e.setAttribute('theme', theme)", theme)
            looks_like(page, paper)
        element(page).evaluate("e => e.setAttribute('theme', 'dark')")
        looks_like(page, DARK_PAPER)
        link = inside(page).get_by_role("link", name="Add to calendar")
        assert "theme=dark" in sent_by(link, page, "/event.ics").url

    def test_wishes_in_a_stylesheet_that_comes_late(
        self, visiting: Callable[..., Page], around: Around, shop: Shop
    ) -> None:
        page = visiting(color_scheme="light")
        script = page.request.get(f"{around.ours}/embed.js").text()  # quicker than any stylesheet
        page.route("**/embed.js", lambda route: route.fulfill(body=script))

        def late(route: Route) -> None:
            page.wait_for_timeout(300)
            route.fulfill(
                body="passalong-frame { --passalong-accent: teal }", content_type="text/css"
            )

        page.route("**/late.css", late)
        sheet = '<link rel="stylesheet" href="/late.css">'
        page.goto(around.embedding(f"/shop/{shop.slug}", head=sheet))
        looks_like(page, PAPER, TEAL)

    def test_an_element_that_is_moved(
        self, visiting: Callable[..., Page], around: Around, order: Order
    ) -> None:
        page = visiting()
        page.goto(around.embedding(overview_of(order)))
        expect(ticket(inside(page), 1)).to_be_visible()
        element(page).evaluate("e => document.body.prepend(e)")
        expect(ticket(inside(page), 1)).to_be_visible()
        fits(page)
        element(page).evaluate("e => e.remove()")
        expect(page.locator("iframe")).to_have_count(0)

    def test_styles_of_the_page_around_stay_outside(
        self, visiting: Callable[..., Page], around: Around, shop: Shop
    ) -> None:
        hostile = (
            "<style>* { display: none !important }"
            "html, body, passalong-frame { display: block !important }</style>"
        )
        page = visiting()
        page.goto(around.embedding(f"/shop/{shop.slug}", head=hostile))
        expect(inside(page).get_by_role("button", name="Complete order")).to_be_visible()

    def test_what_the_element_says_of_the_frame(
        self, visiting: Callable[..., Page], around: Around, shop: Shop
    ) -> None:
        page = visiting(viewport={"width": 900, "height": 700})
        page.goto(around.embedding(f"/shop/{shop.slug}", 'lang="fr" max-width="480"'))
        iframe = page.locator("passalong-frame iframe")
        expect(iframe).to_have_attribute("allow", "clipboard-write; web-share")
        expect(iframe).to_have_attribute("title", "Billets")
        expect(iframe).to_have_attribute("referrerpolicy", "no-referrer")
        expect(iframe).not_to_have_attribute("sandbox", re.compile(""))
        expect(iframe).to_have_css("width", "480px")
        expect(page.get_by_role("link", name="Tickets")).to_be_hidden()

    def test_nothing_to_object_to(
        self, visiting: Callable[..., Page], around: Around, order: Order
    ) -> None:
        page = visiting()
        page.goto(around.embedding(overview_of(order), 'theme="dark" accent="#ffcc00" radius="0"'))
        fits(page)
        frame: Any = page.frames[1]
        assert objections(frame) == []
        assert frame.evaluate(SMALL_TARGETS) == []
        open_share(inside(page), 1)
        assert objections(frame) == []
        page.keyboard.press("Escape")
        element(page).evaluate("e => e.setAttribute('theme', 'light')")
        looks_like(page, PAPER)
        assert objections(frame) == []
        assert objections(page) == []


def test_a_strict_policy_of_the_page_around(
    visiting: Callable[..., Page], around: Around, shop: Shop
) -> None:
    page = visiting()
    policy = f"default-src 'none'; script-src {around.ours}; frame-src {around.ours}"
    page.goto(around.embedding(f"/shop/{shop.slug}", policy=policy))
    expect(inside(page).get_by_role("button", name="Complete order")).to_be_visible()
    fits(page)


class TestWhereItCannotBeShown:
    """People get a normal link instead."""

    def test_without_javascript(
        self, visiting: Callable[..., Page], around: Around, order: Order
    ) -> None:
        page = visiting(java_script_enabled=False)
        page.goto(around.embedding(overview_of(order)))
        page.get_by_role("link", name="Tickets").tap()
        expect(ticket(page, 1)).to_be_visible()

    def test_the_script_does_not_load(self, rough: Page, around: Around, order: Order) -> None:
        url = around.embedding(overview_of(order))
        rough.route("**/embed.js", lambda route: route.abort())
        rough.goto(url)
        rough.get_by_role("link", name="Tickets").tap()
        expect(ticket(rough, 1)).to_be_visible()

    @pytest.mark.parametrize("why", ["not listed", "no such link", "no server"])
    def test_the_page_does_not_load(
        self, rough: Page, around: Around, shop: Shop, why: str
    ) -> None:
        path = {
            "not listed": f"/shop/{builders.make_shop().slug}",
            "no such link": f"/o/{'A' * 36}",
            "no server": f"/shop/{shop.slug}",
        }[why]
        url = around.embedding(path)
        if why == "no server":
            rough.route(f"{around.ours}{path}*", lambda route: route.abort())
        rough.goto(url)
        expect(rough.get_by_role("link", name="Tickets")).to_be_visible()
        expect(rough.locator("passalong-frame iframe")).to_be_hidden()
        assert height(rough) == 0

    def test_it_is_no_address(self, rough: Page, around: Around) -> None:
        script = f'<script async src="{around.ours}/embed.js"></script>'
        for source in ("javascript:alert(1)", "data:text/html,x", "https://", "/", ""):
            body = (
                f'{script}<passalong-frame src="{source}"><a href="/">Tickets</a></passalong-frame>'
            )
            rough.goto(around.page("/", body))
            rough.wait_for_function("() => !!customElements.get('passalong-frame')")
            expect(rough.get_by_role("link", name="Tickets")).to_be_visible()
            assert rough.locator("passalong-frame iframe").count() == 0


class TestForgedMessages:
    """S10: heights come from our frame alone, are numbers, and make sense."""

    @pytest.mark.parametrize(
        "data",
        ["1e9", "50001", "49", "0", "-700", "700.5", "NaN", "Infinity", "'700'", "[700]",
         "{height: 700}", "null", "true", "700n"],
    )  # fmt: skip
    def test_what_is_no_height(
        self, visiting: Callable[..., Page], around: Around, order: Order, data: str
    ) -> None:
        page = visiting()
        page.goto(around.embedding(overview_of(order)))
        fits(page)
        before = height(page)
        count_messages(page)
        page.frames[1].evaluate(f"parent.postMessage({data}, '{around.origin}')")
        page.wait_for_function("window.heard > 0")
        assert height(page) == before

    def test_from_somebody_else(
        self, visiting: Callable[..., Page], around: Around, shop: Shop, order: Order
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
        page.wait_for_function("window.heard >= 3")
        assert height(page) == before

    def test_wishes_from_somebody_else(
        self, visiting: Callable[..., Page], around: Around, order: Order
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
        frame.wait_for_function("window.heard >= 8")
        looks_like(page, PAPER)


def count_messages(where: Page | Frame) -> None:
    where.evaluate("window.heard = 0, addEventListener('message', () => window.heard++)")
