"""Work that keeps a processor busy, or waits for a disk, apart from the event loop."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import gevent
from gevent import monkey
from gevent.threadpool import ThreadPool

Result = TypeVar("Result")

# A pool belongs to the loop of one real thread, not to a greenlet.
_ThreadsOwn: Final[Any] = monkey.get_original("threading", "local")


def apart(work: Callable[..., Result], *arguments: Any) -> Result:
    """What `work(*arguments)` returns or raises, done in a real thread where a loop is running.

    The work sees no request and no locks of ours: only what it is given. All such work shares
    gevent's ten threads, with what gevent itself does there, and may have to wait for one.
    """
    if not monkey.is_module_patched("threading"):
        return work(*arguments)
    result: Result = gevent.get_hub().threadpool.apply(work, arguments)
    return result


class OwnThreads:
    """`apart` for work that must not queue behind other people's: it has threads to itself."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._here = _ThreadsOwn()

    def apart(self, work: Callable[..., Result], *arguments: Any) -> Result:
        if not monkey.is_module_patched("threading"):
            return work(*arguments)
        if not hasattr(self._here, "pool"):
            self._here.pool = ThreadPool(self._most)
        result: Result = self._here.pool.apply(work, arguments)
        return result
