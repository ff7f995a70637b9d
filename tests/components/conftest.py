"""A browser, and a phone's page of it on the pages of `parts`."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium
from tests.components.parts import Server


@pytest.fixture
def parts() -> Iterator[Server]:
    server = Server()
    yield server
    server.go_on.set()
    server.ticket.go_on.set()
    server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, parts: Server) -> Iterator[Page]:
    """A phone's page that fails the test when the script breaks."""
    context = browser.new_context(
        base_url=parts.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    )
    page = context.new_page()
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    yield page
    context.close()
    assert broken == []
