"""The words of each mail, one function a kind.

Each raises `Withdrawn` where the mail has no meaning any more. Links are made here, from what is
true now. What they say is the organiser's wording or ours (`said.py`); what stands around it –
heading, facts, lists, notes – is ours alone, and `phrases.py` has what several of them say.
"""

from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import guards, links, reminders, sending
from ticketing.asking import names
from ticketing.carried.downloads import Download, download_of
from ticketing.mailing.letter import Letter, Reason, TicketLine, Withdrawn, one_line, presentable
from ticketing.mailing.phrases import (
    check_contact,
    counted,
    deadline_of,
    for_order,
    given,
    later,
    letter_of,
    line_of,
    name_of,
    of_order,
    other_order,
    still_missing,
    unclaimed,
    with_holder,
)
from ticketing.mailing.said import Values, said
from ticketing.models import CANCELLED, OPEN, Order, OutboxMail, Ticket, now
from ticketing.ordering import completion
from ticketing.refusals import AlreadyClaimed, DeadlinePassed, TicketCancelled


def order_complete(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    check_contact(mail, order)

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
            **of_order(order, len(order.tickets)),
            "deadline": deadline_of(order),
            "next_step": next_step,
        }

    return letter_of(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=_("Your order is complete"),
        facts=((_("Order"), order.code), (_("Tickets"), counted(order))),
        notes=(
            _(
                "Keep this mail: whoever has this link can manage all tickets of your order. To "
                "pass on a ticket, use “Share” on that page instead of forwarding this mail."
            ),
        ),
        footer=for_order(order),
    )


def ticket_shared(mail: OutboxMail, order: Order, ticket: Ticket | None) -> Letter:
    ticket = given(ticket)
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
        return {"booker": name, "ticket_type": kind_of_ticket, "deadline": deadline_of(order)}

    return letter_of(
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
    ticket = given(ticket)
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
            next_step = later(order.shop, 1)
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
    return letter_of(
        said(mail, order.shop, values),
        links.ticket_url(ticket),
        heading=heading,
        facts=(
            *(((_("Holder"), holder),) if holder else ()),
            (_("Ticket"), kind_of_ticket),
            (_("Ticket code"), ticket.code),
        ),
        notes=(_("Whoever has this link can use your ticket, so keep it to yourself."),),
        footer=for_order(order),
    )


def order_resent(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    check_contact(mail, order)
    standing = [ticket for ticket in order.tickets if ticket.state != CANCELLED]
    missing = [ticket for ticket in standing if ticket.state == OPEN]

    def values() -> Values:
        next_step = ""
        if not order.shop.download_enabled:
            next_step = later(order.shop, len(standing))
        elif len(missing) < len(standing):
            next_step = ngettext(
                "The PDF attached holds the %(num)d ticket that is ready.",
                "The PDF attached holds the %(num)d tickets that are ready.",
                len(standing) - len(missing),
            )
        return {
            **of_order(order, len(standing)),
            "next_step": next_step,
            "missing": still_missing(missing),
        }

    return letter_of(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=_("Your tickets"),
        facts=((_("Order"), order.code),),
        list_heading=_("Your tickets, one by one"),
        tickets=tuple(line_of(ticket) for ticket in standing),
        notes=(
            _("Whoever has one of these links can use the ticket, so keep this mail to yourself."),
        ),
        footer=for_order(order),
    )


def tickets_reopened(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    check_contact(mail, order)
    named = [
        ticket
        for ticket in order.tickets
        if ticket.position in mail.params["positions"] and ticket.state == OPEN
    ]
    if not named:
        raise Withdrawn(Reason.NOTHING_OPEN)

    def values() -> Values:
        return {**of_order(order, len(named)), "deadline": deadline_of(order)}

    return letter_of(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=ngettext(
            "%(num)d ticket was opened again", "%(num)d tickets were opened again", len(named)
        ),
        facts=((_("Order"), order.code),),
        list_heading=_("Opened again"),
        tickets=tuple(TicketLine(name_of(ticket)) for ticket in named),
        footer=for_order(order),
    )


def tickets_added(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    check_contact(mail, order)
    added = [
        ticket
        for ticket in order.tickets
        if ticket.position in mail.params["positions"] and ticket.state != CANCELLED
    ]
    if not added:
        raise Withdrawn(Reason.TICKET_CANCELLED)

    def values() -> Values:
        return {
            **of_order(order, len(added)),
            "deadline": deadline_of(order),
            "missing": still_missing([ticket for ticket in added if ticket.state == OPEN]),
        }

    return letter_of(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=ngettext("%(num)d more ticket", "%(num)d more tickets", len(added)),
        facts=((_("Order"), order.code),),
        list_heading=_("Added to your order"),
        tickets=tuple(TicketLine(with_holder(ticket)) for ticket in added),
        footer=for_order(order),
    )


def order_cancelled(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    return letter_of(
        said(mail, order.shop, lambda: of_order(order, len(order.tickets))),
        "",
        heading=_("Your order was cancelled"),
        facts=((_("Order"), order.code), (_("Tickets"), counted(order))),
        footer=for_order(order),
    )


def everybody_ready(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    check_contact(mail, order)
    standing = [ticket for ticket in order.tickets if ticket.state != CANCELLED]
    if completion.rounds_of(order) != mail.params["rounds"] or not completion.is_complete(order):
        raise Withdrawn(Reason.NOT_ALL_READY)

    def values() -> Values:
        if order.shop.download_enabled:
            next_step = _("On the page of your order you can look at every ticket and download it.")
        else:
            next_step = later(order.shop, len(standing))
        return {**of_order(order, len(standing)), "next_step": next_step}

    return letter_of(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=_("Everybody is ready"),
        facts=((_("Order"), order.code),),
        list_heading=_("Your tickets, one by one"),
        tickets=tuple(TicketLine(with_holder(ticket)) for ticket in standing),
        footer=for_order(order),
    )


def reminder(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    check_contact(mail, order)
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
            **of_order(order, len(missing)),
            "deadline": deadline_of(order),
            "missing": still_missing(missing),
        }

    return letter_of(
        said(mail, order.shop, values),
        links.order_url(order),
        heading=ngettext(
            "%(num)d ticket still needs a name", "%(num)d tickets still need a name", len(missing)
        ),
        facts=((_("Order"), order.code),),
        list_heading=_("Without a name"),
        tickets=(
            *(TicketLine(unclaimed(ticket)) for ticket in missing),
            *(other_order(other) for other in reminders.also_open(mail)),
        ),
        footer=for_order(order),
        unsubscribe_url=links.unsubscribe_url(order),
    )
