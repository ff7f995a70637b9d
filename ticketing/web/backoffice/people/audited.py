"""Which pages and acts of the backoffice are noted in the audit, and as what.

What happens to an order stands in its history; here is what would leave no trace: who looked, who
took data out, who changed what others may. tests/privacy/test_audit.py asks it of every route.
"""

from typing import Any, Final

from flask import Response, g, request

from ticketing import links
from ticketing.members import audit
from ticketing.members.audit import Actor
from ticketing.posting import outbox
from ticketing.storing import limits
from ticketing.web.backoffice import scope

# Of pages: noted once in a while for each order.
LOOKS: Final = {
    "orders": audit.LIST_OPENED,
    "outbox": audit.LIST_OPENED,
    "preview_reminders": audit.LIST_OPENED,
    "order": audit.ORDER_OPENED,
    "contact": audit.ORDER_OPENED,
    "edit_contact": audit.ORDER_OPENED,
    "edit_ticket": audit.ORDER_OPENED,
    "reopen": audit.ORDER_OPENED,
    "ticket_link": audit.ORDER_OPENED,
    "ticket_file": audit.TICKET_FILE,
    "mail": audit.MAIL_OPENED,
    "mail_html": audit.MAIL_OPENED,
    "audit_page": audit.AUDIT_OPENED,
}
# Of what somebody sends: noted each time that it is done. (Files that are exported, and what
# concerns one person, are noted where it happens, with their numbers; passwords and second steps
# by their rules, for there are several ways to change them.)
ACTS: Final = {
    "change_email": audit.EMAIL_CHANGED,
    "end_other_sign_ins": audit.SIGNED_OUT_EVERYWHERE,
    "change_role": audit.ROLE_CHANGED,
    "remove_member": audit.REMOVED,
    "sign_out_member": audit.SIGNED_OUT_EVERYWHERE,
    "reset_two_step": audit.TWO_STEP_RESET,
    "require_two_step": audit.TWO_STEP_REQUIRED,
    "invite": audit.INVITED,
    "new_api_key": audit.KEY_MADE,
    "revoke_api_key": audit.KEY_REVOKED,
}
# What lists are narrowed by, as it stands in their addresses.
FILTERS: Final = frozenset({"q", "event", "shop", "state", "kind", "from", "to"})
_OWN_ACCOUNT: Final = frozenset({"change_email", "end_other_sign_ins"})


def begin() -> None:
    """Remember who asks: the act may be to sign themselves out."""
    place = scope.membership()
    g.audited = actor(), place.organiser_id if place else None


def actor() -> Actor:
    """Who is signed in, and a digest of where they are."""
    network = limits.network_of(request.remote_addr or "")
    return Actor(scope.user().id, address=outbox.address_digest(links.keys().address, network))


def note(response: Response) -> Response:
    """After the answer was made: what was looked at, or done."""
    who = g.get("audited")
    name = (request.endpoint or "").rpartition(".")[2]
    if who is None or response.status_code >= 400:
        return response
    acting, organiser_id = who
    if request.method == "GET" and name in LOOKS:
        about = {"filters": filters()} if LOOKS[name] == audit.LIST_OPENED else {}
        audit.note(
            LOOKS[name],
            acting,
            organiser_id=organiser_id,
            order_id=g.get("looked_at"),
            about={**about, "page": name},
        )
    elif request.method == "POST" and name in ACTS:
        audit.note(
            ACTS[name],
            acting,
            organiser_id=None if name in _OWN_ACCOUNT else organiser_id,
            about=_about(),
            once=False,
        )
    return response


def filters() -> list[str]:
    """Which of the filters were set, not to what; nothing else that an address may hold."""
    return sorted(key for key, value in request.args.items() if value and key in FILTERS)


def _about() -> dict[str, Any]:
    found: dict[str, Any] = dict(g.get("about", {}))
    if role := request.form.get("role", "")[:20]:
        found["role"] = role
    if key_id := (request.view_args or {}).get("key_id"):
        found["key"] = key_id
    return found
