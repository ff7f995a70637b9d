"""Mails waiting for delivery: written in the transaction that caused them, sent afterwards."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from ticketing.asking.addresses import GMAIL
from ticketing.config import settings
from ticketing.models import Order, OutboxMail, Ticket, User, now
from ticketing.ordering.gathering import put
from ticketing.refusals import TooManyMails
from ticketing.running import security_log
from ticketing.storing.lately import within
from ticketing.storing.locking import queue_for

CONFIRMATION = "confirmation"  # booker: the order is in, here is the overview
SHARE = "share"  # visitor: somebody shares a ticket with you
TICKET = "ticket"  # holder: your ticket
TICKETS = "tickets"  # contact: all tickets of the order, sent again by the organiser
REOPENED = "reopened"  # booker: the organiser opened tickets again
DETAILS_MISSING = "details_missing"  # holder: the organiser asks for something more
ADDED = "tickets_added"  # booker: the order has more tickets now
CANCELLED = "cancelled"  # booker: the order was cancelled
REMINDER = "reminder"  # booker: tickets still need a name
ALL_READY = "all_ready"  # booker: somebody else filled in the last name
TEST = "test"  # somebody of the team: how one of the mails looks; concerns no order
# About accounts. They belong to no organiser's outbox: whoever could read one there could use it.
INVITATION = "invitation"  # somebody is asked to join a team
PASSWORD_RESET = "password_reset"  # noqa: S105 - here is the link to choose a new one
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - it was changed; was that you?
NEW_BROWSER = "new_browser"  # somebody signed in with a browser that wasn't seen before
TWO_STEP_ON = "two_step_on"
TWO_STEP_OFF = "two_step_off"
RECOVERY_CODE_USED = "recovery_code_used"
RECOVERY_CODES_RENEWED = "recovery_codes_renewed"
EMAIL_CHANGE = "email_change"  # to the new address: here is the link that confirms it
EMAIL_CHANGED = "email_changed"  # to the former address: it opens nothing any more
WALLET_ENDING = "wallet_ending"  # owner: tickets can't be added to Apple Wallet any more soon

# Letters to accounts that say nothing of how one signs in.
_NO_SIGN_IN: Final = frozenset({TEST, WALLET_ENDING})

# A condition on today's mails, and how many may meet it.
Limit = tuple[ColumnElement[bool], int]

_BULK: Final = "writes_a_bulk"  # in the session's info


@contextmanager
def bulk(session: Session) -> Iterator[None]:
    """Mails written meanwhile go when no other waits: there are many, and nobody expects them."""
    session.info[_BULK] = True
    try:
        yield
    finally:
        del session.info[_BULK]


def enqueue(
    session: Session,
    kind: str,
    order: Order,
    recipient: str,
    locale: str,
    *,
    ticket: Ticket | None = None,
    params: dict[str, Any] | None = None,
    asked_from: str = "",
    at: dt.datetime | None = None,
) -> None:
    """Write a mail in the caller's transaction.

    `params` holds what the composer needs beside order and ticket (plain values, never a link or
    token). `at` is the moment it is. A mail of a bulk (`bulk`) lets all others
    go first, so that a confirmation needn't wait for thousands.
    """
    at = at or now()
    put(
        session,
        OutboxMail,
        organiser_id=order.organiser_id,
        order_id=order.id,
        ticket_id=ticket.id if ticket else None,
        kind=kind,
        recipient=recipient,
        locale=locale,
        params=params or {},
        message_id=_new_message_id(),
        asked_from=asked_from,
        created_at=at,
        next_attempt_at=at,
        bulk=bool(session.info.get(_BULK)),
    )


def enqueue_for_account(
    session: Session,
    kind: str,
    recipient: str,
    locale: str,
    *,
    params: dict[str, Any],
    asked_from: str = "",
) -> OutboxMail:
    """Write a mail about an account or an invitation in the caller's transaction."""
    mail = OutboxMail(
        kind=kind,
        recipient=recipient,
        locale=locale,
        params=params,
        message_id=_new_message_id(),
        asked_from=asked_from,
    )
    session.add(mail)
    if kind not in _NO_SIGN_IN:
        security_log.note_once_committed(
            session, security_log.ACCOUNT, what=kind, user=params.get("user_id")
        )
    return mail


def tell_user(
    session: Session,
    kind: str,
    user: User,
    locale: str,
    *,
    params: dict[str, Any] | None = None,
    asked_from: str = "",
) -> OutboxMail:
    """Write a mail to somebody about their account, in the caller's transaction.

    It speaks the language that they have chosen; `locale` is for those who chose none.
    """
    return enqueue_for_account(
        session,
        kind,
        user.email,
        user.locale or locale,
        params={"user_id": user.id, **(params or {})},
        asked_from=asked_from,
    )


def _new_message_id() -> str:
    """Stable over retries, so that a mail server or program can recognise a double."""
    domain = settings().mail_sender.rpartition("@")[2]
    return f"<{uuid.uuid4().hex}@{domain}>"


def check_limits(session: Session, kind: str, *limits: Limit) -> None:
    """Raises `TooManyMails` if one more mail of a kind would pass one of today's limits."""
    if not within_limits(session, kind, *limits):
        raise TooManyMails


def within_limits(session: Session, kind: str, *limits: Limit) -> bool:
    """Whether one more mail of a kind passes none of today's limits, whoever else is at it now."""
    queue_up(session, kind, *limits)
    today = within(OutboxMail.created_at, dt.timedelta(days=1), now())
    for condition, most in limits:
        count = session.scalar(
            select(func.count())
            .select_from(OutboxMail)
            .where(OutboxMail.kind == kind, today, condition)
        )
        if (count or 0) >= most:
            return False
    return True


def queue_up(session: Session, kind: str, *limits: Limit) -> None:
    """Let nobody else write mails that count towards these limits until the transaction ends.

    For whoever looks at one limit after the other: all of them first, lest two hold each other up.
    """
    queue_for(session, *(f"{kind} {_spelt_out(condition)}" for condition, _most in limits))


def _spelt_out(condition: ColumnElement[bool]) -> str:
    return str(condition.compile(compile_kwargs={"literal_binds": True}))


def number_in_params(key: str) -> ColumnElement[int]:
    """An id that stands in a mail's params; the usual integers of PostgreSQL's are too small."""
    return cast(OutboxMail.params[key].as_string(), BigInteger)


def to(recipient: str) -> ColumnElement[bool]:
    """The mails to one address, in whichever case it was typed."""
    # SQLite's lower() knows A to Z alone, PostgreSQL's all letters.
    simply = "".join(c.lower() if c.isascii() else c for c in recipient)
    return func.lower(OutboxMail.recipient).in_([simply, recipient.lower()])


def to_mailbox(recipient: str) -> ColumnElement[bool]:
    """The mails that reach one mailbox, however its owner's address was varied.

    What stands behind a plus goes to the same mailbox (RFC 5233), and Gmail overlooks dots:
    https://support.google.com/mail/answer/7436150. For mails whose address is kept in lower case.
    """
    local, _at, domain = recipient.rpartition("@")
    name = local.partition("+")[0] or local
    stored = OutboxMail.recipient.expression
    domains: tuple[str, ...] = (domain,)
    if domain in GMAIL:
        name, stored = name.replace(".", ""), func.replace(stored, ".", "")
        domains = tuple(each.replace(".", "") for each in GMAIL)
    varied = stored.startswith(f"{name}+", autoescape=True)
    return or_(
        stored.in_([f"{name}@{each}" for each in domains]),
        *[and_(varied, stored.endswith(f"@{each}", autoescape=True)) for each in domains],
    )


def address_digest(key: bytes, address: str) -> str:
    """What is kept of a network address: enough to count by, nothing to read back."""
    return hashlib.blake2b(address.encode(), key=key, digest_size=12).hexdigest()
