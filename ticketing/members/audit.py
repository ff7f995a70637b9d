"""Who looked at people's data, took it out, or changed who may: a note for owners.

It names fields and counts, never what stands in them, nor what somebody searched for. The database
refuses to change an entry. Who only looks is served though it can't be noted.
"""

import datetime as dt
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from ticketing.extensions import db
from ticketing.models import AuditEntry, Membership, now
from ticketing.storing.transactions import DATABASE_ERRORS, Unavailable, write

KEPT: Final = dt.timedelta(days=400)  # a year, and time to look at it
SAME: Final = dt.timedelta(minutes=15)  # whoever looks at the same again within it is noted once

# People's data
LIST_OPENED: Final = "list_opened"
ORDER_OPENED: Final = "order_opened"
TICKET_FILE: Final = "ticket_file"
MAIL_OPENED: Final = "mail_opened"
API_READ: Final = "api_read"
EXPORTED: Final = "exported"
PERSON_SEARCHED: Final = "person_searched"
PERSON_EXPORTED: Final = "person_exported"
PERSON_ERASED: Final = "person_erased"
EVENT_ERASED: Final = "event_erased"
CLEARED: Final = "cleared"  # what erased rows had left on the disk
RETENTION_CHANGED: Final = "retention_changed"
NOTICE_CHANGED: Final = "notice_changed"
AUDIT_OPENED: Final = "audit_opened"
AUDIT_EXPORTED: Final = "audit_exported"
# Who may
SIGNED_IN: Final = "signed_in"
SIGNED_OUT_EVERYWHERE: Final = "signed_out_everywhere"
PASSWORD_CHANGED: Final = "password_changed"  # noqa: S105 - no password
TWO_STEP_ON: Final = "two_step_on"
TWO_STEP_OFF: Final = "two_step_off"
TWO_STEP_RESET: Final = "two_step_reset"
RECOVERY_CODES: Final = "recovery_codes"
RECOVERY_CODE_USED: Final = "recovery_code_used"
EMAIL_CHANGED: Final = "email_changed"
ROLE_CHANGED: Final = "role_changed"
INVITED: Final = "invited"
REMOVED: Final = "removed"
TWO_STEP_REQUIRED: Final = "two_step_required"
KEY_MADE: Final = "key_made"
KEY_REVOKED: Final = "key_revoked"

ACTIONS: Final = (
    LIST_OPENED, ORDER_OPENED, TICKET_FILE, MAIL_OPENED, API_READ, EXPORTED,
    PERSON_SEARCHED, PERSON_EXPORTED, PERSON_ERASED, EVENT_ERASED, CLEARED, RETENTION_CHANGED,
    NOTICE_CHANGED, AUDIT_OPENED, AUDIT_EXPORTED,
    SIGNED_IN, SIGNED_OUT_EVERYWHERE, PASSWORD_CHANGED,
    TWO_STEP_ON, TWO_STEP_OFF, TWO_STEP_RESET, RECOVERY_CODES, RECOVERY_CODE_USED,
    EMAIL_CHANGED, ROLE_CHANGED, INVITED, REMOVED, TWO_STEP_REQUIRED, KEY_MADE, KEY_REVOKED,
)  # fmt: skip

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody of the team, or a program; neither: a command, or Passalong by itself.

    `address` is a keyed digest of the network address that they come from.
    """

    user_id: int | None = None
    api_key_id: int | None = None
    address: str = ""


PASSALONG: Final = Actor()


def record(
    session: Session,
    action: str,
    actor: Actor,
    *,
    organiser_id: int | None = None,
    order_id: int | None = None,
    about: Mapping[str, Any] | None = None,
) -> None:
    """Note what somebody does in the transaction that does it."""
    session.add(
        AuditEntry(
            organiser_id=organiser_id,
            user_id=actor.user_id,
            api_key_id=actor.api_key_id,
            action=action,
            order_id=order_id,
            about=dict(about or {}),
            address=actor.address,
        )
    )


def note(
    action: str,
    actor: Actor,
    *,
    organiser_id: int | None,
    order_id: int | None = None,
    about: Mapping[str, Any] | None = None,
    once: bool = True,
) -> None:
    """Note what somebody has looked at, in a transaction of its own.

    `once`: not again if they looked at the same within `SAME`.
    """
    try:
        if once and _lately(action, actor, organiser_id, order_id):
            return
        with write(keep=True) as session:
            record(
                session,
                action,
                actor,
                organiser_id=organiser_id,
                order_id=order_id,
                about=about,
            )
    except (Unavailable, *DATABASE_ERRORS) as error:
        # A full disk mustn't keep people from the orders at the door.
        _log.warning("An audit entry (%s) isn't written: %s", action, type(error).__name__)


def _lately(action: str, actor: Actor, organiser_id: int | None, order_id: int | None) -> bool:
    who = (
        AuditEntry.user_id == actor.user_id
        if actor.user_id is not None
        else AuditEntry.api_key_id == actor.api_key_id
    )
    same = select(AuditEntry.id).where(
        who,
        AuditEntry.action == action,
        AuditEntry.order_id == order_id,
        AuditEntry.organiser_id == organiser_id,
        AuditEntry.at > now() - SAME,
    )
    return db.session.scalar(same.limit(1)) is not None


def of(organiser_id: int) -> list[Select[AuditEntry]]:
    """What was done with an organiser's data, and by their team with their own accounts.

    One by one each is read from the end of an index; together they would be sorted first.
    """
    team = select(Membership.user_id).where(Membership.organiser_id == organiser_id)
    return [
        select(AuditEntry).where(AuditEntry.organiser_id == organiser_id),
        select(AuditEntry).where(AuditEntry.organiser_id.is_(None), AuditEntry.user_id.in_(team)),
    ]


def prune() -> None:
    """Forget what is older than `KEPT`."""
    with write() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.at < now() - KEPT))
