"""From tickets to PDF files: what a ticket says, in whose language, and which file holds it.

Files are cached under everything they show, so a changed ticket is another file; making one takes
place in the worker processes of `ticketing.pdf`.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from flask import Flask, current_app
from flask_babel import force_locale, ngettext, pgettext
from flask_babel import gettext as _

from ticketing import metrics
from ticketing.asking import names
from ticketing.carried import barcodes
from ticketing.carried.downloads import ready_tickets
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import CANCELLED, Order, Ticket
from ticketing.pdf import Document, PdfCache, Renderer, TicketSheet
from ticketing.words import languages, localtime


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its worker processes, of which none is started yet, and the folder of files."""
    app.extensions["passalong.pdf_renderer"] = Renderer(workers=settings.pdf_workers)
    app.extensions["passalong.pdf_cache"] = PdfCache(settings.instance_path / "pdf")


def pdf_of(ticket: Ticket) -> Path:
    """The ticket's PDF, in its holder's language. Raises `pdf.RenderFailed`."""
    lang = languages.known(ticket.locale)
    with force_locale(lang):
        document = Document(
            title=f"{_('Ticket')} – {ticket.order.shop.event.name}",
            lang=lang,
            sheets=(sheet_of(ticket, lang),),
        )
    return _made(document)


def pdf_of_order(order: Order) -> Path:
    """All tickets that are ready, in the booker's language, with a note of those that are missing.

    Raises `pdf.RenderFailed`, and where no ticket is ready what `downloads.ready_tickets` raises.
    """
    ready = ready_tickets(order)
    lang = languages.known(order.locale)
    with force_locale(lang):
        document = Document(
            title=f"{_('Tickets')} – {order.shop.event.name}",
            lang=lang,
            sheets=tuple(sheet_of(ticket, lang) for ticket in ready),
            missing=_missing(order, ready),
        )
    return _made(document)


def expect() -> None:
    """A page offers a PDF: whoever taps on it shouldn't wait for a process to start."""
    renderer().warm()


def is_kept(path: Path) -> bool:
    """Whether a file that was made is still there; if so, it stays for now."""
    return _cache().is_there(path)


def forget_all() -> None:
    """Delete the files that were made: they hold names that may have been erased since."""
    _cache().clear()


def tidy() -> None:
    """Delete the files that nobody has asked for in days."""
    _cache().drop_unused()


def sheet_of(ticket: Ticket, lang: str) -> TicketSheet:
    """What the ticket says, in the current locale, which is `lang`."""
    order = ticket.order
    event = order.shop.event
    return TicketSheet(
        event_name=event.name,
        when=localtime.event_when(event),
        place=event.place,
        holder=names.full(ticket.first_name, ticket.last_name) or None,
        ticket_type=ticket.type.name,
        order_code=order.code,
        ticket_code=ticket.code,
        barcode=barcodes.text_of(ticket),
        organiser=order.shop.organiser.name,
        colour=order.shop.colour,
        lang=lang,
        labels={
            "title": _("Ticket"),
            "holder": pgettext("of a person", "Name"),
            "ticket_type": _("Ticket type"),
            "order": _("Order"),
            "place": _("Place"),
            "when": _("Date"),
            "scan": _("Show this code at the door"),
            "personal": _(
                "This ticket is personal. Bring an ID with the same name. Don’t publish the code: "
                "it lets in one person, once."
            )
            if ticket.first_name
            else _("Don’t publish the code: it lets in one, once."),
            "page": _("Ticket %(n)d of %(total)d", n=ticket.position, total=len(order.tickets)),
        },
    )


def _missing(order: Order, ready: list[Ticket]) -> str | None:
    missing = [t for t in order.tickets if t not in ready and t.state != CANCELLED]
    if not missing:
        return None
    heading = ngettext(
        "One ticket of this order is not in this document, because it has no holder yet:",
        "%(num)d tickets of this order are not in this document, because they have no holder yet:",
        len(missing),
    )
    listed = [
        _("Ticket %(n)d – %(type)s", n=ticket.position, type=ticket.type.name) for ticket in missing
    ]
    return "\n".join([heading, *listed])


def _made(document: Document) -> Path:
    """Whoever waits for it holds no connection to the database."""
    db.session.rollback()
    shown = json.dumps(asdict(document), sort_keys=True, ensure_ascii=False)
    key = hashlib.sha256(shown.encode()).hexdigest()
    with metrics.pdf_asked_for() as measured:
        return _cache().get_or_make(key, measured(lambda: renderer().render(document)))


def renderer() -> Renderer:
    """The worker processes, for what else they draw."""
    found = current_app.extensions["passalong.pdf_renderer"]
    assert isinstance(found, Renderer)  # noqa: S101 - tells the type checker what stands there
    return found


def _cache() -> PdfCache:
    cache = current_app.extensions["passalong.pdf_cache"]
    assert isinstance(cache, PdfCache)  # noqa: S101 - likewise
    return cache
