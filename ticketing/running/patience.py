"""An end to what would take too long."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def ended_after(seconds: float, end: Callable[[], None]) -> Iterator[None]:
    """Have `end` called then, in a thread of its own, unless the block is over; not later."""
    timer = threading.Timer(max(0.0, seconds), end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()  # or it might end what comes next
