"""S15: how many generated cases a test tries: a few, or as many as somebody has time for.

`PASSALONG_FUZZ=100000 uv run pytest tests/security/test_any_form.py tests/api/test_any_body.py`
tries about so many on each engine.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_USUAL: Final = 2000  # of all these tests together, on one engine, where nothing else is said
_WANTED: Final = int(os.environ.get("PASSALONG_FUZZ", "0"))


def examples(few: int) -> int:
    """So many where nothing else is said, more in proportion where it is."""
    return max(few, few * _WANTED // _USUAL)


class Slowest:
    """How many requests there were, and which took longest; told where many were asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.seconds, self.what = 0.0, ""

    @contextmanager
    def timed(self, what: str) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        seconds = time.perf_counter() - begun
        self.asked += 1
        if seconds > self.seconds:
            self.seconds, self.what = seconds, what

    def tell(self) -> None:
        if _WANTED:
            print(f"\n{self.asked} requests, the slowest {self.seconds:.2f} s: {self.what}")
