"""What a database knows of the installation that it belongs to."""

import datetime as dt
from typing import Any, Final

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ticketing.models.base import Base, RowId

THE_ONE: Final = 1


class Installation(Base):
    """One row: which secrets its links and barcodes were made with, in digests (`keys.py`)."""

    __tablename__ = "installation"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    keys: Mapped[dict[str, Any]] = mapped_column(default=dict)  # {a key's name: its fingerprint}
    link_current: Mapped[int | None]  # the number of the link key that came into use last
    # The mark that the last backup left here and in the file of what was taken back, and when.
    # Asked for apart: whose a database is must be known before it is migrated.
    backup_mark: Mapped[str | None] = mapped_column(String(32), deferred=True)
    backed_up_at: Mapped[dt.datetime | None] = mapped_column(deferred=True)
