"""What makes a run of the tests quick, and changes nothing of what they see."""

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

ENOUGH: Final = 4 * 1024**3  # bytes; a whole run leaves about one behind


def memory() -> Path | None:
    """A folder whose files lie in memory, where there is one with room: no test survives a power
    cut, so none need wait for a disk."""
    folder = Path("/dev/shm")  # noqa: S108 - who takes it makes a folder of their own in it
    return folder if folder.is_dir() and shutil.disk_usage(folder).free > ENOUGH else None


def keep_files_in_memory() -> None:
    """Those of pytest's own temporary folders, unless somebody said where they belong."""
    folder = memory()
    if folder is not None:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(folder))


def keep_bytecode(config: pytest.Config) -> None:
    """Of the processes that tests start, for each other and for the next run.

    Where Python is told to keep none, each would compile all its libraries anew, which is more
    than half of what most of them do; so it is kept among our own things.
    """
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None) and config.cache is not None:
        os.environ["PYTHONPYCACHEPREFIX"] = str(config.cache.mkdir("bytecode"))
