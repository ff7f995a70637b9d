"""Mails waiting for delivery: written in the transaction that caused them, sent afterwards."""

import datetime as dt
import hashlib
import uuid
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from ticketing.config import settings
from ticketing.models import Order, OutboxMail, Ticket, now
from ticketing.refusals import TooManyMails

CONFIRMATION = "confirmation"  # booker: the order is in, here is the overview
SHARE = "share"  # visitor: somebody shares a ticket with you
TICKET = "ticket"  # holder: your ticket
TICKETS = "tickets"  # contact: all tickets of the order, sent again by the organiser
REOPENED = "reopened"  # booker: the organiser opened tickets again
CANCELLED = "cancelled"  # booker: the order was cancelled


# A condition on today's mails, and how many may meet it.
Limit = tuple[ColumnElement[bool], int]


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
) -> OutboxMail:
    """Write a mail in the caller's transaction.

    `params` holds what the composer needs beside order and ticket (plain values, never a link or
    token).
    """
    domain = settings().mail_sender.rpartition("@")[2]
    mail = OutboxMail(
        organiser_id=order.organiser_id,
        order_id=order.id,
        ticket_id=ticket.id if ticket else None,
        kind=kind,
        recipient=recipient,
        locale=locale,
        params=params or {},
        # Stable over retries, so that a mail server or program can recognise a double.
        message_id=f"<{uuid.uuid4().hex}@{domain}>",
        asked_from=asked_from,
    )
    session.add(mail)
    return mail


def check_limits(session: Session, kind: str, *limits: Limit) -> None:
    """Raises `TooManyMails` if one more mail of a kind would pass one of today's limits."""
    if not within_limits(session, kind, *limits):
        raise TooManyMails


def within_limits(session: Session, kind: str, *limits: Limit) -> bool:
    since = now() - dt.timedelta(days=1)
    for condition, most in limits:
        count = session.scalar(
            select(func.count())
            .select_from(OutboxMail)
            .where(OutboxMail.kind == kind, OutboxMail.created_at > since, condition)
        )
        if (count or 0) >= most:
            return False
    return True


def to(recipient: str) -> ColumnElement[bool]:
    """The mails to one address, in whichever case it was typed."""
    # SQLite's lower() knows A to Z alone, PostgreSQL's all letters.
    simply = "".join(c.lower() if c.isascii() else c for c in recipient)
    return func.lower(OutboxMail.recipient).in_([simply, recipient.lower()])


def address_digest(key: bytes, address: str) -> str:
    """What is kept of a network address: enough to count by, nothing to read back."""
    return hashlib.blake2b(address.encode(), key=key, digest_size=12).hexdigest()
