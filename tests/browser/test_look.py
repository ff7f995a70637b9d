"""Every page and dialog, in every state that people meet, on a phone and on a desk.

Writes a picture of each to `screenshots/`, where somebody may look at them, and holds each to what
all pages must keep: valid HTML, no sideways scrolling at 320 px, nothing that axe objects to in
light or dark, targets big enough for a thumb, nothing lost in large or widely spaced text or
without colours, no form lost where no answer comes. (Errors on the console and requests to others
fail whichever test they happen in.)
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Error, Page, Response

from tests import builders
from tests.browser import html_checker, readers, unanswered
from tests.browser.html_checker import HtmlChecker
from tests.browser.people import Company, overview_of
from tests.browser.scenes import (
    SCENES,
    accounts,
    asking,
    booker,
    desk,
    mails,
    pretix,
    privacy,
    programs,
    reminders,
    set_up,
    visitor,
    wallets,
)

__all__ = [  # with their import their scenes are known
    "accounts",
    "asking",
    "booker",
    "desk",
    "mails",
    "pretix",
    "privacy",
    "programs",
    "reminders",
    "set_up",
    "visitor",
    "wallets",
]

SCREENSHOTS = Path(__file__).parent.parent.parent / "screenshots"
AXE: dict[str, Any] = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    "resultTypes": ["violations"],  # nothing need be told of all that is well
}
WEIGHT = 45 * 1024
SMALL_TARGETS = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('[inert]'))
  .filter((e) => !document.querySelector('dialog[open]') || e.closest('dialog[open]'))
  .filter((e) => getComputedStyle(e).display !== 'inline' && !e.matches('.skip'))
  .map((e) => (e.matches('[type=checkbox], [type=radio]') && e.closest('label')) || e)
  .filter((e) => {
    const { width, height } = e.getBoundingClientRect()
    return width < 43.5 || height < 43.5
  })
  .map((e) => e.outerHTML.slice(0, 120))"""

# Each would be looked for, styled and announced as the first of that name.
SAME_NAMES = """() => [...document.querySelectorAll('[id]:not([type=hidden])')]
  .map((e) => e.id).filter((id, at, all) => all.indexOf(id) !== at)"""

TWICE_AS_LARGE = """addEventListener('DOMContentLoaded', () => {
  document.documentElement.style.fontSize = '200%'
})"""
# The browser's own measure of how much has moved without anybody's doing. What it takes for input
# here was the opening of the page: nobody does anything.
SHIFT = """() => new Promise((done) => {
  let sum = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
  requestAnimationFrame(() => setTimeout(() => done(sum), 100))
})"""


@pytest.fixture(scope="session", autouse=True)
def folder() -> Path:
    SCREENSHOTS.mkdir(exist_ok=True)
    return SCREENSHOTS


@pytest.fixture(scope="session")
def checker(pytestconfig: pytest.Config) -> Iterator[HtmlChecker | str]:
    """Or why there is none: what it needs is missing, or can't be fetched."""
    if not html_checker.is_there():
        yield html_checker.MISSING
        return
    assert pytestconfig.cache is not None
    with ExitStack() as stack:
        folder = pytestconfig.cache.mkdir("html-checker")
        try:
            found: HtmlChecker | str = stack.enter_context(html_checker.running(folder))
        except html_checker.NotFetched as why:
            found = str(why)
        yield found


def test_html_is_checked(checker: HtmlChecker | str) -> None:
    if checker == html_checker.MISSING and os.environ.get("CI"):
        pytest.fail(html_checker.MISSING)
    if isinstance(checker, str):
        pytest.skip(checker)
    assert checker.errors("<p><section>Not in a paragraph</section></p>") != []


@pytest.mark.parametrize("name", SCENES)
def test_a_page(app: Flask, company: Company, checker: HtmlChecker | str, name: str) -> None:
    page = company.desk(has_touch=True) if name.startswith("desk") else company.phone()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    SCENES[name](page)
    if not isinstance(checker, str):
        assert [wrong for html in sent_to(page, answers) for wrong in checker.errors(html)] == []
    whole = not page.get_by_role("dialog").is_visible()

    def picture(suffix: str) -> None:
        if not os.environ.get("CI"):
            page.screenshot(path=SCREENSHOTS / f"{name}-{suffix}.png", full_page=whole)

    resize(page, 1280, 900)
    picture("1280")
    assert readers.lost_in_large_text(page) == []
    resize(page, 390, 844)
    picture("390")
    assert readers.lost_in_spaced_text(page) == []
    assert readers.without_edges(page) == []
    assert objections(page) == []
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate(SAME_NAMES) == []
    page.emulate_media(color_scheme="dark")
    picture("390-dark")
    assert objections(page) == []
    resize(page, 320, 640)  # as a desk's window at 400 %
    assert readers.lost(page) == []
    assert unanswered.lost_forms(page) == []


def test_the_overview_is_light(app: Flask, company: Company) -> None:
    page = company.phone()
    session = page.context.new_cdp_session(page)
    loaded: list[float] = []
    session.on("Network.loadingFinished", lambda it: loaded.append(it["encodedDataLength"]))
    session.send("Network.enable")
    page.goto(overview_of(builders.make_order()), wait_until="load")
    assert len(loaded) <= 6
    assert sum(loaded) <= WEIGHT


@pytest.mark.parametrize(
    "name", ["shop", "overview_in_every_state", "share_dialog", "visitor_form", "ticket_page"]
)
def test_text_twice_as_large(app: Flask, company: Company, name: str) -> None:
    page = company.phone(bypass_csp=True)  # for the test's own style
    page.add_init_script(TWICE_AS_LARGE)
    resize(page, 320, 640)
    SCENES[name](page)
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 32
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    dialog = page.locator("dialog[open]")
    if dialog.count():
        assert dialog.evaluate("e => e.scrollWidth <= e.clientWidth")


@pytest.mark.parametrize("name", ["overview_in_every_state", "overview_after_news", "ticket_page"])
def test_nothing_jumps(app: Flask, company: Company, name: str) -> None:
    page = company.phone()
    SCENES[name](page)
    assert page.evaluate(SHIFT) <= 0.05


def test_with_more_contrast(app: Flask, company: Company) -> None:
    page = company.phone(contrast="more")
    SCENES["visitor_form"](page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        quiet = {"include": [[".hint"], [".meta"]]}
        found = Axe().run(page, context=quiet, options={"runOnly": ["color-contrast-enhanced"]})
        assert found.response["violations"] == []
        assert found.response["passes"]


def resize(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})


def sent_to(page: Page, answers: list[Response]) -> list[str]:
    """The HTML of the page and of what was swapped in; a mail in a frame is for mail programs."""
    found = []
    for answer in answers:
        if answer.frame == page.main_frame and "html" in answer.headers.get("content-type", ""):
            try:
                found.append(answer.text())
            except Error:
                continue  # the page was left
    assert found
    return found


def objections(page: Page) -> list[str]:
    """What axe finds wrong."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{each['id']}: {each['nodes'][0]['html']}" for each in found]
