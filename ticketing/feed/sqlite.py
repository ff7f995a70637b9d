"""SQLite counts the commits of all other connections: asking for the count is nearly free.

When to ask, Linux says: whoever commits writes to the file of the log, and inotify(7) tells. That
comes a little before the commit counts, for the disk is waited for in between. So for a second
after each write the count is looked at again and again; while nobody writes, hardly ever. Where
there is no inotify it is looked at all the time.
"""

import logging
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from ticketing.feed.sources import AT_MOST, Row, in_portions

log = logging.getLogger(__name__)

# Seconds since the last write → until the next look. One look takes about 15 µs.
SOON: Final = (0.1, 0.005)
STILL: Final = (1.0, 0.02)
LOOK_ANYWAY: Final = 0.5  # a write may escape inotify: on the disk of another machine, say


class SqliteSource:
    """A file of SQLite in WAL mode, which other connections and processes write to."""

    errors: tuple[type[Exception], ...] = (sqlite3.Error, OSError)

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._writes: _Writes | None = None
        self._commits = -1
        self._written = 0.0

    def open(self) -> int:
        self.close()
        self._writes = _writes_to(self._path)
        # No waiting inside SQLite: it would stop the event loop, and we come again in a moment.
        self._connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=0,
            check_same_thread=False,
        )
        self._connection.isolation_level = None
        self._connection.execute("PRAGMA query_only=ON")
        self._commits = self._count()
        self._written = time.monotonic()  # somebody may be in the middle of it
        return int(self._rows("SELECT coalesce(max(id), 0) FROM changes")[0][0])

    def wait(self) -> bool:
        self._pause()
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
        if self._writes is not None:
            self._writes.close()
            self._writes = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _pause(self) -> None:
        """Until it is worth looking again."""
        if self._writes is None:
            time.sleep(STILL[1])
            return
        since = time.monotonic() - self._written
        for span, pause in (SOON, STILL):
            if since < span:
                # Not woken by the next write: under load there would be no end of looking.
                time.sleep(pause)
                came = self._writes.came(0)
                break
        else:
            came = self._writes.came(LOOK_ANYWAY)
        if came:
            self._written = time.monotonic()

    def _count(self) -> int:
        return int(self._rows("PRAGMA data_version")[0][0])

    def _rows(self, query: str, *values: int) -> list[tuple[int, ...]]:
        if self._connection is None:
            raise sqlite3.ProgrammingError("the source is not open")
        return self._connection.execute(query, values).fetchall()


class _Writes:
    """Whether the database's files were written to. Raises `OSError` where that can't be seen."""

    def __init__(self, path: Path) -> None:
        import inotify_simple

        self._names = {path.name, f"{path.name}-wal"}
        self._events: Any = inotify_simple.INotify()
        try:
            # The folder: the log is a new file when a last connection has ended.
            self._events.add_watch(path.parent, inotify_simple.flags.MODIFY)
        except OSError:
            self._events.close()
            raise

    def came(self, seconds: float) -> bool:
        """Since the last time; waits for one at most so long."""
        until = time.monotonic() + seconds
        while True:
            left = max(0.0, until - time.monotonic())
            events = list(self._events.read(timeout=round(left * 1000)))
            # No name: there were more than the system keeps.
            if any(not event.name or event.name in self._names for event in events):
                return True
            if not events:
                return False

    def close(self) -> None:
        self._events.close()


def _writes_to(path: Path) -> _Writes | None:
    """None where the system can't tell: not Linux, or all its watches are taken."""
    if sys.platform != "linux":
        return None
    try:
        return _Writes(path)
    except OSError as error:
        log.warning(
            "The change feed looks for changes all the time, for lack of inotify: %s", error
        )
        return None
