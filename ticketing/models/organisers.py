"""Who runs events, who works for them, and the keys of their programs."""

import datetime as dt

from flask_security.core import RoleMixin, UserMixin
from sqlalchemy import BigInteger, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketing.models.base import Base, RowId, now, random_link_id


class Organiser(Base):
    __tablename__ = "organisers"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    two_step_required: Mapped[bool] = mapped_column(default=False)  # of everybody in the team
    # Whom people ask about their data, and where it is said what is done with it.
    privacy_contact: Mapped[str] = mapped_column(String(320), default="")  # an address
    privacy_notice: Mapped[str] = mapped_column(String(500), default="")  # https://…
    created_at: Mapped[dt.datetime] = mapped_column(default=now)


class Role(Base, RoleMixin):
    """Flask-Security's own roles; what a person may do stands in their membership."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    description: Mapped[str | None] = mapped_column(String(255))


class UserRole(Base):
    __tablename__ = "user_roles"

    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    role_id: Mapped[int] = mapped_column(
        ForeignKey("roles.id", ondelete="CASCADE"), primary_key=True
    )


class User(Base, UserMixin):
    """Somebody who signs in to the backoffice."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password: Mapped[str | None] = mapped_column(String(255))
    # The backoffice speaks it, and so do mails about the account; empty: as the browser asks.
    locale: Mapped[str] = mapped_column(String(10), default="")
    active: Mapped[bool] = mapped_column(default=True)
    # Changing it ends every session of the user on the server.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True)
    # Two-step sign-in: what the phone's codes are made from, sealed; the last code's number.
    totp_secret: Mapped[str | None] = mapped_column(String(200))
    totp_counter: Mapped[int | None] = mapped_column(BigInteger)
    signed_in_at: Mapped[dt.datetime | None]  # the last time
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    roles: Mapped[list[Role]] = relationship(secondary="user_roles")  # type: ignore[assignment]
    memberships: Mapped[list["Membership"]] = relationship(back_populates="user")


class Membership(Base):
    """A user's place with one organiser: `owner`, `manager` or `desk`."""

    __tablename__ = "memberships"
    __table_args__ = (UniqueConstraint("user_id", "organiser_id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(20))

    user: Mapped[User] = relationship(back_populates="memberships")
    organiser: Mapped[Organiser] = relationship()


class ApiKey(Base):
    """A program's key: `psl_<prefix>_<secret>`, of which only a digest is kept."""

    __tablename__ = "api_keys"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    prefix: Mapped[str] = mapped_column(String(16), unique=True)
    digest: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]]
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    last_used_at: Mapped[dt.datetime | None]  # to the hour: enough to tell which keys still live
    revoked_at: Mapped[dt.datetime | None]

    organiser: Mapped[Organiser] = relationship()


class Invitation(Base):
    """Somebody asked to join an organiser's team; the link is made from the id by `links.py`."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(BigInteger, unique=True, default=random_link_id)
    organiser_id: Mapped[int] = mapped_column(ForeignKey("organisers.id", ondelete="CASCADE"))
    email: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(20))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[dt.datetime] = mapped_column(default=now)
    expires_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]

    organiser: Mapped[Organiser] = relationship()
    invited_by: Mapped[User | None] = relationship()
