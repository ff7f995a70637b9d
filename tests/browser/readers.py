"""How people set up their browser to read, and what gets lost on a page by it."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Page

_LOST: Final = Path(__file__).with_suffix(".js").read_text()
# WCAG 1.4.12: by a stylesheet of one's own, as no policy can forbid it.
_SPACED: Final = """css => {
  const sheet = new CSSStyleSheet()
  sheet.replaceSync(css)
  document.adoptedStyleSheets = [sheet]
}"""
_SPACING: Final = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-block-end: 2em !important }
"""
# Where the system's colours replace all others, only edges tell a control from text.
_WITHOUT_EDGES: Final = """[...document.querySelectorAll(
  'button, .button, input:not([type=hidden], [type=radio], [type=checkbox]), select, textarea')]
  .filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((e) => {
    const { borderTopStyle, borderTopWidth, textDecorationLine } = getComputedStyle(e)
    const bare = borderTopStyle === 'none' || borderTopWidth === '0px'
    return bare && textDecorationLine === 'none' && !e.matches('.menu-item')
  })
  .map((e) => e.outerHTML.slice(0, 120))"""


def lost(page: Page) -> list[str]:
    """What sticks out sideways, is cut off, or is too large for its button; in words."""
    return list(page.evaluate(_LOST))


def lost_in_large_text(page: Page) -> list[str]:
    """Twice as large, as one chooses it for all pages."""
    browser = page.context.new_cdp_session(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    found = lost(page)
    browser.send("Page.setFontSizes", {"fontSizes": {"standard": 16, "fixed": 13}})
    browser.detach()
    return found


def lost_in_spaced_text(page: Page) -> list[str]:
    page.evaluate(_SPACED, _SPACING)
    found = lost(page)
    page.evaluate(_SPACED, "")
    return found


def without_edges(page: Page) -> list[str]:
    """Controls that look like text in high contrast (`forced-colors`)."""
    page.emulate_media(forced_colors="active")
    found = list(page.evaluate(_WITHOUT_EDGES))
    page.emulate_media(forced_colors="none")
    return found
