"""What an organiser's tickets are signed with for the wallets of phones."""

import datetime as dt

from sqlalchemy import BigInteger, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ticketing.models.base import Base, RowId, now, random_link_id
from ticketing.models.organisers import Organiser


class AppleWallet(Base):
    """An organiser's Pass Type ID certificate, as Apple issued it.

    Private keys are encrypted under a key outside the database, bound to `link_id`. Until the
    first certificate has come, `certificate` and what follows from it are empty.
    """

    __tablename__ = "apple_wallets"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(BigInteger, unique=True, default=random_link_id)
    organiser_id: Mapped[int] = mapped_column(
        ForeignKey("organisers.id", ondelete="CASCADE"), unique=True
    )
    requested_key: Mapped[str] = mapped_column(Text, default="")  # whose certificate is awaited
    private_key: Mapped[str] = mapped_column(Text, default="")
    certificate: Mapped[str] = mapped_column(Text, default="")  # PEM
    intermediate: Mapped[str] = mapped_column(Text, default="")  # PEM: who issued it
    pass_type_id: Mapped[str] = mapped_column(String(255), default="")  # "pass.org.example.tickets"
    team_id: Mapped[str] = mapped_column(String(20), default="")
    expires_at: Mapped[dt.datetime | None]  # the earlier of both certificates
    warned: Mapped[int] = mapped_column(default=0)  # how often owners were told of that
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    organiser: Mapped[Organiser] = relationship()


class GoogleWallet(Base):
    """An organiser's issuer account with Google, and the service account that signs for it."""

    __tablename__ = "google_wallets"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    link_id: Mapped[int] = mapped_column(BigInteger, unique=True, default=random_link_id)
    organiser_id: Mapped[int] = mapped_column(
        ForeignKey("organisers.id", ondelete="CASCADE"), unique=True
    )
    issuer_id: Mapped[str] = mapped_column(String(30))  # digits
    service_account: Mapped[str] = mapped_column(String(320))  # its address
    private_key: Mapped[str] = mapped_column(Text)  # encrypted, bound to `link_id`
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(default=now)

    organiser: Mapped[Organiser] = relationship()
