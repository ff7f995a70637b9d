"""Whose turn it is, in a process that serves many: a gevent worker has one thread for all."""

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def taking_turns(items: Iterable[T], *, every: int = 50) -> Iterator[T]:
    """The items of some long work one by one; now and then others go on."""
    for number, each in enumerate(items, start=1):
        yield each
        if number % every == 0:
            time.sleep(0)


class Queue:
    """So many at a time, who came first goes first.

    Python's own locks and semaphores, gevent's too, go to whoever happens to ask when they are
    free: under load some are served again and again, and others not at all.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[threading.Event] = deque()
        self._guard = threading.Lock()

    def enter(self, seconds: float) -> bool:
        """Wait for a place so long at most; whether there is one. Whoever got one must `leave`."""
        with self._guard:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Event()
            self._waiting.append(mine)
        try:
            mine.wait(seconds)
        except BaseException:  # a greenlet may be killed while it waits
            if not self._withdraw(mine):
                self.leave()
            raise
        return not self._withdraw(mine)

    def leave(self) -> None:
        """The place goes to who has waited longest; it isn't free in between."""
        with self._guard:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1

    def _withdraw(self, mine: threading.Event) -> bool:
        """Stop waiting; False where the place is there already."""
        with self._guard:
            if mine.is_set():
                return False
            self._waiting.remove(mine)
            return True
