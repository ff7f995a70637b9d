"""The mail with which a ticket goes back to its holder, for what is required by now."""

from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import guards, links
from ticketing.asking import fields, names
from ticketing.asking.missing import missing_in
from ticketing.mailing.letter import Letter, Reason, TicketLine, Withdrawn, one_line, presentable
from ticketing.mailing.phrases import for_order, letter_of, name_of
from ticketing.mailing.said import Values, is_trial, said
from ticketing.models import OPEN, Order, OutboxMail, Ticket
from ticketing.words.formats import listed


def details_missing(mail: OutboxMail, order: Order, _ticket: Ticket | None) -> Letter:
    """`params`: the `positions` of the tickets. Links go to the address on file alone."""
    if order.state == "cancelled":
        raise Withdrawn(Reason.ORDER_CANCELLED)
    if guards.deadline_passed(order):
        raise Withdrawn(Reason.DEADLINE_PASSED)
    asked = [ticket for ticket in order.tickets if ticket.position in mail.params["positions"]]
    # A preview shows it whatever is required: its invented ticket may lack nothing.
    lacking = asked if is_trial(mail) else [ticket for ticket in asked if missing_in(ticket)]
    if not lacking:
        reopened = any(ticket.state == OPEN for ticket in asked)
        raise Withdrawn(Reason.REOPENED if reopened else Reason.NOTHING_MISSING)
    theirs = [ticket for ticket in lacking if (ticket.email or order.email) == mail.recipient]
    if not theirs:
        raise Withdrawn(Reason.ADDRESS_CHANGED)
    only = theirs[0] if len(theirs) == 1 else None

    def values() -> Values:
        return {
            "first_name": presentable(only.first_name) if only else "",
            "order": order.code,
            "count": str(len(theirs)),
            "tickets": ngettext("%(num)d ticket", "%(num)d tickets", len(theirs)),
            "details": _what(only) if only else "",
            "next_step": ngettext(
                "The organiser needs a detail that your ticket doesn’t have yet. Open it and fill "
                "in what is missing: it takes a moment.",
                "The organiser needs details that your tickets don’t have yet. Open each of them "
                "and fill in what is missing: it takes a moment.",
                len(theirs),
            ),
        }

    return letter_of(
        said(mail, order.shop, values),
        _to_fill_in(only) if only else "",
        heading=_("One more thing for your ticket")
        if only
        else _("One more thing for your tickets"),
        facts=((_("Missing"), _what(only)), (_("Ticket code"), only.code))
        if only
        else ((_("Order"), order.code),),
        list_heading="" if only else _("Your tickets, one by one"),
        tickets=()
        if only
        else tuple(TicketLine(_line(ticket), _to_fill_in(ticket)) for ticket in theirs),
        notes=(_("Whoever has such a link can use the ticket, so keep this mail to yourself."),),
        footer=for_order(order),
    )


def _to_fill_in(ticket: Ticket) -> str:
    """The form stands on the ticket's page under the code, which matters more at the door."""
    return f"{links.ticket_url(ticket)}#details"


def _line(ticket: Ticket) -> str:
    # A visitor chose the name: it must not pass for a link in somebody else's mail.
    holder = presentable(names.full(ticket.first_name, ticket.last_name))
    return ", ".join(filter(None, (name_of(ticket), holder))) + f" – {_what(ticket)}"


def _what(ticket: Ticket) -> str:
    found = [each.field.label for each in missing_in(ticket) if each.field.key != "email_check"]
    return listed([one_line(str(label)) for label in found or [fields.BY_KEY["phone"].label]])
