"""What several mails say alike: a ticket in a list, how many, until when, and why one gets it."""

from collections.abc import Sequence
from typing import Any

import phonenumbers
from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import links
from ticketing.asking import names
from ticketing.mailing.letter import Letter, Reason, TicketLine, Withdrawn, one_line, presentable
from ticketing.mailing.said import Said, Values
from ticketing.models import OPEN, Order, OutboxMail, Shop, Ticket
from ticketing.words import localtime


def letter_of(words: Said, url: str, **rest: Any) -> Letter:
    """The mail's words, and what stands around them. No button where `url` is empty."""
    return Letter(
        subject=words.subject,
        paragraphs=words.paragraphs,
        button=(words.button, url) if url else None,
        lang=words.lang,
        **rest,
    )


def of_order(order: Order, count: int) -> Values:
    """What mails to a booker can say; `count` is that of the tickets a mail is about."""
    return {
        "first_name": presentable(order.first_name),
        "order": order.code,
        "count": str(count),
        # TRANSLATORS: stands for {tickets} in mails: “Your order of {tickets} is complete.”
        "tickets": ngettext("%(num)d ticket", "%(num)d tickets", count),
    }


def still_missing(tickets: Sequence[Ticket]) -> str:
    if not tickets:
        return ""
    return str(
        ngettext(
            "%(num)d ticket still needs a name: claim or share it on the page of your order.",
            "%(num)d tickets still need a name: claim or share them on the page of your order.",
            len(tickets),
        )
    )


def check_contact(mail: OutboxMail, order: Order) -> None:
    """Who is the order's contact no longer gets no link to it."""
    if order.state == "cancelled":
        raise Withdrawn(Reason.ORDER_CANCELLED)
    if mail.recipient != order.email:
        raise Withdrawn(Reason.ADDRESS_CHANGED)


def given(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise ValueError("a mail about a ticket names none")
    return ticket


def name_of(ticket: Ticket) -> str:
    return str(_("Ticket %(n)d – %(type)s", n=ticket.position, type=one_line(ticket.type.name)))


def line_of(ticket: Ticket) -> TicketLine:
    if ticket.state == OPEN:
        return TicketLine(_("%(ticket)s: no name yet", ticket=name_of(ticket)))
    return TicketLine(with_holder(ticket), links.ticket_url(ticket))


def unclaimed(ticket: Ticket) -> str:
    """An open ticket, and with whom the booker shared it, as far as they told us."""
    share, name = ticket.share, name_of(ticket)
    if share is None:
        return name
    if share.recipient:
        return str(
            _(
                "%(ticket)s: shared with %(address)s, not claimed yet",
                ticket=name,
                address=one_line(share.recipient),
            )
        )
    if share.opened_at is not None:
        return str(_("%(ticket)s: link opened, not claimed yet", ticket=name))
    return str(_("%(ticket)s: shared, not claimed yet", ticket=name))


def other_order(order: Order) -> TicketLine:
    """What else the booker ordered for the event, and its own page."""
    missing = sum(ticket.state == OPEN for ticket in order.tickets)
    text = ngettext(
        "Order %(code)s: %(num)d ticket still needs a name",
        "Order %(code)s: %(num)d tickets still need a name",
        missing,
        code=order.code,
    )
    return TicketLine(text, links.order_url(order))


def with_holder(ticket: Ticket) -> str:
    """A visitor chose the name: it must not pass for a link in somebody else's mail."""
    holder = presentable(names.full(ticket.first_name, ticket.last_name))
    return f"{name_of(ticket)}, {holder}" if holder else name_of(ticket)


def counted(order: Order) -> str:
    """ "4 × Weekend, 1 × Parking"."""
    counts: dict[str, int] = {}
    for ticket in order.tickets:
        counts[ticket.type.name] = counts.get(ticket.type.name, 0) + 1
    return ", ".join(f"{count}\u00a0×\u00a0{one_line(name)}" for name, count in counts.items())


def deadline_of(order: Order) -> str:
    deadline = order.shop.personalisation_deadline
    if deadline is None or not any(ticket.state == OPEN for ticket in order.tickets):
        return ""
    return localtime.moment(deadline, order.shop.event)


def later(shop: Shop, tickets: int) -> str:
    return one_line(shop.delivery_note) or ngettext(
        "The organiser sends this ticket by email closer to the event.",
        "The organiser sends the tickets by email closer to the event.",
        tickets,
    )


def for_order(order: Order) -> str:
    organiser = one_line(order.shop.organiser.name)
    desk = order.shop.consumer_desk
    if not desk:
        text = _(
            "%(organiser)s sends you this mail because of order %(code)s.",
            organiser=organiser,
            code=order.code,
        )
        return str(text)
    number = phonenumbers.format_number(
        phonenumbers.parse(desk), phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
    text = _(
        "%(organiser)s sends you this mail because of order %(code)s. Questions? Send a WhatsApp "
        "message to %(number)s and mention the order.",
        organiser=organiser,
        code=order.code,
        number=number,
    )
    return str(text)
