"""The words of each mail, one function a kind.

Each raises `Withdrawn` where the mail has no meaning any more. Links are made here, from what is
true now. What they say is the organiser's wording or ours (`said.py`); what stands around it –
heading, facts, lists, notes – is ours alone.
"""

from collections.abc import Sequence
from typing import Any

import phonenumbers
from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import completion, guards, links, localtime, names, reminders, sending
from ticketing.downloads import Download, download_of
from ticketing.mailing.letter import Letter, Reason, TicketLine, Withdrawn, one_line, presentable
from ticketing.mailing.said import Said, Values, said
from ticketing.models import CANCELLED, OPEN, Order, OutboxMail, Shop, Ticket, now
from ticketing.refusals import AlreadyClaimed, DeadlinePassed, TicketCancelled


def order_complete(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)

    def values() -> Values:
        if any(ticket.type.needs_personal_data for ticket in order.tickets):
            next_step = _(
                "Each ticket needs the name of the person who will use it. Open your tickets, "
                "claim the one that is yours and share the others: by WhatsApp, email or a link. "
                "Nobody needs an account."
            )
        else:
            next_step = _("Nothing needs to be filled in: your tickets are ready.")
        return {
            **_of_order(order, len(order.tickets)),
            "deadline": _deadline(order),
            "next_step": next_step,
        }

    return _letter(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=_("Your order is complete"),
        facts=((_("Order"), order.code), (_("Tickets"), _counted(order))),
        notes=(
            _(
                "Keep this mail: whoever has this link can manage all tickets of your order. To "
                "pass on a ticket, use “Share” on that page instead of forwarding this mail."
            ),
        ),
        footer=_for_order(order),
    )


def ticket_shared(mail: OutboxMail, order: Order, ticket: Ticket | None) -> Letter:
    ticket = _given(ticket)
    generation = int(mail.params["generation"])
    try:
        guards.check_open(order, ticket, generation)
    except TicketCancelled:
        raise Withdrawn(Reason.TICKET_CANCELLED) from None
    except links.LinkWithdrawn:
        raise Withdrawn(Reason.LINK_WITHDRAWN if ticket.state == OPEN else Reason.CLAIMED) from None
    except AlreadyClaimed:
        raise Withdrawn(Reason.CLAIMED) from None
    except DeadlinePassed:
        raise Withdrawn(Reason.DEADLINE_PASSED) from None
    name = presentable(order.first_name)
    kind_of_ticket = one_line(ticket.type.name)

    def values() -> Values:
        return {"booker": name, "ticket_type": kind_of_ticket, "deadline": _deadline(order)}

    return _letter(
        said(mail, order.shop, values),
        links.share_url(ticket, generation),
        heading=_("%(name)s shares a ticket with you", name=name)
        if name
        else _("A ticket is shared with you"),
        facts=((_("Ticket"), kind_of_ticket),),
        notes=(_("You didn’t expect this? Then ignore this mail; nothing will happen."),),
        footer=_(
            "%(organiser)s sends you this mail because somebody who ordered tickets there entered "
            "your address.",
            organiser=one_line(order.shop.organiser.name),
        ),
    )


def ticket_ready(mail: OutboxMail, order: Order, ticket: Ticket | None) -> Letter:
    ticket = _given(ticket)
    state = download_of(ticket, order.shop)
    if state is Download.CANCELLED:
        raise Withdrawn(Reason.TICKET_CANCELLED)
    if state is Download.NOT_PERSONALISED:
        raise Withdrawn(Reason.REOPENED)
    # The page's link is made now: it must not reach an address that an edit has replaced.
    if mail.recipient != sending.address_of(ticket):
        raise Withdrawn(Reason.ADDRESS_CHANGED)
    # Whoever claims chooses both name and address; page and PDF show the name as it is.
    holder = presentable(names.full(ticket.first_name, ticket.last_name))
    first_name = presentable(ticket.first_name) if holder else ""
    kind_of_ticket = one_line(ticket.type.name)

    def values() -> Values:
        if state is Download.READY:
            next_step = _(
                "Show the QR code at the entrance, on your phone or on paper. You find it on your "
                "ticket page and in the PDF attached."
            )
        else:
            next_step = _later(order.shop, 1)
        return {
            "first_name": first_name,
            "ticket": ticket.code,
            "ticket_type": kind_of_ticket,
            "order": order.code,
            "next_step": next_step,
        }

    if mail.params.get("edited"):
        heading = _("Your ticket was corrected")
    elif state is Download.READY:
        heading = _("Here is your ticket")
    else:
        heading = (
            _("Your ticket is in your name") if ticket.first_name else _("Your ticket is reserved")
        )
    return _letter(
        said(mail, order.shop, values),
        links.ticket_url(ticket),
        heading=heading,
        facts=(
            *(((_("Holder"), holder),) if holder else ()),
            (_("Ticket"), kind_of_ticket),
            (_("Ticket code"), ticket.code),
        ),
        notes=(_("Whoever has this link can use your ticket, so keep it to yourself."),),
        footer=_for_order(order),
    )


def order_resent(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)
    standing = [ticket for ticket in order.tickets if ticket.state != CANCELLED]
    missing = [ticket for ticket in standing if ticket.state == OPEN]

    def values() -> Values:
        next_step = ""
        if not order.shop.download_enabled:
            next_step = _later(order.shop, len(standing))
        elif len(missing) < len(standing):
            next_step = ngettext(
                "The PDF attached holds the %(num)d ticket that is ready.",
                "The PDF attached holds the %(num)d tickets that are ready.",
                len(standing) - len(missing),
            )
        return {
            **_of_order(order, len(standing)),
            "next_step": next_step,
            "missing": _missing(missing),
        }

    return _letter(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=_("Your tickets"),
        facts=((_("Order"), order.code),),
        list_heading=_("Your tickets, one by one"),
        tickets=tuple(_line(ticket) for ticket in standing),
        notes=(
            _("Whoever has one of these links can use the ticket, so keep this mail to yourself."),
        ),
        footer=_for_order(order),
    )


def tickets_reopened(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)
    named = [
        ticket
        for ticket in order.tickets
        if ticket.position in mail.params["positions"] and ticket.state == OPEN
    ]
    if not named:
        raise Withdrawn(Reason.NOTHING_OPEN)

    def values() -> Values:
        return {**_of_order(order, len(named)), "deadline": _deadline(order)}

    return _letter(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=ngettext(
            "%(num)d ticket was opened again", "%(num)d tickets were opened again", len(named)
        ),
        facts=((_("Order"), order.code),),
        list_heading=_("Opened again"),
        tickets=tuple(TicketLine(_name(ticket)) for ticket in named),
        footer=_for_order(order),
    )


def tickets_added(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)
    added = [
        ticket
        for ticket in order.tickets
        if ticket.position in mail.params["positions"] and ticket.state != CANCELLED
    ]
    if not added:
        raise Withdrawn(Reason.TICKET_CANCELLED)

    def values() -> Values:
        return {
            **_of_order(order, len(added)),
            "deadline": _deadline(order),
            "missing": _missing([ticket for ticket in added if ticket.state == OPEN]),
        }

    return _letter(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=ngettext("%(num)d more ticket", "%(num)d more tickets", len(added)),
        facts=((_("Order"), order.code),),
        list_heading=_("Added to your order"),
        tickets=tuple(TicketLine(_with_holder(ticket)) for ticket in added),
        footer=_for_order(order),
    )


def order_cancelled(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    return _letter(
        said(mail, order.shop, lambda: _of_order(order, len(order.tickets))),
        "",
        heading=_("Your order was cancelled"),
        facts=((_("Order"), order.code), (_("Tickets"), _counted(order))),
        footer=_for_order(order),
    )


def everybody_ready(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)
    standing = [ticket for ticket in order.tickets if ticket.state != CANCELLED]
    if completion.rounds_of(order) != mail.params["rounds"] or not completion.is_complete(order):
        raise Withdrawn(Reason.NOT_ALL_READY)

    def values() -> Values:
        if order.shop.download_enabled:
            next_step = _("On the page of your order you can look at every ticket and download it.")
        else:
            next_step = _later(order.shop, len(standing))
        return {**_of_order(order, len(standing)), "next_step": next_step}

    return _letter(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=_("Everybody is ready"),
        facts=((_("Order"), order.code),),
        list_heading=_("Your tickets, one by one"),
        tickets=tuple(TicketLine(_with_holder(ticket)) for ticket in standing),
        footer=_for_order(order),
    )


def reminder(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)
    missing = [ticket for ticket in order.tickets if ticket.state == OPEN]
    if not missing:
        raise Withdrawn(Reason.NOTHING_OPEN)
    if order.reminders_off_at is not None:
        raise Withdrawn(Reason.REMINDERS_OFF)
    if guards.deadline_passed(order):
        raise Withdrawn(Reason.DEADLINE_PASSED)
    if order.shop.personalisation_deadline is None and now() >= order.shop.event.starts_at:
        raise Withdrawn(Reason.EVENT_BEGUN)

    def values() -> Values:
        return {
            **_of_order(order, len(missing)),
            "deadline": _deadline(order),
            "missing": _missing(missing),
        }

    return _letter(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=ngettext(
            "%(num)d ticket still needs a name", "%(num)d tickets still need a name", len(missing)
        ),
        facts=((_("Order"), order.code),),
        list_heading=_("Without a name"),
        tickets=(
            *(TicketLine(_unclaimed(ticket)) for ticket in missing),
            *(_other_order(other) for other in reminders.also_open(mail)),
        ),
        footer=_for_order(order),
        unsubscribe_url=links.unsubscribe_url(order),
    )


# What they share:


def _letter(words: Said, url: str, **rest: Any) -> Letter:
    """The mail's words, and what stands around them. No button where `url` is empty."""
    return Letter(
        subject=words.subject,
        paragraphs=words.paragraphs,
        button=(words.button, url) if url else None,
        lang=words.lang,
        **rest,
    )


def _of_order(order: Order, count: int) -> Values:
    """What mails to a booker can say; `count` is that of the tickets a mail is about."""
    return {
        "first_name": presentable(order.first_name),
        "order": order.code,
        "count": str(count),
        # TRANSLATORS: stands for {tickets} in mails: “Your order of {tickets} is complete.”
        "tickets": ngettext("%(num)d ticket", "%(num)d tickets", count),
    }


def _missing(tickets: Sequence[Ticket]) -> str:
    if not tickets:
        return ""
    return str(
        ngettext(
            "%(num)d ticket still needs a name: claim or share it on the page of your order.",
            "%(num)d tickets still need a name: claim or share them on the page of your order.",
            len(tickets),
        )
    )


def _check_contact(mail: OutboxMail, order: Order) -> None:
    """Who is the order's contact no longer gets no link to it."""
    if order.state == "cancelled":
        raise Withdrawn(Reason.ORDER_CANCELLED)
    if mail.recipient != order.email:
        raise Withdrawn(Reason.ADDRESS_CHANGED)


def _given(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise ValueError("a mail about a ticket names none")
    return ticket


def _name(ticket: Ticket) -> str:
    return str(_("Ticket %(n)d – %(type)s", n=ticket.position, type=one_line(ticket.type.name)))


def _line(ticket: Ticket) -> TicketLine:
    if ticket.state == OPEN:
        return TicketLine(_("%(ticket)s: no name yet", ticket=_name(ticket)))
    return TicketLine(_with_holder(ticket), links.ticket_url(ticket))


def _unclaimed(ticket: Ticket) -> str:
    """An open ticket, and with whom the booker shared it, as far as they told us."""
    share, name = ticket.share, _name(ticket)
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


def _other_order(order: Order) -> TicketLine:
    """What else the booker ordered for the event, and its own page."""
    missing = sum(ticket.state == OPEN for ticket in order.tickets)
    text = ngettext(
        "Order %(code)s: %(num)d ticket still needs a name",
        "Order %(code)s: %(num)d tickets still need a name",
        missing,
        code=order.code,
    )
    return TicketLine(text, links.order_url(order))


def _with_holder(ticket: Ticket) -> str:
    """A visitor chose the name: it must not pass for a link in somebody else's mail."""
    holder = presentable(names.full(ticket.first_name, ticket.last_name))
    return f"{_name(ticket)}, {holder}" if holder else _name(ticket)


def _counted(order: Order) -> str:
    """ "4 × Weekend, 1 × Parking"."""
    counts: dict[str, int] = {}
    for ticket in order.tickets:
        counts[ticket.type.name] = counts.get(ticket.type.name, 0) + 1
    return ", ".join(f"{count}\u00a0×\u00a0{one_line(name)}" for name, count in counts.items())


def _deadline(order: Order) -> str:
    deadline = order.shop.personalisation_deadline
    if deadline is None or not any(ticket.state == OPEN for ticket in order.tickets):
        return ""
    return localtime.moment(deadline, order.shop.event)


def _later(shop: Shop, tickets: int) -> str:
    return one_line(shop.delivery_note) or ngettext(
        "The organiser sends this ticket by email closer to the event.",
        "The organiser sends the tickets by email closer to the event.",
        tickets,
    )


def _for_order(order: Order) -> str:
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
