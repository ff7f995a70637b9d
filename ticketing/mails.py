"""Composing: what each mail of the outbox says, at the moment it is asked.

Nothing in the database is a usable link, so a mail exists in full only here: when it is delivered,
and when somebody looks at it in the backoffice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask_babel import force_locale
from sqlalchemy import select

from ticketing import calendar, languages, links, orders, outbox, tickets_pdf
from ticketing.downloads import Download, download_of
from ticketing.extensions import db
from ticketing.mailing import letters
from ticketing.mailing.letter import REASONS, Letter, Reason, Withdrawn, one_line, render
from ticketing.models import Order, OutboxMail, Ticket

__all__ = ["REASONS", "Attachment", "Composed", "Reason", "Withdrawn", "compose"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """Its name tells nothing about anybody."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Composed:
    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()


def compose(mail: OutboxMail, *, attach: bool = True) -> Composed:
    """The mail as it would be sent now, in its own language.

    `attach=False` leaves out the files, for a look at the words. Raises `Withdrawn`,
    `ticketing.pdf.RenderFailed`.
    """
    order = db.session.scalars(
        select(Order)
        .where(Order.id == mail.order_id)
        .options(*orders.with_tickets())
        .execution_options(populate_existing=True)
    ).one()
    ticket = next((each for each in order.tickets if each.id == mail.ticket_id), None)
    with force_locale(languages.known(mail.locale)):
        letter = _LETTERS[mail.kind](mail, order, ticket)
        text, html = render(letter, order.shop)
    attachments = _attachments(mail.kind, order, ticket) if attach else ()
    return Composed(one_line(letter.subject), text, html, attachments)


_LETTERS: Final[dict[str, Callable[[OutboxMail, Order, Ticket | None], Letter]]] = {
    outbox.CONFIRMATION: letters.order_complete,
    outbox.SHARE: letters.ticket_shared,
    outbox.TICKET: letters.ticket_ready,
    outbox.TICKETS: letters.order_resent,
    outbox.REOPENED: letters.tickets_reopened,
    outbox.CANCELLED: letters.order_cancelled,
}


def _attachments(kind: str, order: Order, ticket: Ticket | None) -> tuple[Attachment, ...]:
    if kind == outbox.TICKET and ticket is not None:
        ics = calendar.ics_of(order.shop.event, url=links.ticket_url(ticket))
        files = [Attachment("event.ics", "text/calendar; charset=utf-8; method=PUBLISH", ics)]
        if download_of(ticket, order.shop) is Download.READY:
            files.insert(0, _pdf("ticket.pdf", tickets_pdf.pdf_of(ticket)))
        return tuple(files)
    if kind == outbox.TICKETS and any(
        download_of(each, order.shop) is Download.READY for each in order.tickets
    ):
        return (_pdf("tickets.pdf", tickets_pdf.pdf_of_order(order)),)
    return ()


def _pdf(filename: str, path: Path) -> Attachment:
    return Attachment(filename, "application/pdf", path.read_bytes())
