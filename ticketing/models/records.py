"""What happened, what has to be sent, and what open overviews have to hear."""

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketing.models.base import Base, RowId, now
from ticketing.models.orders import Order, Ticket


class HistoryEntry(Base):
    """Who did what to an order or one of its tickets, when, and what changed."""

    __tablename__ = "history"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    at: Mapped[dt.datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(String(20))  # see history.By
    actor_name: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(String(40))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reason: Mapped[str] = mapped_column(Text, default="")
    form_digest: Mapped[str | None] = mapped_column(String(64))  # what it came by: see repeats.py

    ticket: Mapped[Ticket | None] = relationship()


class Change(Base):
    """A line in the change feed: this order's overview now has this version."""

    __tablename__ = "changes"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id is never used twice

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    order_id: Mapped[int]
    version: Mapped[int]
    at: Mapped[dt.datetime] = mapped_column(default=now)


class OutboxMail(Base):
    """A mail to be composed and delivered: what it is about, never its rendered text.

    The text would hold links, and nothing in the database is a usable link.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(
            "state in ('waiting', 'sending', 'sent', 'failed', 'withdrawn')", name="state"
        ),
        Index("ix_outbox_due", "state", "bulk", "next_attempt_at", "id"),
        Index("ix_outbox_lately", "kind", "created_at"),  # for the limits of a day
        Index("ix_outbox_organiser", "organiser_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    # A mail to somebody of the team concerns no order, one about an account no organiser.
    organiser_id: Mapped[int | None] = mapped_column(ForeignKey("organisers.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"))
    kind: Mapped[str] = mapped_column(String(30))
    recipient: Mapped[str] = mapped_column(String(320))
    locale: Mapped[str] = mapped_column(String(12))
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime] = mapped_column(default=now)
    leased_until: Mapped[dt.datetime | None]
    bulk: Mapped[bool] = mapped_column(default=False)  # one of many: goes when nothing else waits
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    sent_at: Mapped[dt.datetime | None]
    # A keyed digest of the network address that asked for a mail, for the limits alone.
    asked_from: Mapped[str] = mapped_column(String(32), default="")

    order: Mapped[Order | None] = relationship()
    ticket: Mapped[Ticket | None] = relationship()
