"""Which of what happens takes something back, and what is true of it from then on.

Written down by `revocations.py`; a restore does it again, see `backup/again.py`.
"""

import hmac
from typing import Final

from sqlalchemy.orm import Session

from ticketing.links import keys
from ticketing.models import (
    ApiKey,
    Invitation,
    Order,
    PretixConnection,
    Ticket,
    User,
    WebhookEndpoint,
)
from ticketing.vault.revocations import note

ORDER, TICKET = "order", "ticket"
API_KEY, INVITATION, WEBHOOK, PRETIX = "api key", "invitation", "webhook", "pretix"
PASSWORD, ADDRESS, ACCOUNT = "password", "address", "account"
RECOVERY_CODES, MEMBER = "recovery codes", "member"

# The history's words for what renews links or barcodes, or uses them up.
_OF_TICKET: Final = frozenset(
    "edited new_barcode reopened ticket_cancelled checked_in recalled restored".split()
)
_OF_ORDER: Final = frozenset({"contact_edited", "order_cancelled", "restored"})
# These end a link only where another one had been shared before.
_OF_SHARE: Final = frozenset({"shared", "opened", "claimed"})


def note_happening(session: Session, order: Order, action: str, ticket: Ticket | None) -> None:
    """Something happened to an order or a ticket; `history.record` calls it."""
    if action in _OF_ORDER:
        note(session, ORDER, order.link_id, link=order.link_generation, state=order.state)
    if ticket is None:
        return
    if action in _OF_TICKET or (action in _OF_SHARE and ticket.share_generation > 1):
        note(
            session,
            TICKET,
            ticket.link_id,
            link=ticket.link_generation,
            share=ticket.share_generation,
            barcode=ticket.barcode_generation,
            round=ticket.round,
            state=ticket.state,
            # Whether a link of this generation is out; `end_share` leaves it loaded.
            out=ticket.share is not None and ticket.share.ended_at is None,
        )


def note_key(session: Session, key: ApiKey) -> None:
    """A program's key was revoked."""
    note(session, API_KEY, key.prefix)


def note_invitation(session: Session, invitation: Invitation) -> None:
    """An invitation was withdrawn."""
    note(session, INVITATION, invitation.link_id)


def note_webhook(session: Session, endpoint: WebhookEndpoint) -> None:
    """A webhook was switched on or off, deleted, or has another secret or address.

    Another address isn't written down: where the former one comes back, nobody is told anything.
    """
    note(
        session,
        WEBHOOK,
        endpoint.link_id,
        on=endpoint.disabled_at is None,
        deleted=endpoint.deleted_at is not None,
        secret=endpoint.secret_generation,
        revision=endpoint.revision,
    )


def note_pretix(session: Session, connection: PretixConnection) -> None:
    """A shop was disconnected from its pretix."""
    note(session, PRETIX, connection.link_id)


def note_password(session: Session, user: User) -> None:
    """Somebody has another password."""
    note(session, PASSWORD, user_subject(user), digest=digest_of(user.password))


def note_address(session: Session, user: User) -> None:
    """Somebody signs in with another address, which isn't written down."""
    note(session, ADDRESS, user_subject(user), digest=digest_of(user.email))


def note_account(session: Session, user: User) -> None:
    """An account was closed or opened again."""
    note(session, ACCOUNT, user_subject(user), active=user.active)


def note_recovery_codes(session: Session, user: User) -> None:
    """Recovery codes were used or replaced, or two-step sign-in switched off."""
    note(session, RECOVERY_CODES, user_subject(user))


def note_member(session: Session, user: User, organiser_id: int, role: str | None) -> None:
    """Somebody has another role with an organiser; None: no place in the team any more."""
    note(
        session,
        MEMBER,
        f"{organiser_id} {user_subject(user)}",
        organiser=organiser_id,
        user=user_subject(user),
        role=role,
    )


def digest_of(value: str | None) -> str:
    """Tells whether a database has it already, and nothing about it: the key isn't there."""
    return hmac.digest(keys().address, (value or "").encode(), "sha256").hex()


def user_subject(user: User) -> str:
    """Says which account without saying whose; a row's number alone would be given out again."""
    return f"{user.id} {user.created_at.isoformat()}"
