"""What is sold, and where."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketing.models.base import Base, RowId, now
from ticketing.models.organisers import Organiser


class Event(Base):
    __tablename__ = "events"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(Text)  # name and address, one line each
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime | None]
    timezone: Mapped[str] = mapped_column(String(64))  # IANA name
    country: Mapped[str] = mapped_column(String(2))  # ISO 3166-1; reads national phone numbers
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    # {field key: "required" | "optional" | "off"}; what is not named has the default of fields.py
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    organiser: Mapped[Organiser] = relationship()
    ticket_types: Mapped[list["TicketType"]] = relationship(
        back_populates="event", order_by="TicketType.position, TicketType.id"
    )


class TicketType(Base):
    __tablename__ = "ticket_types"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    code: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(String(200))
    position: Mapped[int] = mapped_column(default=0)
    price: Mapped[int] = mapped_column(default=0)  # in the currency's smallest unit, for show
    needs_personal_data: Mapped[bool] = mapped_column(default=True)
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)  # overrides the event's

    event: Mapped[Event] = relationship(back_populates="ticket_types")


class Shop(Base):
    """One sales channel of an event, with its settings."""

    __tablename__ = "shops"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    archived_at: Mapped[dt.datetime | None]
    download_enabled: Mapped[bool] = mapped_column(default=True)  # "Download order enabled"
    delivery_note: Mapped[str] = mapped_column(Text, default="")  # when and how tickets come if off
    personalisation_deadline: Mapped[dt.datetime | None]
    languages: Mapped[list[str]] = mapped_column(default=lambda: ["en"])
    colour: Mapped[str] = mapped_column(String(7), default="#4f46e5")
    consumer_desk: Mapped[str | None] = mapped_column(String(20))  # E.164
    embed_origins: Mapped[list[str]] = mapped_column(default=list)
    revision: Mapped[int] = mapped_column(default=1)  # raised by each change of the settings
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    event: Mapped[Event] = relationship()
    organiser: Mapped[Organiser] = relationship()
