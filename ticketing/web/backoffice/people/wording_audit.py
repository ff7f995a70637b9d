"""What the audit says, in plain words."""

from flask_babel import gettext as _
from flask_babel import ngettext, pgettext

from ticketing.members import audit
from ticketing.models import AuditEntry
from ticketing.web.backoffice import roles
from ticketing.words.formats import number


def actions() -> dict[str, str]:
    """{action: what it is called}, in the order in which it is chosen from."""
    return {
        audit.ORDER_OPENED: _("Opened an order"),
        audit.LIST_OPENED: _("Looked through a list"),
        audit.TICKET_FILE: _("Downloaded a ticket"),
        audit.MAIL_OPENED: _("Opened a mail"),
        audit.API_READ: _("A program read orders"),
        audit.EXPORTED: _("Exported orders"),
        audit.PERSON_SEARCHED: _("Looked for everything about a person"),
        audit.PERSON_EXPORTED: _("Downloaded everything about a person"),
        audit.PERSON_ERASED: _("Erased a person"),
        audit.EVENT_ERASED: _("Erased the details of an event"),
        audit.RETENTION_CHANGED: _("Changed an event’s privacy"),
        audit.NOTICE_CHANGED: _("Changed privacy contact or notice"),
        audit.AUDIT_OPENED: _("Looked at the audit"),
        audit.AUDIT_EXPORTED: _("Exported the audit"),
        audit.SIGNED_IN: _("Signed in"),
        audit.SIGNED_OUT_EVERYWHERE: _("Signed out everywhere"),
        audit.PASSWORD_CHANGED: _("Password changed"),
        audit.EMAIL_CHANGED: _("Asked to sign in with another address"),
        audit.TWO_STEP_ON: _("Two-step sign-in switched on"),
        audit.TWO_STEP_OFF: _("Two-step sign-in switched off"),
        audit.TWO_STEP_RESET: _("Reset somebody’s two-step sign-in"),
        audit.TWO_STEP_REQUIRED: _("Changed whether two-step sign-in is required"),
        audit.RECOVERY_CODES: _("New recovery codes made"),
        audit.RECOVERY_CODE_USED: _("Recovery code used"),
        audit.INVITED: _("Invited somebody"),
        audit.ROLE_CHANGED: _("Changed somebody’s role"),
        audit.REMOVED: _("Removed somebody from the team"),
        audit.KEY_MADE: _("Made an API key"),
        audit.KEY_REVOKED: _("Revoked an API key"),
        audit.CLEARED: _("Cleared what erased details had left on the disk"),
    }


def what(entry: AuditEntry) -> str:
    return actions().get(entry.action, entry.action)


def lists() -> dict[str, str]:
    """{page: what the list is called that it shows}."""
    return {
        "orders": _("Orders"),
        "outbox": _("Outbox"),
        "preview_reminders": _("Reminders"),
    }


def filters(page: str) -> dict[str, str]:
    """{part of a list's address: what the list calls it}."""
    return {
        # TRANSLATORS: what somebody typed into a search, in a list of filters.
        "q": _("Words searched for"),
        "event": _("Event"),
        "shop": _("Shop"),
        "kind": _("Mail"),
        "state": _("Status") if page == "outbox" else _("Personalisation"),
        "from": pgettext("date", "From"),
        "to": pgettext("date", "Until"),
    }


def details(entry: AuditEntry) -> str:
    """Fields and numbers; nothing that anybody typed."""
    about = entry.about
    page = str(about.get("page", ""))
    said = []
    if shown := lists().get(page):
        said.append(shown)
    if form := about.get("form"):
        said.append(str(form).upper())
    named = filters(page)
    if names := [named[key] for key in about.get("filters", ()) if key in named]:
        said.append(_("filtered by: %(names)s", names=", ".join(names)))
    if rows := about.get("rows"):
        said.append(ngettext("one row", "%(n)s rows", rows, n=number(rows)))
    if orders := about.get("orders"):
        said.append(ngettext("one order", "%(n)s orders", orders, n=number(orders)))
    if tickets := about.get("tickets"):
        said.append(ngettext("one ticket", "%(n)s tickets", tickets, n=number(tickets)))
    if role := roles.words().get(str(about.get("role"))):
        said.append(_("role: %(role)s", role=role))
    return " · ".join(said)
