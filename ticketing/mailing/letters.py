"""The words of each mail, one function a kind.

Each raises `Withdrawn` where the mail has no meaning any more. Links are made here, from what is
true now.
"""

import phonenumbers
from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import guards, links, localtime, names, sending
from ticketing.downloads import Download, download_of
from ticketing.mailing.letter import Letter, Reason, TicketLine, Withdrawn, one_line, presentable
from ticketing.models import CANCELLED, OPEN, Order, OutboxMail, Shop, Ticket
from ticketing.refusals import AlreadyClaimed, DeadlinePassed, TicketCancelled


def order_complete(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)
    name = presentable(order.first_name)
    thanks = _("Thank you, %(name)s.", name=name) if name else _("Thank you.")
    complete = ngettext(
        "Your order of %(num)d ticket is complete.",
        "Your order of %(num)d tickets is complete.",
        len(order.tickets),
    )
    paragraphs = [f"{thanks} {complete}"]
    if any(ticket.type.needs_personal_data for ticket in order.tickets):
        paragraphs.append(
            _(
                "Each ticket needs the name of the person who will use it. Open your tickets, "
                "claim the one that is yours and share the others: by WhatsApp, email or a link. "
                "Nobody needs an account."
            )
        )
    else:
        paragraphs.append(_("Nothing needs to be filled in: your tickets are ready."))
    return Letter(
        subject=_("Your tickets for %(event)s", event=order.shop.event.name),
        heading=_("Your order is complete"),
        paragraphs=(*paragraphs, *_deadline(order)),
        facts=((_("Order"), order.code), (_("Tickets"), _counted(order))),
        button=(_("Open your tickets"), links.order_url(order)),
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
    event = order.shop.event
    name = presentable(order.first_name)
    if name:
        heading = _("%(name)s shares a ticket with you", name=name)
        subject = _("%(name)s shares a ticket for %(event)s with you", name=name, event=event.name)
    else:
        heading = _("A ticket is shared with you")
        subject = _("A ticket for %(event)s is shared with you", event=event.name)
    return Letter(
        subject=subject,
        heading=heading,
        paragraphs=(
            _("Open the link, fill in your details, and the ticket is yours. No account needed."),
            _("Whoever opens it first claims the ticket, so don’t pass the link on."),
            *_deadline(order),
        ),
        facts=((_("Ticket"), one_line(ticket.type.name)),),
        button=(_("Claim your ticket"), links.share_url(ticket, generation)),
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
    edited = bool(mail.params.get("edited"))
    paragraphs = []
    if edited:
        paragraphs.append(
            _(
                "The organiser corrected the details of your ticket. This is how it is now; a QR "
                "code that you received earlier may not be valid any more."
            )
        )
    if state is Download.READY:
        paragraphs.append(
            _(
                "Show the QR code at the entrance, on your phone or on paper. You find it on your "
                "ticket page and in the PDF attached."
            )
        )
    else:
        paragraphs.append(_later(order.shop, 1))
    # Whoever claims chooses both name and address; page and PDF show the name as it is.
    holder = presentable(names.full(ticket.first_name, ticket.last_name))
    if edited:
        heading = _("Your ticket was corrected")
    elif state is Download.READY:
        heading = _("Here is your ticket")
    else:
        heading = (
            _("Your ticket is in your name") if ticket.first_name else _("Your ticket is reserved")
        )
    return Letter(
        subject=_("Your ticket for %(event)s", event=order.shop.event.name),
        heading=heading,
        paragraphs=tuple(paragraphs),
        facts=(
            *(((_("Holder"), holder),) if holder else ()),
            (_("Ticket"), one_line(ticket.type.name)),
            (_("Ticket code"), ticket.code),
        ),
        button=(_("Open your ticket"), links.ticket_url(ticket)),
        notes=(_("Whoever has this link can use your ticket, so keep it to yourself."),),
        footer=_for_order(order),
    )


def order_resent(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    _check_contact(mail, order)
    standing = [ticket for ticket in order.tickets if ticket.state != CANCELLED]
    missing = [ticket for ticket in standing if ticket.state == OPEN]
    paragraphs = [_("Here is your order once more, as it is now.")]
    if not order.shop.download_enabled:
        paragraphs.append(_later(order.shop, len(standing)))
    elif len(missing) < len(standing):
        paragraphs.append(
            ngettext(
                "The PDF attached holds the %(num)d ticket that is ready.",
                "The PDF attached holds the %(num)d tickets that are ready.",
                len(standing) - len(missing),
            )
        )
    if missing:
        paragraphs.append(
            ngettext(
                "%(num)d ticket still needs a name: claim or share it on the page of your order.",
                "%(num)d tickets still need a name: claim or share them on the page of your order.",
                len(missing),
            )
        )
    return Letter(
        subject=_("Your tickets for %(event)s", event=order.shop.event.name),
        heading=_("Your tickets"),
        paragraphs=tuple(paragraphs),
        facts=((_("Order"), order.code),),
        list_heading=_("Your tickets, one by one"),
        tickets=tuple(_line(ticket) for ticket in standing),
        button=(_("Open your tickets"), links.order_url(order)),
        notes=(_("Whoever has one of these links can use it, so keep this mail to yourself."),),
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
    return Letter(
        subject=_("Tickets for %(event)s need a name again", event=order.shop.event.name),
        heading=ngettext(
            "%(num)d ticket was opened again", "%(num)d tickets were opened again", len(named)
        ),
        paragraphs=(
            _(
                "The organiser opened personalisation again. The names on these tickets were "
                "cleared, and the links and QR codes sent out for them don't work any more."
            ),
            _("Claim the tickets or share them anew, so that everybody gets a valid one."),
            *_deadline(order),
        ),
        facts=((_("Order"), order.code),),
        list_heading=_("Opened again"),
        tickets=tuple(TicketLine(_name(ticket)) for ticket in named),
        button=(_("Open your tickets"), links.order_url(order)),
        footer=_for_order(order),
    )


def order_cancelled(_mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    return Letter(
        subject=_("Your order for %(event)s was cancelled", event=order.shop.event.name),
        heading=_("Your order was cancelled"),
        paragraphs=(
            _("The organiser cancelled order %(code)s with all its tickets.", code=order.code),
            _(
                "Its links and QR codes are no longer valid. Please tell those with whom you "
                "shared tickets."
            ),
        ),
        facts=((_("Order"), order.code), (_("Tickets"), _counted(order))),
        footer=_for_order(order),
    )


# What they share:


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
    holder = one_line(names.full(ticket.first_name, ticket.last_name))
    name = f"{_name(ticket)}, {holder}" if holder else _name(ticket)
    return TicketLine(name, links.ticket_url(ticket))


def _counted(order: Order) -> str:
    """ "4 × Weekend, 1 × Parking"."""
    counts: dict[str, int] = {}
    for ticket in order.tickets:
        counts[ticket.type.name] = counts.get(ticket.type.name, 0) + 1
    return ", ".join(f"{count}\u00a0×\u00a0{one_line(name)}" for name, count in counts.items())


def _deadline(order: Order) -> tuple[str, ...]:
    deadline = order.shop.personalisation_deadline
    if deadline is None or not any(ticket.state == OPEN for ticket in order.tickets):
        return ()
    when = localtime.moment(deadline, order.shop.event)
    return (_("Names can be filled in until %(when)s.", when=when),)


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
