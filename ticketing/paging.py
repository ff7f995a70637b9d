"""Pages of a list whose newest rows stand first.

They are reached by a row's id (keyset), so the last is as quick as the first and a new row shifts
nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`before` and `after` lead to the neighbouring pages, None where none is."""

    rows: Sequence[Row]
    before: int | None
    after: int | None


def newest_first(
    session: Session,
    wanted: Select[Row],
    row_id: InstrumentedAttribute[int],
    *,
    size: int,
    before: int | None = None,
    after: int | None = None,
) -> Page[Row]:
    """The page of what is wanted that follows (or precedes) the row of that id."""
    wanted = wanted.order_by(None)
    if before is not None:  # the newest stand first, so what comes before has a greater id
        wanted = wanted.where(row_id > before).order_by(row_id)
    elif after is not None:
        wanted = wanted.where(row_id < after).order_by(row_id.desc())
    else:
        wanted = wanted.order_by(row_id.desc())
    found: list[Any] = list(session.scalars(wanted.limit(size + 1)))
    more, shown = len(found) > size, found[:size]
    if not shown:
        return Page([], None, None)
    if before is not None:
        shown.reverse()
    return Page(
        shown,
        before=shown[0].id if (more if before is not None else after is not None) else None,
        after=shown[-1].id if before is not None or more else None,
    )
