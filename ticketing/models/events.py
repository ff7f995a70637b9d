"""What is sold, and where."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
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
    image_id: Mapped[int | None] = mapped_column(ForeignKey("images.id"))
    sender_name: Mapped[str] = mapped_column(String(100), default="")  # of mails; "": organiser's
    # Days before the deadline (without one, before the start) on which bookers are reminded.
    reminder_days: Mapped[list[int]] = mapped_column(default=list)
    # Days after the end from which on nobody's details are kept; None: until somebody erases them.
    retention_days: Mapped[int | None]
    # When the days above or the event's dates were changed last; see endings.CHANGE_WAITS.
    keeping_changed_at: Mapped[dt.datetime | None]
    erased_at: Mapped[dt.datetime | None]  # when everybody's details were erased last
    names_rule: Mapped[str] = mapped_column(String(20), default="")  # see names_rules.py; "": none
    revision: Mapped[int] = mapped_column(default=1)  # raised by each change of the settings
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    organiser: Mapped[Organiser] = relationship()
    image: Mapped["Image | None"] = relationship()
    ticket_types: Mapped[list["TicketType"]] = relationship(
        back_populates="event", order_by="TicketType.position, TicketType.id"
    )
    questions: Mapped[list["Question"]] = relationship(
        back_populates="event", order_by="Question.position, Question.id"
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
    archived_at: Mapped[dt.datetime | None]  # no longer sold; its tickets stay what they are
    revision: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship(back_populates="ticket_types")


class Question(Base):
    """What an organiser asks beside the usual details; its answer stands under `key`."""

    __tablename__ = "questions"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # text, long_text, choice, choices, yes_no, date
    position: Mapped[int] = mapped_column(default=0)
    label: Mapped[dict[str, Any]]  # {language: text}, as are all texts here
    help: Mapped[dict[str, Any]] = mapped_column(default=dict)
    choices: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # {"key", "label", "off"}
    need: Mapped[str] = mapped_column(String(10), default="optional")
    archived_at: Mapped[dt.datetime | None]  # not asked any more; answers keep their question
    revision: Mapped[int] = mapped_column(default=1)

    event: Mapped[Event] = relationship(back_populates="questions")

    @property
    def key(self) -> str:
        """Where its answer stands in a ticket's details, and its need in `fields`."""
        return f"q{self.id}"


class Image(Base):
    """A picture an organiser uploaded, decoded and encoded anew by us."""

    __tablename__ = "images"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    digest: Mapped[str] = mapped_column(
        String(64), index=True
    )  # SHA-256 of `data`, for its address
    content_type: Mapped[str] = mapped_column(String(20))
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class MailText(Base):
    """An organiser's own words for one mail of an event in one language; "" keeps ours."""

    __tablename__ = "mail_texts"
    __table_args__ = (UniqueConstraint("event_id", "kind", "language"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    kind: Mapped[str] = mapped_column(String(30))
    language: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(200), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    button: Mapped[str] = mapped_column(String(60), default="")
    revision: Mapped[int] = mapped_column(default=1)


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
    logo_id: Mapped[int | None] = mapped_column(ForeignKey("images.id"))
    revision: Mapped[int] = mapped_column(default=1)  # raised by each change of the settings
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    event: Mapped[Event] = relationship()
    organiser: Mapped[Organiser] = relationship()
    logo: Mapped[Image | None] = relationship()
