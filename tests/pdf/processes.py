"""The processes that draw tickets, as the system sees them."""

from __future__ import annotations

import dataclasses
import os
import time
from collections.abc import Callable

from ticketing.pdf import Renderer

from .sheets import SHEET, document

# Takes longer than anybody waits; each name differs, so that nothing is remembered.
ENDLESS = document(*[dataclasses.replace(SHEET, holder=f"Name {n} 山田") for n in range(16_000)])


def processes_of(renderer: Renderer) -> list[int]:
    return [worker.process.pid for worker in renderer._all]


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
