"""Files that are there whole or not at all, for their owner alone, in no other's place."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BackupFailed(Exception):
    """Why nothing was written, or put back, in one line."""


@contextmanager
def appears_whole(path: Path) -> Iterator[Path]:
    """A temporary file (mode 0600) that stands at `path` once the block has ended well.

    Raises `BackupFailed` if something is there already.
    """
    if os.path.lexists(path):
        raise BackupFailed(f"{path} is there already. Nothing was written.")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    written = Path(name)
    try:
        yield written
        sync(written)
        # Unlike a renaming, a link replaces nothing that came meanwhile.
        os.link(written, path)
        sync(path.parent)
    except FileExistsError as error:
        raise BackupFailed(f"{path} is there already. Nothing was written.") from error
    finally:
        written.unlink()


def sync(path: Path) -> None:
    """Have a file, or a folder's list of files, on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
