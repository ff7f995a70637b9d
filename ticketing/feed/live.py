"""The change feed: how open overviews hear of a change, in this process and in others.

Here the writing half; watching and streaming stand in `feed/`.
"""

import logging
from collections.abc import Iterable
from typing import Final

from sqlalchemy import ColumnElement, Engine, func, insert, literal, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ticketing.models import Change, Order, Ticket, now
from ticketing.models.base import UTCDateTime
from ticketing.storing.transactions import afterwards

CHANNEL: Final = "passalong_changes"
# An order's version says how often it changed since the last restore, and in millions which
# restore that was: a page that is open has a version which a backup can't know.
OF_A_RESTORE: Final = 1_000_000
# So many of the changes' ids a restore leaves out, for none may be one that somebody remembers.
LEFT_OUT: Final = 1_000_000

log = logging.getLogger(__name__)


def touch(session: Session, order: Order, tickets: Iterable[Ticket] = ()) -> None:
    """Say in the caller's transaction that the overview changed, and which cards of it."""
    order.version += 1
    for ticket in tickets:
        ticket.version = order.version
    session.add(Change(order_id=order.id, version=order.version))
    afterwards(session, _notify)


def touch_between(session: Session, first: int, last: int, *which: ColumnElement[bool]) -> None:
    """As `touch`, for all orders from this one to that one that have such tickets."""
    some = select(Ticket.id).where(Ticket.order_id == Order.id, *which).exists()
    theirs = Order.id.between(first, last), some
    unread = {"synchronize_session": False}
    session.execute(
        update(Order).where(*theirs).values(version=Order.version + 1), execution_options=unread
    )
    theirs_now = select(Order.version).where(Order.id == Ticket.order_id).scalar_subquery()
    session.execute(
        update(Ticket)
        .where(Ticket.order_id.between(first, last), *which)
        .values(version=theirs_now),
        execution_options=unread,
    )
    told = select(Order.id, Order.version, literal(now(), UTCDateTime())).where(*theirs)
    columns = ["order_id", "version", "at"]
    session.execute(insert(Change).from_select(columns, told, include_defaults=False))
    afterwards(session, _notify)


def _notify(engine: Engine) -> None:
    """Tell the feeds of all processes to look, where the database can: PostgreSQL.

    After the commit: within it, a notification would let only one transaction of the whole
    server commit at a time (docs/decisions/ten-thousand-streams.md). It needn't be durable, so
    it doesn't wait for the disk; the feeds also look by themselves.
    """
    if engine.dialect.name != "postgresql":
        return
    notify = select(func.set_config("synchronous_commit", "off", True), func.pg_notify(CHANNEL, ""))
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(notify)
    except SQLAlchemyError as error:
        log.warning("Open overviews hear of a change late: %s", error)
