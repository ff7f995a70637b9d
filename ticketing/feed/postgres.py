"""PostgreSQL tells when to look: `LISTEN` on a connection that does nothing else.

Who changed something notifies after its commit (see `live.py`). A notification that got lost is
made up for by looking every second anyway, which is also how the feed works behind a pooler that
doesn't pass notifications on.
"""

import selectors
import time
from collections.abc import Iterable, Iterator
from typing import Any, Final

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from ticketing.feed.live import CHANNEL, LEFT_OUT
from ticketing.feed.sources import AT_MOST, Row, in_portions

LOOK_ANYWAY: Final = 1.0  # seconds
# No transaction of ours is open for longer. One that was rolled back leaves its ids unused.
GAPS_ARE_KEPT: Final = 600.0
# How many ids before the first one that is known may have been under way then.
_AT_FIRST: Final = 1_000

_AFTER: Final = """
    SELECT id, order_id, version FROM changes
    WHERE id > %s OR id = ANY(%s) ORDER BY id LIMIT %s
"""
# Where there is no row: the newest id that was given out, be it to who hasn't committed yet.
_NEWEST: Final = """
    SELECT coalesce(
        max(id), pg_sequence_last_value(pg_get_serial_sequence('changes', 'id')::regclass), 0
    ) FROM changes
"""
# Ids up to the newest that aren't there: before the oldest row as well, for that may be the only
# one of two that were written at once.
_MISSING: Final = """
    SELECT missing FROM (
        SELECT id, lag(id, 1, greatest(id - %s, 0)) OVER (ORDER BY id) AS former
        FROM (SELECT id FROM changes WHERE id <= %s UNION ALL SELECT %s) AS and_the_next
    ) AS present, generate_series(former + 1, id - 1) AS missing
"""


class PostgresSource:
    """Ids are given out before the commit, so a lower one may appear after a higher one.

    The gaps are therefore remembered, and looked into each time.
    """

    errors: tuple[type[Exception], ...] = (psycopg.Error, SQLAlchemyError, OSError)

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: psycopg.Connection[Any] | None = None
        self._selector = selectors.DefaultSelector()
        self._newest = 0
        self._gaps: dict[int, float] = {}  # id → when it was found missing

    def open(self) -> int:
        self.close()
        self._connection = _own_connection(self._engine)
        self._selector.register(self._connection.fileno(), selectors.EVENT_READ)
        self._connection.execute("SET application_name = 'passalong feed'")
        self._connection.execute(f"LISTEN {CHANNEL}")
        [[self._newest]] = self._rows(_NEWEST)
        found = time.monotonic()
        missing = self._rows(_MISSING, _AT_FIRST, self._newest, self._newest + 1)
        self._gaps = {row[0]: found for row in missing}
        return self._newest

    def wait(self) -> bool:
        # What came along with the answer to a query no longer makes the socket readable.
        if not self._notified():
            self._selector.select(LOOK_ANYWAY)
            self._notified()
        return True

    def after(self, last: int) -> list[Row]:
        now = time.monotonic()
        self._gaps = {id: at for id, at in self._gaps.items() if now - at < GAPS_ARE_KEPT}
        rows = [Row(*row) for row in self._rows(_AFTER, last, list(self._gaps), AT_MOST)]
        for row in rows:
            if row.id > self._newest:
                # What a restore leaves out nobody ever had. Fewer may all be of one transaction.
                restored = row.id - self._newest > LEFT_OUT
                first = row.id - _AT_FIRST if restored else self._newest + 1
                self._gaps.update(dict.fromkeys(range(first, row.id), now))
                self._newest = row.id
            else:
                self._gaps.pop(row.id, None)
        return rows

    def oldest(self) -> int:
        return int(self._rows("SELECT coalesce(min(id), 0) FROM changes")[0][0])

    def versions(self, order_ids: Iterable[int]) -> Iterator[tuple[int, int]]:
        for some in in_portions(order_ids):
            for row in self._rows("SELECT id, version FROM orders WHERE id = ANY(%s)", some):
                yield row[0], row[1]

    def close(self) -> None:
        if self._connection is not None:
            for key in tuple(self._selector.get_map().values()):
                self._selector.unregister(key.fileobj)
            self._connection.close()
            self._connection = None

    def _notified(self) -> bool:
        """Whether notifications have come; they are many for one look, and all say the same."""
        return len(list(self._open_one().notifies(timeout=0))) > 0

    def _rows(self, query: str, *values: Any) -> list[tuple[int, ...]]:
        return self._open_one().execute(query.encode(), values).fetchall()

    def _open_one(self) -> psycopg.Connection[Any]:
        if self._connection is None:
            raise psycopg.OperationalError("the source is not open")
        return self._connection


def _own_connection(engine: Engine) -> psycopg.Connection[Any]:
    """One with the settings of all others, but for good and without transactions."""
    pooled = engine.raw_connection()
    connection = pooled.driver_connection
    pooled.detach()
    assert isinstance(connection, psycopg.Connection)  # noqa: S101 - tells the type checker
    connection.autocommit = True
    return connection
