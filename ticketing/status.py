"""A ticket's status in words: the same on cards, in the backoffice and in the API's texts."""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import pgettext

from ticketing.asking import names
from ticketing.models import CANCELLED, CHECKED_IN, OPEN, Event, Ticket
from ticketing.words.formats import apart
from ticketing.words.localtime import clock


@dataclass(frozen=True, slots=True)
class Status:
    """`kind` is one of open, shared, opened, ready, checked_in, cancelled."""

    kind: str
    text: str


def status_of(ticket: Ticket, event: Event) -> Status:
    """`ticket.share` must be loaded; it alone decides between open, shared and opened."""
    if ticket.state == CANCELLED:
        return Status("cancelled", pgettext("ticket", "Cancelled"))
    if ticket.state == CHECKED_IN and ticket.checked_in_at is not None:
        return Status(
            "checked_in", _("Checked in %(time)s", time=clock(ticket.checked_in_at, event))
        )
    if ticket.state != OPEN:
        who = names.short(ticket.first_name, ticket.last_name)
        # TRANSLATORS: %(name)s is its holder, as “Anna V.”.
        return Status("ready", _("Ready – %(name)s", name=apart(who)) if who else _("Ready"))
    if ticket.share is None:
        return Status("open", _("Not assigned"))
    if ticket.share.opened_at is not None:
        return Status("opened", _("Link opened"))
    return Status("shared", _("Link shared, waiting"))
