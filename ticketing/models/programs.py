"""Other programs: those we tell what happened, a shop we fetch from, and files of orders."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketing.models.base import Base, RowId, now, random_link_id
from ticketing.models.events import Shop
from ticketing.models.orders import Order
from ticketing.models.organisers import Organiser, User


class WebhookEndpoint(Base):
    """An address that hears what happens to an organiser's orders.

    Its signing secret is derived from `link_id` and `secret_generation` under a key outside the
    database.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(BigInteger, unique=True, default=random_link_id)
    secret_generation: Mapped[int] = mapped_column(default=1)
    rotated_at: Mapped[dt.datetime | None]  # the former secret signs too, for a day from then
    organiser_id: Mapped[int] = mapped_column(
        ForeignKey("organisers.id", ondelete="CASCADE"), index=True
    )
    url: Mapped[str] = mapped_column(String(2000))
    events: Mapped[list[str]]  # "order.created", …
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    disabled_at: Mapped[dt.datetime | None]
    disabled_because: Mapped[str] = mapped_column(String(30), default="")  # organiser, gone, failed
    failing_since: Mapped[dt.datetime | None]  # the first failed try after the last good one
    deleted_at: Mapped[dt.datetime | None]
    revision: Mapped[int] = mapped_column(default=1)

    organiser: Mapped[Organiser] = relationship()


class PretixConnection(Base):
    """A pretix event that a shop's orders come from."""

    __tablename__ = "pretix_connections"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(BigInteger, unique=True, default=random_link_id)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"), unique=True)
    base_url: Mapped[str] = mapped_column(String(500))  # "https://pretix.eu", no slash at the end
    organizer: Mapped[str] = mapped_column(String(100))  # pretix's own slugs
    event: Mapped[str] = mapped_column(String(100))
    token: Mapped[str] = mapped_column(Text)  # encrypted under a key outside the database
    items: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # {"item" or "item:variation": code}
    catalogue: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # items as last fetched
    write_back: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(default=1)
    last_heard_at: Mapped[dt.datetime | None]
    last_error: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    shop: Mapped[Shop] = relationship()


class Call(Base):
    """A request to another program, waiting or made: a webhook, or one to pretix.

    What it is about, never its body: that is made from what is true when it is sent.
    """

    __tablename__ = "calls"
    __table_args__ = (
        CheckConstraint(
            "state in ('waiting', 'sending', 'done', 'failed', 'dropped')", name="state"
        ),
        Index("ix_calls_due", "state", "next_attempt_at"),
        Index("ix_calls_organiser", "organiser_id", "id"),
        Index("ix_calls_endpoint", "endpoint_id", "id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(30))  # webhook, pretix_fetch, pretix_write
    endpoint_id: Mapped[int | None] = mapped_column(ForeignKey("webhook_endpoints.id"))
    connection_id: Mapped[int | None] = mapped_column(ForeignKey("pretix_connections.id"))
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    event: Mapped[str] = mapped_column(String(40), default="")  # "ticket.personalised", …
    params: Mapped[dict[str, Any]] = mapped_column(default=dict)
    message_id: Mapped[str] = mapped_column(String(64), unique=True)
    state: Mapped[str] = mapped_column(String(20), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime] = mapped_column(default=now)
    leased_until: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    done_at: Mapped[dt.datetime | None]

    endpoint: Mapped[WebhookEndpoint | None] = relationship()
    connection: Mapped[PretixConnection | None] = relationship()
    order: Mapped[Order | None] = relationship()
    tries: Mapped[list["CallTry"]] = relationship(back_populates="call", order_by="CallTry.id")


class CallTry(Base):
    """One try of a call, for the delivery log."""

    __tablename__ = "call_tries"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("calls.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime] = mapped_column(default=now)
    milliseconds: Mapped[int]
    status: Mapped[int | None]  # HTTP, None where no answer came
    error: Mapped[str] = mapped_column(Text, default="")
    answer: Mapped[str] = mapped_column(Text, default="")  # how it began, where that helps

    call: Mapped[Call] = relationship(back_populates="tries")


class Import(Base):
    """A CSV file of orders: checked row by row, then written at once or not at all."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("state in ('checking', 'checked', 'done', 'dropped')", name="state"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id"), index=True)
    shop_id: Mapped[int] = mapped_column(ForeignKey("shops.id"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)  # till done
    # The rows found good so far as they will be stored, compressed; till done as well.
    cleaned: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    type_map: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {word in the file: type code}
    send_mails: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(String(20), default="checking")
    rows: Mapped[int] = mapped_column(default=0)
    checked: Mapped[int] = mapped_column(default=0)  # rows looked at so far
    errors: Mapped[list[dict[str, Any]]] = mapped_column(default=list)  # {"line", "column", "text"}
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {"orders", "tickets", "known"}
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    finished_at: Mapped[dt.datetime | None]

    shop: Mapped[Shop] = relationship()
    user: Mapped[User | None] = relationship()
