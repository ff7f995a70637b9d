"""Somebody without a pointer: where they are is to be seen at every stop."""

import re

from playwright.sync_api import Locator, Page, expect

STOPS = 120  # more than any page has

# What is wrong with where the focus is; nothing otherwise. A choice may show it by its label.
WRONG = """() => {
  const element = document.activeElement
  if (element === document.body) return 'the focus is on the body'
  if (element.matches('h1, h2, h3')) return '' // by script, after a swap: no stop
  const told = element.outerHTML.slice(0, 120)
  if (!element.matches(':focus-visible')) return `it does not show: ${told}`
  const ring = (e) => {
    const { outlineStyle, outlineWidth, outlineOffset } = getComputedStyle(e)
    const width = outlineStyle === 'none' ? 0 : parseFloat(outlineWidth)
    return { width, reach: Math.max(0, width + parseFloat(outlineOffset) - 1) }
  }
  const shown = [element, element.closest('label')].find((e) => e && ring(e).width >= 2)
  if (!shown) return `it has no ring: ${told}`
  const { left, right, top, bottom } = shown.getBoundingClientRect()
  if (right - left < 1 || bottom <= 0 || top >= innerHeight) return `it is out of sight: ${told}`
  const middle = [(left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2]
  const there = document.elementFromPoint(...middle)
  if (there && !shown.contains(there) && !there.contains(shown)) return `it is covered: ${told}`
  const { reach } = ring(shown)
  for (let e = shown.parentElement; e; e = e.parentElement) {
    if (e !== document.documentElement && getComputedStyle(e).overflow === 'visible') continue
    const edge = e.getBoundingClientRect()
    const cut = left - reach < edge.left || right + reach > edge.right
    if (cut) return `its ring is cut off: ${told}`
  }
  return ''
}"""


class Keyboard:
    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Into the field that has the focus, instead of what is in it."""
        self.press("ControlOrMeta+a")
        self._page.keyboard.type(text)

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Press the key until the target has the focus, unless it is there already."""
        for _ in range(STOPS):
            if target.evaluate("e => e === document.activeElement"):
                return
            self.go_on(key)
        raise AssertionError(f"{STOPS} stops without {target}")

    def go_on(self, key: str = "Tab") -> None:
        """To the next stop. Between a page's last and its first are the browser's own buttons."""
        self.press(key)
        if not self._page.evaluate("document.activeElement === document.body"):
            self.is_well()

    def go_back_to(self, target: Locator) -> None:
        self.go_to(target, "Shift+Tab")

    def go_to_field(self, screen: Page | Locator, label: str, text: str) -> None:
        self.go_to(screen.get_by_label(re.compile(f"^{label}")))
        self.type(text)

    def is_within(self, part: Locator) -> None:
        """The focus is on it or in it: on a heading, perhaps, which shows no ring."""
        expect(part.locator(":focus").or_(part.and_(self._page.locator(":focus")))).to_have_count(1)

    def is_well(self) -> None:
        wrong = self._page.evaluate(WRONG)
        assert not wrong, wrong
