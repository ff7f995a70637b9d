"""What is kept with a ticket page: the files it needs, as they are ours, and nothing else."""

from collections.abc import Callable

import pytest
from flask import redirect
from playwright.sync_api import Page, Response, expect
from werkzeug.wrappers import Response as WerkzeugResponse

from tests.browser.keeping import wait_until, wait_until_kept
from tests.components.kept.copies import COPY, keep
from tests.components.kept.ticket_pages import NOT_OURS
from tests.components.parts import Server
from ticketing.config import PROJECT

Answer = Callable[[], WerkzeugResponse]
STYLES = "/static/pages.css"
TEXT_OF = "async (path) => (await caches.match(path, { ignoreSearch: true })).text()"


def styles_of(page: Page) -> list[str]:
    """The paths of the stylesheets that it has in force."""
    found: list[str] = page.evaluate(
        """() => Array.from(document.styleSheets)
          .filter((sheet) => sheet.cssRules.length).map(({ href }) => new URL(href).pathname)"""
    )
    return found


def keep_all(page: Page) -> None:
    keep(page)
    wait_until(page, lambda found: {STYLES, "/static/ticket.js"} <= set(found["/t/mine"]))


def test_files_of_a_former_version_are_let_go(page: Page, parts: Server) -> None:
    keep(page)
    wait_until(page, lambda found: "/static/pages.css" in found["/t/mine"])
    parts.ticket.stylesheet = "framed.css"
    page.goto("/t/mine")
    wait_until(
        page,
        lambda found: (
            "/static/framed.css" in found["/t/mine"] and "/static/pages.css" not in found["/t/mine"]
        ),
    )


def test_a_new_code_is_kept_even_if_its_files_do_not_come(page: Page, parts: Server) -> None:
    keep(page)
    parts.ticket.code, parts.ticket.stylesheet = 2, "nowhere.css"
    page.goto("/t/mine")
    expect(page.get_by_text("Code 2")).to_be_visible()
    wait_until(page, lambda found: "/static/pages.css" not in found["/t/mine"])
    parts.ticket.status = 503
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    expect(page.get_by_text("Code 2")).to_be_visible()


def test_a_copy_needs_no_network_at_all(page: Page, parts: Server) -> None:
    keep_all(page)
    page.context.set_offline(True)
    page.goto("/t/mine")
    expect(page.get_by_text(COPY)).to_be_visible()
    assert STYLES in styles_of(page)


def test_what_is_there_is_not_asked_for_again(page: Page, parts: Server) -> None:
    keep_all(page)
    page.goto("/t/another")
    wait_until(page, lambda found: STYLES in found.get("/t/another", ()))
    parts.asked.clear()
    for path in ("/t/mine", "/t/another"):  # so that the first is done when the second is kept
        page.goto(path)
    wait_until_kept(page, "/t/mine", "/t/another")
    assert parts.asked == ["GET /t/mine", "GET /t/another"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda: WerkzeugResponse(NOT_OURS, mimetype="text/html"),
        lambda: redirect("/t/mine/ticket.pdf"),
        lambda: WerkzeugResponse("body {}", 500, mimetype="text/css"),
    ],
    ids=["hotspot", "led away", "failure"],
)
def test_a_file_that_is_not_ours_is_not_kept(page: Page, parts: Server, answer: Answer) -> None:
    keep_all(page)
    parts.instead_of_files = answer
    parts.ticket.stylesheet = "framed.css"
    page.goto("/t/mine")
    wait_until(page, lambda found: STYLES not in found["/t/mine"])  # all were looked for
    parts.instead_of_files = None
    page.goto("/t/mine")
    wait_until(page, lambda found: "/static/framed.css" in found["/t/mine"])
    text = page.evaluate(TEXT_OF, "/static/framed.css")
    assert text == (PROJECT / "static" / "framed.css").read_text()


def test_a_browser_that_keeps_nothing_shows_the_page(page: Page, parts: Server) -> None:
    """Its store is broken, or full; a page that it does show has its styles."""
    keep_all(page)
    worker = page.context.service_workers[0]
    worker.evaluate(
        """() => {
          for (const name of ['keys', 'match', 'open', 'delete']) {
            CacheStorage.prototype[name] = async () => { throw new Error('broken') }
          }
        }"""
    )
    parts.ticket.code, parts.ticket.stylesheet = 2, "framed.css"
    page.goto("/t/mine")
    expect(page.get_by_text("Code 2")).to_be_visible()
    expect(page.get_by_text(COPY)).to_have_count(0)
    assert "/static/framed.css" in styles_of(page)


def test_a_download_is_asked_for_once(page: Page, parts: Server) -> None:
    keep(page)
    with page.expect_download() as coming:
        page.get_by_role("link", name="Download").click()
    coming.value.path()
    assert parts.asked.count("GET /t/mine/ticket.pdf") == 1


def test_nothing_else_passes_through_the_worker(page: Page, parts: Server) -> None:
    keep(page)
    by: dict[str, bool] = {}

    def note(answer: Response) -> None:
        by[answer.url.removeprefix(parts.url)] = answer.from_service_worker

    page.on("response", note)
    page.goto("/t/mine")
    with page.expect_download():
        page.get_by_role("link", name="Download").click()
    page.evaluate("fetch('/changes')")
    page.goto("/visitor")
    assert by.pop("/t/mine") is True
    assert [path for path, worker in by.items() if worker and "/static/" not in path] == []
    assert {"/t/mine/ticket.pdf", "/changes", "/visitor"} <= set(by)
