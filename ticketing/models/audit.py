"""Who of the team, and which program, looked at people's data, took it out or changed who may."""

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketing.models.base import Base, RowId, now
from ticketing.models.organisers import ApiKey, User


class AuditEntry(Base):
    """One act. Written once: the database itself refuses to change one, or to delete a young one.

    `about` names fields and counts, never what stands in them.
    """

    __tablename__ = "audit"
    __table_args__ = (
        Index("ix_audit_organiser", "organiser_id", "id"),
        Index("ix_audit_user", "user_id", "action", "order_id", "at"),
        Index("ix_audit_api_key", "api_key_id", "action", "order_id", "at"),
        Index("ix_audit_at", "at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(default=now)
    # What somebody does to their own account concerns no organiser.
    organiser_id: Mapped[int | None] = mapped_column(ForeignKey("organisers.id"))
    # Neither of them: the installation's operator, by a command, or Passalong by itself.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    api_key_id: Mapped[int | None] = mapped_column(ForeignKey("api_keys.id"))
    action: Mapped[str] = mapped_column(String(40))  # see audit.ACTIONS
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"))
    about: Mapped[dict[str, Any]] = mapped_column(default=dict)
    # A keyed digest of the network address: whether two acts came from the same one.
    address: Mapped[str] = mapped_column(String(32), default="")

    user: Mapped[User | None] = relationship()
    api_key: Mapped[ApiKey | None] = relationship()
