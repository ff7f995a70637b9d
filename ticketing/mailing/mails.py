"""Composing: what each mail of the outbox says, at the moment it is asked.

Nothing in the database is a usable link, so a mail exists in full only here: when it is delivered,
and when somebody looks at it in the backoffice.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from ticketing.asking import names
from ticketing.carried import calendar, tickets_pdf
from ticketing.carried.downloads import Download, download_of
from ticketing.extensions import db
from ticketing.mailing import account_letters, asking, letters, sample
from ticketing.mailing.letter import (
    REASONS,
    Letter,
    Reason,
    Withdrawn,
    one_line,
    render,
    render_for_team,
)
from ticketing.mailing.said import sender_name
from ticketing.models import Event, Order, OutboxMail, Shop, Ticket
from ticketing.ordering import orders
from ticketing.posting import outbox
from ticketing.words import languages

__all__ = ["REASONS", "Attachment", "Composed", "Reason", "Withdrawn", "compose", "preview"]


@dataclass(frozen=True, slots=True)
class Attachment:
    """Its name tells nothing about anybody."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Composed:
    """`headers` are further ones: (name, value). `sender_name` stands beside our own address."""

    subject: str
    text: str
    html: str
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    sender_name: str = "Passalong"


def compose(mail: OutboxMail, *, attach: bool = True) -> Composed:
    """The mail as it would be sent now, in its own language.

    `attach=False` leaves out the files, for a look at the words. Raises `Withdrawn`,
    `ticketing.pdf.RenderFailed`.
    """
    if mail.recipient == names.ERASED:
        raise Withdrawn(Reason.ERASED)
    if mail.kind in account_letters.LETTERS:
        with force_locale(languages.known(mail.locale)):
            letter = account_letters.LETTERS[mail.kind](mail)
            return Composed(one_line(letter.subject), *render_for_team(letter))
    if mail.kind == outbox.TEST:
        return _test(mail)
    order = db.session.scalars(
        select(Order)
        .where(Order.id == mail.order_id)
        .options(*orders.with_tickets())
        .execution_options(populate_existing=True)
    ).one()
    ticket = next((each for each in order.tickets if each.id == mail.ticket_id), None)
    composed = _composed(mail, order, ticket)
    return replace(composed, attachments=_attachments(mail.kind, order, ticket) if attach else ())


def preview(event: Event, kind: str, language: str, words: dict[str, str]) -> Composed:
    """How a mail of the event would look with these words, about an order that doesn't exist.

    `kind` is a key of `defaults.WORDINGS`, the words have passed `mail_texts.clean`.
    """
    shop = db.session.scalar(
        select(Shop)
        .where(Shop.event_id == event.id)
        .order_by(Shop.archived_at.is_not(None), Shop.id)
        .limit(1)
    )
    with db.session.no_autoflush:
        return _composed(*sample.of(event, shop, kind, language, words))


def _composed(mail: OutboxMail, order: Order, ticket: Ticket | None) -> Composed:
    with force_locale(languages.known(mail.locale)):
        letter = _LETTERS[mail.kind](mail, order, ticket)
        text, html = render(letter, order.shop)
    headers: tuple[tuple[str, str], ...] = ()
    if letter.unsubscribe_url:  # RFC 8058: mail programs offer it as a button of their own
        headers = (
            ("List-Unsubscribe", f"<{letter.unsubscribe_url}>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        )
    return Composed(
        one_line(letter.subject),
        text,
        html,
        headers=headers,
        sender_name=sender_name(order.shop.event),
    )


def _test(mail: OutboxMail) -> Composed:
    event = db.session.get(Event, mail.params["event"])
    if event is None or event.organiser_id != mail.organiser_id:
        raise Withdrawn(Reason.EVENT_GONE)
    composed = preview(event, mail.params["of"], mail.locale, mail.params["words"])
    with force_locale(languages.known(mail.locale)):
        subject = _("Test: %(subject)s", subject=composed.subject)
    return replace(composed, subject=subject, headers=())


_LETTERS: Final[dict[str, Callable[[OutboxMail, Order, Ticket | None], Letter]]] = {
    outbox.CONFIRMATION: letters.order_complete,
    outbox.SHARE: letters.ticket_shared,
    outbox.TICKET: letters.ticket_ready,
    outbox.TICKETS: letters.order_resent,
    outbox.REOPENED: letters.tickets_reopened,
    outbox.ADDED: letters.tickets_added,
    outbox.CANCELLED: letters.order_cancelled,
    outbox.REMINDER: letters.reminder,
    outbox.ALL_READY: letters.everybody_ready,
    outbox.DETAILS_MISSING: asking.details_missing,
}


def _attachments(kind: str, order: Order, ticket: Ticket | None) -> tuple[Attachment, ...]:
    if kind == outbox.TICKET and ticket is not None:
        ics = calendar.ics_of(order.shop.event)
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
