"""What an order's page draws, gathered once for the page and for what is swapped in it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import pgettext
from sqlalchemy.orm import joinedload

from ticketing import history, personalisation, sending
from ticketing.asking import fields, missing
from ticketing.asking.fields import Field
from ticketing.asking.holders import holder_of
from ticketing.extensions import db
from ticketing.models import CANCELLED, OPEN, Event, HistoryEntry, Order, OutboxMail, Ticket
from ticketing.status import Status, status_of
from ticketing.web.backoffice import scope
from ticketing.words.money import money

MAILS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Given:
    """One of a holder's answers beside name and contact; `asked`: whether it still would be."""

    label: str
    text: str
    asked: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A ticket, its status, and which actions can apply to it."""

    ticket: Ticket
    status: Status
    editable: bool  # a type that asks for nothing has nothing to correct
    mailable: bool
    standing: bool
    has_barcode: bool
    missing: list[str]  # labels of what is required and not there
    answers: list[Given]
    may_cancel: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """Tickets of one type that stand, and what they cost; `money` is empty for a free one."""

    name: str
    count: int
    money: str


@dataclass(frozen=True, slots=True)
class OrderView:
    order: Order
    event: Event
    status: Status
    rows: list[Row]
    details: dict[str, Field]  # everything that a ticket may hold an answer to
    counts: list[tuple[str, int]]
    sums: list[Sum]
    total: str
    entries: list[HistoryEntry]
    mails: list[OutboxMail]
    can_reopen: bool
    may_cancel: bool  # whoever looks; what can't be undone is no job for the desk

    @property
    def standing(self) -> bool:
        return self.order.state != "cancelled"


def view_of(order: Order) -> OrderView:
    event = order.shop.event
    details = fields.known_fields(event)
    standing = [ticket for ticket in order.tickets if ticket.state != CANCELLED]
    done = sum(ticket.state != OPEN for ticket in standing)
    return OrderView(
        order=order,
        event=event,
        status=order_status(order, done, len(standing)),
        rows=[_row(ticket, event, details) for ticket in order.tickets],
        details=details,
        counts=_counts(order.tickets),
        sums=_sums(standing, event),
        total=money(sum(ticket.type.price for ticket in standing), event.currency),
        entries=history.of_order(order.id),
        mails=list(
            db.session.scalars(
                scope.select_mails()
                .where(OutboxMail.order_id == order.id)
                .options(joinedload(OutboxMail.ticket))
                .order_by(OutboxMail.id.desc())
                .limit(MAILS_SHOWN)
            )
        ),
        can_reopen=order.state != "cancelled"
        and any(personalisation.can_reopen(ticket) for ticket in order.tickets),
        may_cancel=scope.may("manager"),
    )


def order_status(order: Order, done: int, total: int) -> Status:
    """An order's status as a badge: how far its tickets are."""
    if order.state == "cancelled" or total == 0:
        return Status("cancelled", pgettext("order", "Cancelled"))
    kind = "ready" if done == total else "shared" if done else "open"
    return Status(kind, _("%(done)d of %(total)d personalised", done=done, total=total))


def _row(ticket: Ticket, event: Event, details: Mapping[str, Field]) -> Row:
    standing = ticket.state != CANCELLED
    has_barcode = standing and ticket.state != OPEN
    return Row(
        ticket=ticket,
        status=status_of(ticket, event),
        editable=standing and ticket.type.needs_personal_data,
        mailable=has_barcode and bool(sending.address_of(ticket)),
        standing=standing,
        has_barcode=has_barcode,
        missing=[
            str(each.field.label)
            for each in missing.missing_in(ticket)
            if each.field.key != "email_check"
        ],
        answers=_answers(ticket, details),
        may_cancel=standing and scope.may("manager"),
    )


def _answers(ticket: Ticket, details: Mapping[str, Field]) -> list[Given]:
    """In the order of the form; name, email and phone stand above them while they are asked."""
    asked = {each.field.key for each in fields.asked_of(ticket.order.shop.event, ticket.type)}
    known = holder_of(ticket)
    return [
        Given(str(each.label), fields.in_words(each, known[key]), key in asked)
        for key, each in details.items()
        if key in known and (key not in fields.OF_TICKET or key not in asked)
    ]


def _counts(tickets: list[Ticket]) -> list[tuple[str, int]]:
    names = {
        "personalised": _("Ready"),
        "checked_in": _("Checked in"),
        "open": _("Not personalised"),
        "cancelled": pgettext("ticket", "Cancelled"),
    }
    found = Counter(ticket.state for ticket in tickets)
    return [(text, found[state]) for state, text in names.items() if found[state]]


def _sums(standing: list[Ticket], event: Event) -> list[Sum]:
    by_type = Counter(ticket.type for ticket in standing)
    ordered = sorted(by_type, key=lambda each: (each.position, each.id))
    return [
        Sum(
            each.name,
            by_type[each],
            money(each.price * by_type[each], event.currency) if each.price else "",
        )
        for each in ordered
    ]
