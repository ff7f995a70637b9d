"""PDFs and pictures that were made already, on disk: bounded, and shared by all processes."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from .document import RenderFailed

# Raise it when the page's look changes: files of an older design are then no longer found.
DESIGN = 3

_TEMPORARY = ".making-"
UNUSED = 7 * 86400.0  # seconds after which a file that nobody asked for goes: it holds a name
_ABANDONED = 3600.0  # seconds after which an unfinished file is a crashed process's
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

_log = logging.getLogger(__name__)


class PdfCache:
    """Files named by the hash of their key, the longest unused ones deleted first.

    On a full disk the others are deleted for the one that is wanted.
    """

    def __init__(
        self, folder: Path, limit_bytes: int = 256 * 1024 * 1024, suffix: str = ".pdf"
    ) -> None:
        self.folder = folder
        self.suffix = suffix
        self.limit = limit_bytes
        self._unchecked = limit_bytes  # bytes written since the folder was measured: measure first
        self._making: dict[str, tuple[threading.Lock, int]] = {}
        self._guard = threading.Lock()

    def get_or_make(self, key: str, make: Callable[[], bytes]) -> Path:
        """The file for the key, made now if it isn't there. Read it soon: it may be trimmed.

        Raises what `make` raises, and `RenderFailed` where the disk is full.
        """
        digest = hashlib.sha256(f"{DESIGN}\0{key}".encode("utf-8", "surrogatepass")).hexdigest()
        path = self.folder / f"{digest}{self.suffix}"
        if _touch(path):
            return path
        # One maker a key in this process; between processes a second one does no harm.
        lock = self._enter(digest)
        try:
            with lock:
                if not _touch(path):
                    self._write(path, make())
        finally:
            self._leave(digest)
        return path

    def is_there(self, path: Path) -> bool:
        """Whether a file of ours wasn't trimmed yet; it counts as used now."""
        return _touch(path)

    def clear(self) -> None:
        """Delete every file that is complete; who asks for one again has it made."""
        self._drop(lambda _used: True)

    def drop_unused(self) -> None:
        """Delete what nobody has asked for in `UNUSED` seconds, and what crashed processes left."""
        before = time.time() - UNUSED
        self._drop(lambda used: used < before)

    def _drop(self, wanted: Callable[[float], bool]) -> None:
        if not self.folder.is_dir():
            return
        for entry in os.scandir(self.folder):
            with suppress(FileNotFoundError):  # another process tidies as well
                used = entry.stat().st_mtime
                unfinished = entry.name.startswith(_TEMPORARY)
                if used < time.time() - _ABANDONED if unfinished else wanted(used):
                    Path(entry.path).unlink(missing_ok=True)

    def _enter(self, digest: str) -> threading.Lock:
        with self._guard:
            lock, users = self._making.get(digest, (threading.Lock(), 0))
            self._making[digest] = (lock, users + 1)
            return lock

    def _leave(self, digest: str) -> None:
        with self._guard:
            lock, users = self._making.pop(digest)
            if users > 1:
                self._making[digest] = (lock, users - 1)

    def _write(self, path: Path, data: bytes) -> None:
        try:
            self._put(path, data)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            # What was made can be made again: the room is for this one, and for the database.
            _log.warning("The disk is full: PDFs that were kept are deleted")
            self._trim(path, 0)
            try:
                self._put(path, data)
            except OSError as still:
                raise RenderFailed("there is no room to keep it") from still
        with self._guard:
            self._unchecked += len(data)
            # Measuring a full folder takes a while: every fiftieth of the limit is enough.
            due = self._unchecked > self.limit / 50
            if due:
                self._unchecked = 0
        if due:
            self._trim(path, self.limit)

    def _put(self, path: Path, data: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp's files are 0600; replacing is atomic, so nobody reads half a ticket.
        handle, name = tempfile.mkstemp(prefix=_TEMPORARY, dir=self.folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _trim(self, keep: Path, limit: int) -> None:
        files = []
        for entry in os.scandir(self.folder):
            with suppress(FileNotFoundError):  # another process trims as well
                status = entry.stat()
                if entry.name.startswith(_TEMPORARY):
                    if status.st_mtime < time.time() - _ABANDONED:
                        Path(entry.path).unlink(missing_ok=True)
                else:
                    files.append((status.st_mtime_ns, status.st_size, Path(entry.path)))
        total = sum(size for _, size, _ in files)
        if total <= limit * 0.96:  # the rest is room for what is not measured each time
            return
        for _, size, path in sorted(files):
            if total <= limit * 0.9:
                return
            if path != keep:
                path.unlink(missing_ok=True)
                total -= size


def _touch(path: Path) -> bool:
    """Mark the file as used now; whether it is there."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True
