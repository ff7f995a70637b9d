"""Long work in a process that serves many: a gevent worker has one thread for all."""

import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


def taking_turns(items: Iterable[T], *, every: int = 50) -> Iterator[T]:
    """The items one by one; now and then it is others' turn."""
    for number, each in enumerate(items, start=1):
        yield each
        if number % every == 0:
            time.sleep(0)
