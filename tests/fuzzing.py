"""S15: how many generated cases a test tries, a few or as many as somebody has time for; and that
none of them keeps a processor busy.

`PASSALONG_FUZZ=100000 uv run pytest tests/security/test_any_form.py tests/api/test_any_body.py`
tries about so many on each engine.
"""

import gc
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

T = TypeVar("T")

_USUAL: Final = 2000  # of all these tests together, on one engine, where nothing else is said
_MOST: Final = 1.0  # seconds of processor time; the dearest request needs a fifth of it
_WANTED: Final = int(os.environ.get("PASSALONG_FUZZ", "0"))


def examples(few: int) -> int:
    """So many where nothing else is said, more in proportion where it is."""
    return max(few, few * _WANTED // _USUAL)


def some(items: Sequence[T], *, one_in: int) -> list[T]:
    """One in so many where nothing else is said, all of them where `PASSALONG_FUZZ` is."""
    return list(items[:: 1 if _WANTED else one_in])


class Slowest:
    """How many requests there were, and which took longest; told where many were asked for.

    Seconds on the clock say how busy the machine is. What a request itself costs are seconds of
    processor time, in all threads: of these none may take more than `_MOST`.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.seconds, self.what = 0.0, ""
        self.worked, self.dearest = 0.0, ""

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        with _without_collecting():
            begun, idle = time.perf_counter(), time.process_time()
            yield
            seconds, worked = time.perf_counter() - begun, time.process_time() - idle
        self.asked += 1
        if seconds > self.seconds:
            self.seconds, self.what = seconds, what
        if worked > self.worked:
            self.worked, self.dearest = worked, what
        assert worked < _MOST, f"{worked:.2f} s of processor time: {what}"

    def tell(self) -> None:
        if _WANTED:
            print(f"\n{self.asked} requests, the slowest {self.seconds:.2f} s: {self.what}")
            print(f"the dearest {self.worked:.2f} s of processor time: {self.dearest}")


@contextmanager
def _without_collecting() -> Iterator[None]:
    """What hypothesis left behind in an hour is no request's to clear away."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
