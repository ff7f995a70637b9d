"""Who is signed in, how they show that it is them, and how often somebody tried."""

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketing.models.base import Base, RowId, now, random_link_id
from ticketing.models.organisers import User


class SignIn(Base):
    """One browser in which somebody is signed in; without the row its cookie opens nothing."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)  # of what the cookie holds
    browser: Mapped[str] = mapped_column(String(60), default="")  # in words, as far as it says so
    begun_at: Mapped[dt.datetime] = mapped_column(default=now)
    last_used_at: Mapped[dt.datetime] = mapped_column(default=now)  # to some minutes
    # When the person last showed that it is them: by signing in, or when they were asked again.
    confirmed_at: Mapped[dt.datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship()


class RecoveryCode(Base):
    """What opens an account once, in place of a code from the phone."""

    __tablename__ = "recovery_codes"
    __table_args__ = (UniqueConstraint("user_id", "digest"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[dt.datetime | None]


class EmailChange(Base):
    """The address that somebody wants to sign in with; counts once its link was used."""

    __tablename__ = "email_changes"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), unique=True
    )  # who asks again replaces what was asked
    link_id: Mapped[int] = mapped_column(BigInteger, unique=True, default=random_link_id)
    email: Mapped[str] = mapped_column(String(255))
    asked_at: Mapped[dt.datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship()


class LimitUse(Base):
    """How much of a limit somebody has used; see `limits.py`."""

    __tablename__ = "limits"
    __table_args__ = (Index("ix_limits_spent_until", "spent_until"),)

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), primary_key=True)  # a keyed digest
    spent_until: Mapped[int] = mapped_column(BigInteger)  # milliseconds since 1970
