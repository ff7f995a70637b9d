"""What looks at every page of these tests from within: see recorder.js."""

import re
from functools import cache
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Error

# The last of these is what a frame of another site says that was taken out of its page.
_LEFT = re.compile(
    r"context was destroyed|Frame (was|has been) detached|Target page, context or browser has been"
)


@cache
def script() -> str:
    """For pages before anything else; axe in it costs nothing until something is swapped."""
    looks = Path(__file__).with_suffix(".js").read_text()
    return f"(() => {{ function loadAxe() {{ {AXE_SCRIPT} }}\n{looks} }})()"


def finish(context: BrowserContext) -> None:
    """Wait until all that was swapped in was looked at, but for pages that are being left."""
    for page in context.pages:
        for frame in page.frames:
            if ".pdf" in frame.url:
                continue  # the browser's own page, which may not answer
            try:
                frame.evaluate("() => window[Symbol.for('recorder')]?.()")
            except Error as error:
                if not _LEFT.search(error.message):
                    raise
