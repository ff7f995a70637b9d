"""Work that keeps a processor busy, apart from the event loop that serves everybody else."""

from collections.abc import Callable
from typing import Any, TypeVar

import gevent
from gevent import monkey

Result = TypeVar("Result")


def apart(work: Callable[..., Result], *arguments: Any) -> Result:
    """What `work(*arguments)` returns or raises, done in a real thread where a loop is running.

    The work sees no request and no locks of ours: only what it is given.
    """
    if not monkey.is_module_patched("threading"):
        return work(*arguments)
    result: Result = gevent.get_hub().threadpool.apply(work, arguments)
    return result
