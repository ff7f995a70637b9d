"""What was bought, and who will come."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from ticketing.models.base import Base, RowId, now, random_link_id
from ticketing.models.events import Shop, TicketType
from ticketing.models.organisers import Organiser

OPEN, PERSONALISED, CHECKED_IN, CANCELLED = "open", "personalised", "checked_in", "cancelled"


class Order(Base):
    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("shop_id", "reference"),
        CheckConstraint("state in ('placed', 'cancelled')", name="state"),
        Index("ix_orders_organiser_updated", "organiser_id", "updated_at", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(
        BigInteger, unique=True, default=random_link_id, insert_sentinel=True
    )
    link_generation: Mapped[int] = mapped_column(default=1)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"))
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    code: Mapped[str] = mapped_column(String(12), unique=True)
    reference: Mapped[str] = mapped_column(String(100))  # the shop's own number
    content_digest: Mapped[str] = mapped_column(String(64))  # tells a repeat from a contradiction
    locale: Mapped[str] = mapped_column(String(12))
    first_name: Mapped[str] = mapped_column(String(200))
    last_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320))
    phone: Mapped[str] = mapped_column(String(20), default="")  # E.164
    state: Mapped[str] = mapped_column(String(20), default="placed")
    version: Mapped[int] = mapped_column(default=1)  # raised by whatever an overview shows
    list_version: Mapped[int] = mapped_column(default=1)  # the version that last added tickets
    revision: Mapped[int] = mapped_column(default=1)  # raised by each change of the contact
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    # When it changed last, tickets and all: whatever an overview shows raises the version.
    updated_at: Mapped[dt.datetime] = mapped_column(default=now, onupdate=now)
    cancelled_at: Mapped[dt.datetime | None]
    reminders_off_at: Mapped[dt.datetime | None]  # the booker wants no more of them
    amended_as_of: Mapped[dt.datetime | None]  # how new the shop's state is that we follow

    organiser: Mapped[Organiser] = relationship()
    shop: Mapped[Shop] = relationship()
    tickets: Mapped[list["Ticket"]] = relationship(
        back_populates="order", order_by="Ticket.position"
    )


class Ticket(Base):
    __tablename__ = "tickets"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        CheckConstraint(
            "state in ('open', 'personalised', 'checked_in', 'cancelled')", name="state"
        ),
        Index("ix_tickets_state", "state"),
        Index("ix_tickets_type_state", "ticket_type_id", "state"),  # counts need nothing else
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    ticket_type_id: Mapped[int] = mapped_column(ForeignKey("ticket_types.id"))
    position: Mapped[int]  # 1 is the order's first
    external_id: Mapped[str | None] = mapped_column(String(64))  # the shop's own number for it
    state: Mapped[str] = mapped_column(String(20), default=OPEN)
    round: Mapped[int] = mapped_column(default=1)  # raised by each reopen
    revision: Mapped[int] = mapped_column(default=1)  # raised by each change of state or holder
    version: Mapped[int] = mapped_column(default=1)  # the order's version when its card changed

    # The holder, once personalised.
    first_name: Mapped[str] = mapped_column(String(200), default="")
    last_name: Mapped[str] = mapped_column(String(200), default="")
    email: Mapped[str] = mapped_column(String(320), default="")
    phone: Mapped[str] = mapped_column(String(20), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)  # all other fields
    locale: Mapped[str] = mapped_column(String(12), default="en")  # the holder's language
    personalised_at: Mapped[dt.datetime | None]
    personalised_by: Mapped[str | None] = mapped_column(String(20))  # booker, visitor, organiser
    claim_digest: Mapped[str | None] = mapped_column(String(64))  # see repeats.py
    checked_in_at: Mapped[dt.datetime | None]
    cancelled_at: Mapped[dt.datetime | None]

    # Two secrets, each with its own generation: the page's link and the barcode.
    link_id: Mapped[int] = mapped_column(
        BigInteger, unique=True, default=random_link_id, insert_sentinel=True
    )
    link_generation: Mapped[int] = mapped_column(default=1)
    share_generation: Mapped[int] = mapped_column(default=1)
    barcode_id: Mapped[int] = mapped_column(BigInteger, unique=True, default=random_link_id)
    barcode_generation: Mapped[int] = mapped_column(default=1)

    order: Mapped[Order] = relationship(back_populates="tickets")
    type: Mapped[TicketType] = relationship()
    shares: Mapped[list["Share"]] = relationship(
        back_populates="ticket", order_by="Share.generation"
    )
    # The share whose link is out now, if any: of this generation and not ended.
    share: Mapped["Share | None"] = relationship(
        primaryjoin=lambda: and_(
            Ticket.id == foreign(Share.ticket_id),
            Ticket.share_generation == Share.generation,
            Share.ended_at.is_(None),
        ),
        viewonly=True,
        uselist=False,
    )

    @property
    def code(self) -> str:
        """What people read out for this ticket; the order must be loaded."""
        return f"{self.order.code}-{self.position}"


class Share(Base):
    """One link to one ticket: its channel and its life."""

    __tablename__ = "shares"
    __table_args__ = (UniqueConstraint("ticket_id", "generation"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"))
    generation: Mapped[int]
    channel: Mapped[str] = mapped_column(String(20))  # whatsapp, email, copy, native, link
    recipient: Mapped[str] = mapped_column(String(320), default="")
    shared_at: Mapped[dt.datetime] = mapped_column(default=now)
    opened_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    ended_by: Mapped[str | None] = mapped_column(String(20))  # claimed, recalled, replaced, …

    ticket: Mapped[Ticket] = relationship(back_populates="shares")
