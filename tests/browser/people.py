"""People with browsers: who takes part in a test, what they do, and what they see."""

import io
import re
from contextlib import ExitStack
from typing import Any

import zxingcpp
from PIL import Image
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    expect,
)

from tests import builders
from tests.browser import recorder
from ticketing import links
from ticketing.carried import barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.models import Order, Organiser

Screen = Page | FrameLocator | Locator  # or a part of one
PASSWORD = "correct horse battery"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
    "user_agent": (
        "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/156.0.0.0 Mobile Safari/537.36"
    ),
}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
# What the browser itself and htmx say of an answer that is an error, and of an address that is out
# of reach; and in frames: an iPhone's feature that the browser doesn't know, the focus that it
# leaves to the parent.
# And of an empty style that axe leaves on an element and htmx would copy: its hash is nothing's.
EXPECTED = re.compile(
    r"^Applying inline style .*'sha256-47DEQpj8HBSa\+/TImW\+5JCeuQeRkm5NMpJWZG3hSuFU='|"
    r"Failed to load resource|net::ERR_|^htmx:(?:afterRequest|sendError), |"
    r"^Response Status Error Code 503 from |Unrecognized feature: 'web-share'|Blocked autofocusing"
)


class Company:
    """Opens browsers, and looks over everybody's shoulder.

    When they close, no script may have failed, no policy been broken, no cookie been set on a
    link page, nobody else been asked for anything; and after no swap may the focus have been lost
    or axe have found something.
    """

    def __init__(self, browser: Browser, url: str, until: ExitStack) -> None:
        self.browser = browser
        self.url = url
        self.until = until

    def phone(self, **options: Any) -> Page:
        return self.context(**{**PHONE, **options}).new_page()

    def desk(self, **options: Any) -> Page:
        return self.context(**{**DESK, **options}).new_page()

    def context(self, *, friend: str | None = None, **options: Any) -> BrowserContext:
        """`friend`: the one other origin that may be asked for something."""
        context = self.browser.new_context(
            **{"base_url": self.url, "reduced_motion": "reduce", "locale": "en-GB", **options}
        )
        # The browser's own pages, such as its PDF viewer, count for nothing.
        known = (self.url, "data:", "chrome", "https://wa.me/", *([friend] if friend else []))
        complaints: list[str] = []
        asked: list[str] = []

        def note(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"} and not EXPECTED.search(message.text):
                complaints.append(f"console: {message.text}")

        def check() -> None:
            recorder.finish(context)
            cookies = context.cookies()
            context.close()
            complaints.extend(f"asked {url}" for url in asked if not url.startswith(known))
            if not any(url.startswith(f"{self.url}/backoffice") for url in asked):
                complaints.extend(f"cookie {cookie}" for cookie in cookies)
            assert not complaints, "\n".join(complaints)

        self.until.callback(check)
        context.add_init_script(recorder.script())
        context.on("console", note)
        context.on("weberror", lambda error: complaints.append(f"script: {error.error}"))
        context.on("request", lambda request: asked.append(request.url))
        # WhatsApp is somebody else's: what matters is what it would have been told.
        context.route("https://wa.me/**", lambda route: route.fulfill(body="WhatsApp"))
        return context


# ---- What people do ----


def overview_of(order: Order) -> str:
    return f"/o/{links.order_token(order)}"


def ticket(page: Screen, position: int) -> Locator:
    """The card of a ticket."""
    return page.get_by_role("article", name=re.compile(rf"^Ticket {position}\b"))


def scripts_ran(page: Screen) -> None:
    """A page that one was led to is there before its scripts are; what is pressed until then does
    what it does without them, and opens no dialog. After a `goto` there is nothing to wait for."""
    if isinstance(page, Page):
        page.wait_for_load_state()


def open_share(page: Screen, position: int) -> Locator:
    """The dialog in which a ticket is shared."""
    scripts_ran(page)
    ticket(page, position).get_by_role("button", name=re.compile("^Share")).click()
    dialog = page.get_by_role("dialog", name=f"Share ticket {position}")
    expect(dialog).to_be_visible()
    return dialog


def fill_in(page: Screen, first: str, last: str, email: str, phone: str = "") -> None:
    page.get_by_label("First name").fill(first)
    page.get_by_label("Last name").fill(last)
    page.get_by_label("Email", exact=True).fill(email)
    page.get_by_label("Phone").fill(phone)


def sign_in(page: Page, organiser: Organiser, email: str) -> None:
    """As an owner who works for this organiser, at the page that lists the orders."""
    builders.make_user(organiser, email=email, password=PASSWORD)
    page.goto("/backoffice/orders")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Orders")
    scripts_ran(page)


def choose(page: Page, menu: str | re.Pattern[str], item: str) -> None:
    """An item of a ⋯ menu."""
    scripts_ran(page)
    page.get_by_role("button", name=menu).click()
    page.get_by_role("group", name=menu).get_by_text(item, exact=True).click()


# ---- What people see ----


def read_qr(part: Locator) -> str:
    """What a camera held before this part of the screen would read."""
    with Image.open(io.BytesIO(part.screenshot())) as seen:
        [code] = zxingcpp.read_barcodes(seen.convert("RGB"))
    return str(code.text)


def at_the_door(barcode: str) -> int | str:
    """The position of the ticket that it admits, or why it is refused."""
    db.session.rollback()  # else the door would see the database as it was
    try:
        return barcodes.look_up(barcode).position
    except BarcodeRefused as refused:
        return refused.reason


def mark(page: Page) -> None:
    """A mark that a reload would wipe out."""
    page.evaluate("window.sameDocument = true")


def is_same_document(page: Page) -> bool:
    return bool(page.evaluate("window.sameDocument === true"))
