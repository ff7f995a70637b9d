"""What the backoffice says about webhooks and API keys, in plain words."""

from typing import Final

from flask_babel import gettext as _
from flask_babel import pgettext

from ticketing.members import api_keys
from ticketing.models import Call, WebhookEndpoint
from ticketing.webhooks import happenings

Badge = tuple[str, str]  # its kind, its text

_BADGES: Final = {
    "waiting": "shared",
    "sending": "opened",
    "done": "ready",
    "failed": "cancelled",
    "dropped": "open",
}


def event_names() -> dict[str, str]:
    """{event: what happened}, the test included."""
    return {
        happenings.CREATED: _("Order placed"),
        happenings.TICKET_PERSONALISED: _("Ticket personalised"),
        happenings.TICKET_EDITED: _("Ticket edited"),
        happenings.TICKET_CANCELLED: _("Ticket cancelled"),
        happenings.CHANGED: _("Order changed"),
        happenings.REOPENED: _("Tickets opened again"),
        happenings.CANCELLED: _("Order cancelled"),
        happenings.TEST: _("Test"),
    }


def event_meanings() -> dict[str, str]:
    """{event: when it is told}."""
    return {
        happenings.CREATED: _("A new order came in: from the shop, the API, or an import."),
        happenings.TICKET_PERSONALISED: _("A ticket got its holder."),
        happenings.TICKET_EDITED: _("A holder’s details changed."),
        happenings.TICKET_CANCELLED: _("One ticket of an order was cancelled."),
        happenings.CHANGED: _("The booker’s contact changed, or tickets were added."),
        happenings.REOPENED: _("You opened tickets for personalisation again."),
        happenings.CANCELLED: _("A whole order was cancelled, with all of its tickets."),
    }


def endpoint_badge(endpoint: WebhookEndpoint) -> Badge:
    if endpoint.disabled_at is None:
        # TRANSLATORS: whether calls to a webhook get through.
        failing = endpoint.failing_since is not None
        return ("shared", _("Failing")) if failing else ("ready", _("Working"))
    if endpoint.disabled_because == "organiser":
        return "open", _("Paused")
    return "cancelled", _("Switched off")


def call_states() -> dict[str, str]:
    return {
        "waiting": pgettext("delivery", "Waiting"),
        "sending": pgettext("delivery", "Being sent"),
        "done": pgettext("delivery", "Delivered"),
        "failed": pgettext("delivery", "Failed"),
        "dropped": pgettext("delivery", "Not sent"),
    }


def call_badge(call: Call) -> Badge:
    if call.state == "waiting" and call.attempts:
        return "shared", _("To be tried again")
    return _BADGES[call.state], call_states()[call.state]


def scope_names() -> dict[str, str]:
    return {
        api_keys.READ: _("Read orders"),
        api_keys.WRITE: _("Place and cancel orders"),
        api_keys.DOOR: _("Let people in"),
    }


def scope_meanings() -> dict[str, str]:
    """{scope: what a key with it may}."""
    return {
        api_keys.READ: _("Looks up orders, their tickets, and the holders’ details."),
        api_keys.WRITE: _("For a shop: places and cancels orders, and gets the links to them."),
        api_keys.DOOR: _(
            "For a door: checks tickets in, and learns which barcodes it must refuse."
        ),
    }
