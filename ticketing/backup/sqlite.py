"""SQLite's own backup: a copy as of one moment, while others read and write.

https://sqlite.org/backup.html. All pages in one step: in several, each write of another process
would begin it anew.
"""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from ticketing.backup.files import BackupFailed, sync
from ticketing.backup.looking import Looked

HEADER: Final = b"SQLite format 3\0"
_BESIDE: Final = ("-wal", "-shm", "-journal")


def save(engine: Engine, to: Path) -> None:
    with (
        closing(sqlite3.connect(_path(engine))) as source,
        closing(sqlite3.connect(to)) as copy,
    ):
        source.backup(copy)
        # One file alone, and read once: what nobody could read is no backup.
        copy.execute("PRAGMA journal_mode=DELETE")
        (told,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if told != "ok":
        raise BackupFailed(f"The database is damaged: {told}")


def look(path: Path) -> Looked:
    """What a file says of itself; raises `sqlite3.Error` if it can't be read."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as copy:
        tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master")}
        if not {"alembic_version", "installation"} <= tables:
            return Looked()
        (revision,) = copy.execute("SELECT version_num FROM alembic_version").fetchone()
        (keys,) = copy.execute("SELECT keys FROM installation").fetchone()
        columns = {name for _n, name, *_rest in copy.execute("PRAGMA table_info(installation)")}
        mark = None
        if "backup_mark" in columns:
            (mark,) = copy.execute("SELECT backup_mark FROM installation").fetchone()
    return Looked(revision, json.loads(keys), mark)


def check_alone(engine: Engine) -> None:
    """Raises `BackupFailed` while another process has the database open.

    SQLite changes how it journals only for who is alone: https://sqlite.org/wal.html.
    """
    engine.dispose()
    if not _path(engine).exists():
        return
    with closing(sqlite3.connect(_path(engine), timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
        except sqlite3.OperationalError as error:
            raise BackupFailed(
                "Somebody works with the database. Stop the server and the watcher first."
            ) from error


def put_back(engine: Engine, path: Path, kept: Path | None) -> None:
    """Put a copy of the file in the database's place, at one moment; `kept` is what was there.

    Raises `BackupFailed`: then all is as it was.
    """
    engine.dispose()
    place = _path(engine)
    coming = place.with_name(f".{place.name}-coming")
    try:
        shutil.copyfile(path, coming)
        coming.chmod(0o600)
        sync(coming)
        if kept is not None:
            os.link(place, kept)
        for ending in _BESIDE:
            place.with_name(place.name + ending).unlink(missing_ok=True)
        coming.replace(place)
    except OSError as error:
        coming.unlink(missing_ok=True)  # people's data
        raise BackupFailed(f"{path} can't be put in {place}: {error}") from error
    sync(place.parent)


def _path(engine: Engine) -> Path:
    if not engine.url.database:
        raise BackupFailed("The database is in no file.")
    return Path(engine.url.database)
