"""The document as PDF bytes, in this process: xhtml2pdf with everything shut but our assets."""

from __future__ import annotations

import io
import logging
import threading
from functools import cache

from reportlab import rl_config
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.document import pisaDocument

from . import clusters, draw, faces, sheet, wrap
from .document import Document, RenderFailed

# The HTML names no resource at all; should a string ever smuggle one in, it may be one of these.
POLICY = ResourceAccessPolicy.server(
    faces.FOLDER,
    allow_remote=False,
    max_local_bytes=1024 * 1024,
    max_image_pixels=1_000_000,
    max_resources=1,
)
# xhtml2pdf's own stylesheet is for web pages; a ticket has no use for its hundred rules.
DEFAULT_CSS = "head, style { display: none }"

_lock = threading.Lock()


@cache
def prepare() -> None:
    """Read and register the fonts, once; until then the first ticket would wait for them."""
    rl_config.useA85 = 0  # the streams stay binary: smaller, and a step less
    rl_config.invariant = 1  # no dates, no random ids: same document, same bytes
    # It logs the text around every warning, and the text is somebody's name.
    logging.getLogger("xhtml2pdf").setLevel(logging.CRITICAL)
    for bold in (False, True):
        name = draw.BOLD if bold else draw.FAMILY
        path = faces.font_file(faces.TEXT, bold=bold)
        pdfmetrics.registerFont(TTFont(name, str(path), asciiReadable=False, shapable=False))
    clusters.register()
    draw.register()
    faces.open_all()


def render(document: Document) -> bytes:
    """The PDF of the document."""
    prepare()
    # The cluster font belongs to one document at a time, as xhtml2pdf itself does.
    with _lock:
        clusters.FONT.begin()
        wrap.fit.cache_clear()
        source, draw.PAGES.marks = sheet.html(document)
        out = io.BytesIO()
        try:
            result = pisaDocument(
                source,
                out,
                default_css=DEFAULT_CSS,
                context_meta={"title": " ".join(document.title.split())},
                resource_policy=POLICY,
            )
        except Exception as error:  # whatever xhtml2pdf and reportlab may raise
            # Its kind only: the message may quote the page, and the page holds a name.
            raise RenderFailed(f"xhtml2pdf: {type(error).__name__}") from error
    if result.err:
        raise RenderFailed(f"xhtml2pdf reported {result.err} errors")
    return out.getvalue()
