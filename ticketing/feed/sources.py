"""Where a process learns that something changed: one source for each kind of database.

The `changes` table is the truth. A source only says cheaply when to look, and reads.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple, Protocol

from flask import Flask
from sqlalchemy import make_url

from ticketing.extensions import db

AT_MOST: Final = 1_000  # rows in one read, so that the event loop gets its turn
_IDS_AT_ONCE: Final = 500
# A claim is on the screen after half of this on average. One look costs about 15 µs, see
# benchmarks/live.py.
_SQLITE_PAUSE: Final = 0.02


class Row(NamedTuple):
    id: int
    order_id: int
    version: int


class Source(Protocol):
    """What the watcher asks. Used by one thread (or greenlet) at a time."""

    errors: tuple[type[Exception], ...]  # what its methods raise when the database is away

    def open(self) -> int:
        """Connect, again if need be; returns the id of the newest change."""

    def wait(self) -> bool:
        """Pause for a moment; returns whether something may have changed."""

    def after(self, last: int) -> list[Row]:
        """The next changes after this id, oldest first, at most `AT_MOST`.

        Where transactions end in another sequence than their ids were given out, also those
        before it that have only now appeared.
        """

    def oldest(self) -> int:
        """The id of the oldest change that wasn't pruned; 0 if there is none."""

    def versions(self, order_ids: Iterable[int]) -> Iterator[tuple[int, int]]:
        """What the orders' versions are, for when changes may have been missed."""

    def close(self) -> None: ...


def source_for(app: Flask) -> Source:
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite":
        return SqliteSource(str(url.database))
    from ticketing.feed.postgres import PostgresSource  # psycopg: only where it is needed

    with app.app_context():
        return PostgresSource(db.engine)


class SqliteSource:
    """SQLite counts the commits of all other connections: asking for the count is nearly free."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._commits = -1

    def open(self) -> int:
        self.close()
        # No waiting inside SQLite: it would stop the event loop, and we come again in a moment.
        self._connection = sqlite3.connect(
            f"file:{self._path}?mode=rw", uri=True, timeout=0, check_same_thread=False
        )
        self._connection.isolation_level = None
        self._connection.execute("PRAGMA query_only=ON")
        self._commits = self._count()
        return int(self._rows("SELECT coalesce(max(id), 0) FROM changes")[0][0])

    def wait(self) -> bool:
        time.sleep(_SQLITE_PAUSE)
        before, self._commits = self._commits, self._count()
        return before != self._commits

    def after(self, last: int) -> list[Row]:
        rows = self._rows(
            "SELECT id, order_id, version FROM changes WHERE id > ? ORDER BY id LIMIT ?",
            last,
            AT_MOST,
        )
        return [Row(*row) for row in rows]

    def oldest(self) -> int:
        return int(self._rows("SELECT coalesce(min(id), 0) FROM changes")[0][0])

    def versions(self, order_ids: Iterable[int]) -> Iterator[tuple[int, int]]:
        for some in in_portions(order_ids):
            marks = ",".join("?" * len(some))
            query = f"SELECT id, version FROM orders WHERE id IN ({marks})"  # noqa: S608 - only "?"
            yield from ((row[0], row[1]) for row in self._rows(query, *some))

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _count(self) -> int:
        return int(self._rows("PRAGMA data_version")[0][0])

    def _rows(self, query: str, *values: int) -> list[tuple[int, ...]]:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the source is not open")
        return self._connection.execute(query, values).fetchall()


def in_portions(order_ids: Iterable[int]) -> Iterator[list[int]]:
    """Few enough for one query; the event loop gets its turn in between."""
    rest = iter(list(order_ids))
    while some := list(islice(rest, _IDS_AT_ONCE)):
        yield some
        time.sleep(0)
