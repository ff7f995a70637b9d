"""One watcher that ends whatever takes too long (a timer for each job costs as much as the job)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Watch:
    """Calls what it was given once the time is up, unless it was called off before."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: dict[object, tuple[float, Callable[[], None]]] = {}
        self._wakes = 0.0  # when the watcher looks next; nothing earlier needs to wake it
        self._running = False

    def begin(self, key: object, seconds: float, expire: Callable[[], None]) -> None:
        """Call `expire` in so many seconds. It must be quick, and must not come back here."""
        until = time.monotonic() + seconds
        with self._changed:
            self._due[key] = (until, expire)
            if not self._running:
                self._running = True
                self._wakes = until
                threading.Thread(target=self._run, name="pdf-watch", daemon=True).start()
            elif until < self._wakes:
                self._changed.notify()

    def end(self, key: object) -> bool:
        """Call it off; False if the time was up already."""
        with self._changed:
            return self._due.pop(key, None) is not None

    def _run(self) -> None:
        with self._changed:
            while True:
                now = time.monotonic()
                for key, (until, expire) in list(self._due.items()):
                    if until <= now:
                        # Under the lock: after `end` has answered, nothing is called any more.
                        del self._due[key]
                        expire()
                if not self._due and now >= self._wakes:
                    # Idle for as long as a job may take: the next one starts a new watcher.
                    self._running = False
                    return
                ahead = min((until for until, _ in self._due.values()), default=self._wakes)
                self._wakes = max(ahead, now)
                self._changed.wait(self._wakes - now)
