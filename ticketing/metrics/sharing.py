"""Numbers of several processes: each counts in files of its own, whoever is asked adds them up.

Prometheus's library does so in its multi-process mode, with files named by process id. Ours are
named by a place, `server-1`, `watcher-1`, which a process takes by locking it and loses when it
ends, however it ends: so a worker that is replaced goes on counting where the former one stopped,
files don't become more with every restart, and processes of different containers, whose ids may
be the same, don't write into each other's.
"""

import fcntl
import itertools
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import values

# What each file may grow to is reserved beforehand: on a full disk, writing into a hole of a
# mapped file would end the process.
_BYTES: Final = {
    "counter": 512 * 1024,
    "histogram": 2 * 1024 * 1024,
    "gauge_livesum": 64 * 1024,
    "gauge_liveall": 64 * 1024,
    "gauge_max": 64 * 1024,
}
_PLACE: Final = re.compile(r"(?P<kind>[a-z]+)-\d+")

_log = logging.getLogger(__name__)
_held: int | None = None  # the lock on this process's place, kept open until it ends


def take_place(folder: Path, kind: str) -> bool:
    """Have all numbers that are made from now on kept in files of this folder.

    Whoever comes when nobody else of the kind is there begins anew. False where there is no room.
    """
    global _held
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _one_at_a_time(folder):
            _forget_dead(folder)
            if all(_is_free(lock) for lock in folder.glob(f"{kind}-*.lock")):
                for left in folder.glob(f"*{kind}-*.db"):
                    left.unlink()
            place, _held = _first_free(folder, kind)
        _reserve(folder, place)
    except OSError as error:
        _log.warning("The numbers of /metrics aren't shared: %s", error.strerror)
        return False
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)  # read by the class below
    values.ValueClass = values.MultiProcessValue(lambda: place)  # type: ignore[no-untyped-call]
    return True


def is_shared() -> bool:
    return _held is not None


def forget_dead(folder: Path) -> None:
    """A process that is gone has no open streams any more; what it counted stays."""
    with _one_at_a_time(folder):
        _forget_dead(folder)


def _forget_dead(folder: Path) -> None:
    for lock in folder.glob("*.lock"):
        if _PLACE.fullmatch(lock.stem) and _is_free(lock):
            for file in folder.glob(f"gauge_live*_{lock.stem}.db"):
                file.unlink()


def _first_free(folder: Path, kind: str) -> tuple[str, int]:
    for number in itertools.count(1):
        place = f"{kind}-{number}"
        held = _lock(folder / f"{place}.lock")
        if held is not None:
            return place, held
    raise AssertionError("unreachable")


def _is_free(path: Path) -> bool:
    held = _lock(path)
    if held is not None:
        os.close(held)
    return held is not None


def _lock(path: Path) -> int | None:
    """The open file if nobody else holds it; the system lets go when the process ends."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


def _reserve(folder: Path, place: str) -> None:
    for prefix, size in _BYTES.items():
        with (folder / f"{prefix}_{place}.db").open("ab") as file:
            os.posix_fallocate(file.fileno(), 0, size)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
