"""What the backoffice says about history and mails, in plain words."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import pgettext

from ticketing.asking import fields
from ticketing.asking.fields import Field
from ticketing.history import DOOR
from ticketing.mailing import defaults, plainly
from ticketing.models import HistoryEntry, OutboxMail
from ticketing.posting import delivery, mail_search
from ticketing.words.formats import apart

_ICONS = {
    "placed": "plus",
    "claimed": "check",
    "named": "check",
    "made_ready": "check",
    "tickets_added": "plus",
    "retyped": "edit",
    "edited": "edit",
    "completed": "check",
    "details_asked": "mail",
    "contact_edited": "edit",
    "new_barcode": "qr",
    "reopened": "undo",
    "recalled": "undo",
    "shared": "share",
    "opened": "eye",
    "ticket_resent": "mail",
    "order_resent": "mail",
    "ticket_cancelled": "cancel",
    "order_cancelled": "cancel",
    "reminded": "mail",
    "reminders_off": "cancel",
    "reminders_on": "mail",
    "checked_in": "door",
    "restored": "undo",
    "erased": "cancel",
}


def icon_of(entry: HistoryEntry) -> str:
    return _ICONS.get(entry.action, "clock")


def what(entry: HistoryEntry) -> str:
    """What happened: "Edited ticket 3"."""
    n = entry.ticket.position if entry.ticket else 0
    sentences: dict[str, str] = {
        "placed": _("The order was placed"),
        "claimed": _("Personalised ticket %(n)s", n=n),
        "named": _("Ticket %(n)s came with its name", n=n),
        "made_ready": _("Ticket %(n)s is ready: its type needs no name any more", n=n),
        "tickets_added": _("Added tickets to the order"),
        "retyped": _("Changed the type of ticket %(n)s", n=n),
        "edited": _("Edited ticket %(n)s", n=n),
        "completed": _("Filled in what ticket %(n)s lacked", n=n),
        "details_asked": _("Asked the holder of ticket %(n)s for what is missing", n=n),
        "contact_edited": _("Changed the contact"),
        "new_barcode": _("Issued a new barcode for ticket %(n)s", n=n),
        "reopened": _("Opened ticket %(n)s for personalisation", n=n),
        "recalled": _("Recalled the link to ticket %(n)s", n=n),
        "shared": _("Shared ticket %(n)s", n=n),
        "opened": _("Opened the link to ticket %(n)s", n=n),
        "ticket_resent": _("Sent ticket %(n)s again", n=n),
        "order_resent": _("Sent the order again"),
        "ticket_cancelled": _("Cancelled ticket %(n)s", n=n),
        "order_cancelled": _("Cancelled the order"),
        "reminded": _("Reminded the booker of tickets without a name"),
        "reminders_off": _("Wants no more reminders"),
        "reminders_on": _("Wants reminders again"),
        "checked_in": _("Ticket %(n)s was checked in", n=n),
        "restored": _("Former links and barcodes of ticket %(n)s were made void", n=n)
        if n
        else _("Former links to the order were made void"),
        "erased": _("Erased people’s details, for good"),
    }
    return sentences.get(entry.action, entry.action)


def who(entry: HistoryEntry) -> str:
    """Who did it: "Bea Booker (booker)"."""
    at_the_door = (entry.actor, entry.actor_name) == (DOOR.kind, DOOR.name)
    name = pgettext("where people enter", "Door") if at_the_door else apart(entry.actor_name)
    kinds: dict[str, tuple[str, str]] = {
        "booker": (_("Booker"), _("%(name)s (booker)", name=name)),
        "visitor": (_("Visitor"), _("%(name)s (visitor)", name=name)),
        "holder": (_("Holder"), _("%(name)s (holder)", name=name)),
        "organiser": (_("Organiser"), _("%(name)s (organiser)", name=name)),
        "shop": (_("Shop"), _("%(name)s (shop)", name=name)),
        "system": ("Passalong", f"{name} (Passalong)"),
    }
    alone, named = kinds.get(entry.actor, (entry.actor, f"{name} ({entry.actor})"))
    return named if name else alone


def changes(
    entry: HistoryEntry, details: Mapping[str, Field] = fields.BY_KEY
) -> list[tuple[str, str, str]]:
    """(what, before, after) of everything the entry changed, in the order of the form.

    `details` are the event's `fields.known_fields`.
    """
    keys = {**entry.before, **entry.after}
    known = [key for key in details if key in keys]
    rest = [key for key in keys if key not in details]
    return [
        (
            str(details[key].label),
            fields.in_words(details[key], entry.before.get(key, "")),
            fields.in_words(details[key], entry.after.get(key, "")),
        )
        for key in known
    ] + [
        (
            label_of(key),
            value_of(key, entry.before.get(key, "")),
            value_of(key, entry.after.get(key, "")),
        )
        for key in rest
    ]


def reason(entry: HistoryEntry) -> str:
    """Why it happened: in somebody's words, or in ours where details were erased."""
    if entry.action != "erased":
        return entry.reason
    ours = {
        "asked": _("They asked for it"),
        "over": _("The event is over, and its details are no longer kept"),
    }
    return ours.get(entry.reason, entry.reason)


def label_of(key: str) -> str:
    labels: dict[str, str] = {
        "barcode": _("Barcode"),
        "channel": _("Channel"),
        "link": _("Link"),
        "share": _("Shared link"),
        "state": _("Status"),
        "contact": _("Contact"),
        "tickets": _("Tickets"),
        "to": pgettext("recipient", "To"),
    }
    return labels.get(key, key)


def value_of(key: str, value: Any) -> str:
    if value == "":
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if value is True:
        return str(_("Yes"))
    if key in {"barcode", "link", "share"}:
        return str(_("number %(n)s", n=value))
    words: dict[str, dict[str, str]] = {
        "channel": {
            "whatsapp": "WhatsApp",
            "email": _("Email"),
            "copy": _("Copied link"),
            "native": _("The phone’s share sheet"),
            "link": _("Link"),
        },
        "state": {
            "open": _("Not assigned"),
            "personalised": _("Ready"),
            "checked_in": _("Checked in"),
            "cancelled": pgettext("ticket", "Cancelled"),
        },
    }
    return words.get(key, {}).get(str(value), str(value))


def mail_kind(mail: OutboxMail) -> str:
    """What a mail is for, in words; its ticket must be loaded."""
    n = mail.ticket.position if mail.ticket else 0
    kinds: dict[str, str] = {
        "confirmation": _("Confirmation for the booker"),
        "share": _("Ticket %(n)s, shared by mail", n=n),
        "ticket": _("Ticket %(n)s for its holder", n=n),
        "tickets": _("Order, sent again"),
        "reopened": _("Tickets opened again"),
        "details_missing": _("Ticket %(n)s: details are missing", n=n)
        if n
        else _("Details are missing"),
        "tickets_added": _("Tickets added to the order"),
        "cancelled": _("Cancellation"),
        "reminder": _("Reminder for the booker"),
        "all_ready": _("Everybody is ready"),
        "test": _("Test mail"),
    }
    return kinds.get(mail.kind, mail.kind)


def mail_kinds() -> dict[str, str]:
    """{kind: what mails of it are called}, of all that stand in an organiser's outbox."""
    named = {kind: str(wording.title) for kind, wording in defaults.WORDINGS.items()}
    named["test"] = _("Test mail")
    return {kind: named[kind] for kind in mail_search.KINDS}


def mail_why(mail: OutboxMail) -> str:
    """Why a mail wasn't sent, or not yet, in plain words; "" where there is nothing to say."""
    if mail.state == "withdrawn":
        return delivery.error_of(mail)
    return plainly.in_words(mail.last_error)


def mail_states() -> dict[str, str]:
    return {
        "waiting": pgettext("mail", "Waiting"),
        "sending": pgettext("mail", "Being sent"),
        "sent": pgettext("mail", "Sent"),
        "failed": pgettext("mail", "Failed"),
        "withdrawn": _("Not sent: no longer true"),
    }


def mail_badge(mail: OutboxMail) -> tuple[str, str]:
    """A mail's status as (kind of badge, text)."""
    kinds = {
        "waiting": "shared",
        "sending": "opened",
        "sent": "ready",
        "failed": "cancelled",
        "withdrawn": "open",
    }
    return kinds[mail.state], mail_states()[mail.state]
