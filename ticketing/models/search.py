"""What the orders list finds, filters and sorts by: a narrow copy, so that finding is quick."""

import datetime as dt

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ticketing.models.base import Base, RowId

# By code points on either engine: a collation of PostgreSQL's would sort in another way.
_Sorted = String(100).with_variant(String(100, collation="C"), "postgresql")


class SearchEntry(Base):
    """An order as it is looked for; written along with the order, see `search/entries.py`.

    The full-text index over it is the database's own doing: SQLite's table `search_terms` follows
    by triggers, PostgreSQL's index by a function of that name. Alembic knows of neither; see the
    migration that made them.
    """

    __tablename__ = "search_entries"
    __table_args__ = (
        Index("ix_search_entries_arrival", "organiser_id", "created_at", "order_id"),
        Index("ix_search_entries_name", "organiser_id", "name", "order_id"),
        Index("ix_search_entries_code", "organiser_id", "code", "order_id"),
    )

    order_id: Mapped[int] = mapped_column(
        RowId, ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    organiser_id: Mapped[int] = mapped_column(RowId)
    shop_id: Mapped[int] = mapped_column(RowId)
    created_at: Mapped[dt.datetime]
    progress: Mapped[str] = mapped_column(String(20))  # none, some, all, cancelled
    name: Mapped[str] = mapped_column(_Sorted)  # the booker's, folded, the last name first
    code: Mapped[str] = mapped_column(_Sorted)
    text: Mapped[str] = mapped_column(Text)  # see search/texts.py
