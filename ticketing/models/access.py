"""Who is signed in, how they show that it is them, and how often somebody tried."""

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from ticketing.models.base import Base


class LimitUse(Base):
    """How much of a limit somebody has used; see `limits.py`."""

    __tablename__ = "limits"
    __table_args__ = (Index("ix_limits_spent_until", "spent_until"),)

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    subject: Mapped[str] = mapped_column(String(32), primary_key=True)  # a keyed digest
    spent_until: Mapped[int] = mapped_column(BigInteger)  # milliseconds since 1970
