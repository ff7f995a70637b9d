"""What the audit says, in plain words."""

from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import audit
from ticketing.formats import number
from ticketing.models import AuditEntry


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


def details(entry: AuditEntry) -> str:
    """Fields and numbers; nothing that anybody typed."""
    about = entry.about
    said = []
    if names := about.get("filters"):
        said.append(_("filtered by: %(names)s", names=", ".join(map(str, names))))
    if rows := about.get("rows"):
        said.append(ngettext("one row", "%(n)s rows", rows, n=number(rows)))
    if orders := about.get("orders"):
        said.append(ngettext("one order", "%(n)s orders", orders, n=number(orders)))
    if tickets := about.get("tickets"):
        said.append(ngettext("one ticket", "%(n)s tickets", tickets, n=number(tickets)))
    if role := about.get("role"):
        said.append(_("role: %(role)s", role=role))
    return " · ".join(said)
