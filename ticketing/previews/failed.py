"""Pictures that could not be drawn, so that they are left alone for a while."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

FOR_SECONDS: Final = 300.0
MOST: Final = 1_000


class Failed:
    """The marks of those that failed last, `MOST` at most; each is forgotten after a while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, mark: str) -> None:
        with self._lock:
            self._since[mark] = self._clock()
            self._since.move_to_end(mark)
            while len(self._since) > MOST:
                self._since.popitem(last=False)

    def __contains__(self, mark: str) -> bool:
        with self._lock:
            since = self._since.get(mark)
            if since is not None and self._clock() - since >= FOR_SECONDS:
                del self._since[mark]
                return False
            return since is not None

    def __len__(self) -> int:
        return len(self._since)
