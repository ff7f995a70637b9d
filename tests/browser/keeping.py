"""What a browser keeps of ticket pages, asked for until it is as expected."""

import time
from collections.abc import Callable

from playwright.sync_api import Page

KEPT = """async () => {
  const found = {}
  for (const name of await caches.keys()) {
    const files = await (await caches.open(name)).keys()
    found[name] = files.map(({ url }) => new URL(url).pathname)
  }
  return found
}"""
Kept = dict[str, list[str]]


def kept(page: Page) -> Kept:
    """By ticket page: the paths of all that is kept for it."""
    found: Kept = page.evaluate(KEPT)
    return found


def wait_until_kept(page: Page, *paths: str) -> None:
    """Until just these ticket pages are there, each with itself in what is kept for it."""
    wait_until(page, lambda found: set(found) == set(paths) and all(p in found[p] for p in paths))


def wait_until(page: Page, is_right: Callable[[Kept], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not is_right(found := kept(page)):
        assert time.monotonic() < until, found
        page.wait_for_timeout(50)
