"""Rows that wait to be done, mails and calls alike: which is next, who has it in hand.

A lease is a short transaction of its own. Who dies with one leaves it to run out; the row is
then due again.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select, true, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from ticketing.extensions import db
from ticketing.models import Call, OutboxMail
from ticketing.storing.locking import to_change
from ticketing.storing.transactions import Busy, write

Row = TypeVar("Row", OutboxMail, Call)
Kept = TypeVar("Kept")

_SETTLE_TRIES: Final = 3

# Which rows, and since when they are due.
_Kinds = Iterable[tuple[ColumnElement[bool], InstrumentedAttribute[Any]]]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Leases(Generic[Row]):
    """The leases on one table, each of the same length."""

    table: type[Row]
    length: dt.timedelta
    longest_wait: dt.timedelta  # of a row, until it is due
    # Rows of a later one go when none of an earlier one is due.
    ranks: tuple[ColumnElement[bool], ...] = (true(),)

    def take(
        self, at: dt.datetime, keep: Callable[[Row], Kept], *conditions: ColumnElement[bool]
    ) -> Kept | None:
        """Lease the next row that is due; nobody else gets it until the lease runs out.

        Returns what `keep` reads of it while the transaction lasts; afterwards none is open.
        """
        table = self.table
        with write() as session:
            while (row_id := self.next_due(at, *conditions)) is not None:
                taken = session.execute(
                    update(table)
                    .where(table.id == row_id, self.due(at))
                    .values(
                        state="sending",
                        leased_until=at + self.length,
                        attempts=table.attempts + 1,
                    )
                )
                if rows(taken) == 1:
                    return keep(session.get_one(table, row_id, populate_existing=True))
        return None

    def settle(
        self,
        row_id: int,
        attempt: int,
        *,
        first: Callable[[Session], object] | None = None,
        also: Callable[[Session, bool], None] | None = None,
        **values: Any,
    ) -> None:
        """Write down how it went, unless the lease ran out and somebody else took over.

        `also` writes more in the same transaction; it is told whether the lease still held.
        `first` locks what that is about. Raises `Unavailable`: then the lease will run out, and the
        row be done once more.
        """
        table = self.table
        for left in reversed(range(_SETTLE_TRIES)):
            try:
                with write() as session:
                    if first is not None:
                        first(session)
                    settled = session.execute(
                        update(table)
                        .where(
                            table.id == row_id,
                            table.state == "sending",
                            table.attempts == attempt,
                        )
                        .values(leased_until=None, **values)
                    )
                    held = rows(settled) == 1
                    if also is not None:
                        also(session, held)
            except Busy:
                if not left:
                    raise
            else:
                if not held:
                    _log.warning("%s %d: the lease had run out", table.__name__, row_id)
                return

    def next_due(self, at: dt.datetime, *conditions: ColumnElement[bool]) -> int | None:
        """The row of the first rank that is due the longest."""
        waits, leased = self.table.next_attempt_at, self.table.leased_until
        in_time = ((self._waits(at), waits), (self._was_given_up(at), leased))
        astray = ((self._waits_in_vain(at), waits), (self._is_leased_in_vain(at), leased))
        for among in (in_time, astray):
            for rank in self.ranks:
                if (found := self._first(among, rank, *conditions)) is not None:
                    return found
        return None

    def _first(self, among: _Kinds, *conditions: ColumnElement[bool]) -> int | None:
        # State by state, for which the index knows who is first however many wait.
        found = []
        for due, since in among:
            row = db.session.execute(
                select(since, self.table.id)
                .where(due, *conditions)
                .order_by(since, self.table.id)
                .limit(1)
            ).one_or_none()
            if row is not None:
                found.append((row[0], row[1]))
        return min(found)[1] if found else None

    def due(self, at: dt.datetime) -> ColumnElement[bool]:
        return or_(
            self._waits(at),
            self._was_given_up(at),
            self._waits_in_vain(at),
            self._is_leased_in_vain(at),
        )

    def _waits(self, at: dt.datetime) -> ColumnElement[bool]:
        return and_(self.table.state == "waiting", self.table.next_attempt_at <= at)

    def _was_given_up(self, at: dt.datetime) -> ColumnElement[bool]:
        return and_(self.table.state == "sending", self.table.leased_until <= at)

    # What lies further ahead than anything could was written by a clock that was wrong. It is due:
    # else it would be stuck until that day comes.

    def _waits_in_vain(self, at: dt.datetime) -> ColumnElement[bool]:
        latest = at + self.longest_wait + self.length
        return and_(self.table.state == "waiting", self.table.next_attempt_at > latest)

    def _is_leased_in_vain(self, at: dt.datetime) -> ColumnElement[bool]:
        latest = at + self.length + self.length
        return and_(self.table.state == "sending", self.table.leased_until > latest)

    def undone(self) -> ColumnElement[bool]:
        return self.table.state.in_(["waiting", "sending"])

    def count_undone(self) -> int:
        count = db.session.scalar(select(func.count(self.table.id)).where(self.undone()))
        return count or 0


def change_all(
    session: Session, table: type[Row], *conditions: ColumnElement[bool], **values: Any
) -> int:
    """Change all rows that meet the conditions, in the caller's transaction; returns how many.

    Two who change the same rows take them in the same sequence.
    """
    ids = to_change(select(table.id).where(*conditions).order_by(table.id))
    changed = session.execute(
        update(table).where(table.id.in_(ids)).values(**values),
        execution_options={"synchronize_session": False},
    )
    return rows(changed)


def rows(result: Any) -> int:
    """How many rows a statement changed."""
    count: int = result.rowcount
    return count
