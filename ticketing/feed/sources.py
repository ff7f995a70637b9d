"""Where a process learns that something changed: what a source does, whichever the database.

The `changes` table is the truth. A source only says cheaply when to look, and reads.
"""

import time
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple, Protocol

AT_MOST: Final = 1_000  # rows in one read, so that the event loop gets its turn
_IDS_AT_ONCE: Final = 500


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


def in_portions(order_ids: Iterable[int]) -> Iterator[list[int]]:
    """Few enough for one query; the event loop gets its turn in between."""
    rest = iter(list(order_ids))
    while some := list(islice(rest, _IDS_AT_ONCE)):
        yield some
        time.sleep(0)
