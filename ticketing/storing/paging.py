"""Pages of a list whose newest rows stand first.

They are reached by a row's id (keyset), so the last is as quick as the first and a new row shifts
nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
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
    wanted: Select[Row] | Iterable[Select[Row]],
    row_id: InstrumentedAttribute[int],
    *,
    size: int,
    before: int | None = None,
    after: int | None = None,
) -> Page[Row]:
    """The page of what is wanted that follows (or precedes) the row of that id.

    Of several selects that have no row in common it is a page of all of them together.
    """
    found: list[Any] = []
    for each in [wanted] if isinstance(wanted, Select) else wanted:
        some = each.order_by(None)
        if before is not None:  # the newest stand first, so what comes before has a greater id
            some = some.where(row_id > before).order_by(row_id)
        elif after is not None:
            some = some.where(row_id < after).order_by(row_id.desc())
        else:
            some = some.order_by(row_id.desc())
        found += session.scalars(some.limit(size + 1))
    found.sort(key=attrgetter("id"), reverse=before is None)
    found = found[: size + 1]
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
