"""The browser of the browser tests: the system's Chromium or Chrome, else Playwright's own."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PATH = next(filter(None, map(shutil.which, NAMES)), None)
ARGUMENTS = [
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-background-networking",  # nothing leaves here
    "--test-third-party-cookie-phaseout",  # as strict as browsers are about frames
]
_running: list[Browser] = []


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; skips the test where there is none, and fails it in CI.

    One at a time: Playwright can't be started twice, so who asks meanwhile gets the same one.
    """
    if _running:
        yield _running[0]
        return
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=PATH, args=ARGUMENTS)
        except Error as error:
            missing = f"no browser: uv run playwright install chromium ({error.message})"
            if os.environ.get("CI"):
                pytest.fail(missing)
            pytest.skip(missing)
        with browser:
            _running.append(browser)
            try:
                yield browser
            finally:
                _running.clear()


@contextmanager
def with_back_cache(browser: Browser) -> Iterator[Browser]:
    """One that keeps pages whole for going back, as people's do; Playwright's own doesn't.

    There `go_back` sees no load: `wait_until="commit"`.
    """
    kind = browser.browser_type
    with kind.launch(
        executable_path=PATH, args=ARGUMENTS, ignore_default_args=["--disable-back-forward-cache"]
    ) as another:
        yield another
