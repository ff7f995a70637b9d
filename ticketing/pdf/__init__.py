"""Tickets as PDF: from plain values to bytes. Knows no Flask, no database, no gettext.

    Renderer().render(Document(title=…, lang="en", sheets=(TicketSheet(…),)))

draws in a process of its own, so that neither an event loop nor a thread waits for Python.
"""

from __future__ import annotations

from .cache import PdfCache
from .document import (
    Document,
    PoolBusy,
    RenderFailed,
    RenderTimeout,
    TicketSheet,
)
from .pool import Renderer


def render(document: Document) -> bytes:
    """The PDF, made in this process."""
    # Here and not above: xhtml2pdf is a large import that only the workers need.
    from .render import render as render_here

    return render_here(document)


__all__ = [
    "Document",
    "PdfCache",
    "PoolBusy",
    "RenderFailed",
    "RenderTimeout",
    "Renderer",
    "TicketSheet",
    "render",
]
