"""The whole of the data, kept in a file and put back.

A backup is what the engine's own tools make: an SQLite file, or a dump of `pg_dump`. The secrets
aren't in it, nor is the file of what was taken back: who has the backup alone opens nothing, and a
database that is put back is brought up to what was taken back since (`again.py`,
`open_tickets.py`).
"""

import secrets
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

from flask import current_app
from sqlalchemy import inspect, select

from ticketing.backup import open_tickets, overviews, postgres, sqlite
from ticketing.backup.files import BackupFailed, appears_whole
from ticketing.backup.looking import Looked
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.members import sessions
from ticketing.models import Installation, Organiser, now
from ticketing.models.installation import THE_ONE
from ticketing.storing import installation
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.vault import keys, revocations

__all__ = ["BackupFailed", "Done", "backup", "look", "put_back", "take_back_again"]

_ENGINES: Final[dict[str, ModuleType]] = {"sqlite": sqlite, "postgresql": postgres}
# How a restore is finished that stopped before the database was replaced, and afterwards.
_AGAIN: Final = "flask restore FILE --replace"
_IN_PLACE: Final = "flask restore --in-place"
_NAMES: Final = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


@dataclass(frozen=True, slots=True)
class Done:
    """What was done to a database that was put back."""

    again: Counter[str]  # lines of each kind
    open_tickets: int  # that have other links and barcodes now
    sessions: int  # that ended


def backup(to: Path) -> int:
    """Keep all data in a file that isn't there yet; returns its bytes.

    People go on meanwhile. Raises `BackupFailed`.
    """
    to = to.absolute()
    engine = _engine()
    try:
        with appears_whole(to) as written:
            _leave_mark()
            if engine is postgres:
                postgres.wait_for_others(db.engine)
            engine.save(db.engine, written)
            size = written.stat().st_size
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"{to} can't be written: {error}") from error
    return size


def look(path: Path) -> Looked:
    """What a backup says of itself. Raises `BackupFailed` if it can't be put back here."""
    engine = _engine()
    with path.open("rb") as file:
        header = file.read(16)
    if not header.startswith(engine.HEADER):
        raise BackupFailed(f"{path} is no backup of {_NAMES[db.engine.dialect.name]}.")
    try:
        looked: Looked = engine.look(path)
    except sqlite3.Error as error:
        raise BackupFailed(f"{path} can't be read: {error}") from error
    if looked.revision is None:
        raise BackupFailed(f"{path} holds another program's database.")
    if looked.revision not in installation.migrations():
        raise BackupFailed(f"{path} was made by a newer version, which has to put it back.")
    ours = keys.fingerprints(current_app.extensions["passalong.keys"])
    if other := [name for name, digest in ours.items() if looked.keys.get(name, digest) != digest]:
        raise BackupFailed(
            f"{path} was made with other secrets than those in "
            f"{settings().instance_path / 'secrets.json'} ({', '.join(other)}). Put the secrets "
            "back first."
        )
    return looked


def put_back(path: Path, *, replace: bool) -> Path | None:
    """Put a backup in the database's place; returns where what was there is kept.

    It isn't ready before `take_back_again`, and until then nothing starts on it. Raises
    `BackupFailed` if the backup won't do, somebody works with the database, or it has data and
    may not be replaced.
    """
    look(path)
    engine = _engine()
    has_data = _has_data()
    if has_data and not replace:
        raise BackupFailed("There are data here already. Say --replace if they may go.")
    db.session.rollback()
    engine.check_alone(db.engine)
    kept = settings().instance_path / f"replaced-{now():%Y%m%d-%H%M%S-%f}" if has_data else None
    unfinished = installation.unfinished_restore()
    try:
        _write(unfinished, _AGAIN)
        engine.put_back(db.engine, path.absolute(), kept)
    except BackupFailed:
        unfinished.unlink(missing_ok=True)  # all is as it was
        raise
    _write(unfinished, _IN_PLACE)
    return kept


def take_back_again(others: Sequence[Path] = (), *, without_lines: bool = False) -> Done:
    """Make a database ready that was put back: migrate it, and take back what was taken back since.

    `others` are the files of other machines. `without_lines`: the file is lost, and what was
    taken back since the backup is as good as before. Begun anew it does no harm. Raises
    `BackupFailed`.
    """
    unfinished = installation.unfinished_restore()
    if unfinished.exists() and unfinished.read_text() == _AGAIN:
        raise BackupFailed(f"Nothing was put back yet: {_AGAIN}")
    _write(unfinished, _IN_PLACE)
    try:
        installation.migrate()
    except installation.OtherKeys as other:
        raise BackupFailed(str(other)) from other
    mark = db.session.get_one(Installation, THE_ONE).backup_mark
    db.session.rollback()
    try:
        done = Counter[str]() if without_lines else revocations.replay(mark, others)
    except revocations.NoMark as error:
        raise BackupFailed(no_lines()) from error
    except revocations.UnknownKind as unknown:
        raise BackupFailed(
            f"{revocations.path_of(settings())} has lines of a newer version: {unknown}"
        ) from unknown
    generation = open_tickets.unused_generation(others)
    # On the disk before any ticket has it, so that the next restore takes another.
    try:
        revocations.note_restore(generation)
    except OSError as error:
        path = revocations.path_of(settings())
        raise BackupFailed(f"{path} can't be written: {error}") from error
    renewed = open_tickets.renew(generation)
    ended = sessions.end_everybodys()
    overviews.begin_anew(generation)
    unfinished.unlink()
    return Done(done, renewed, ended)


def check_lines(mark: str | None, others: Sequence[Path]) -> None:
    """Raises `BackupFailed` if the file that says what was taken back since a mark isn't there."""
    if mark is not None and not revocations.has_mark(mark, others):
        raise BackupFailed(no_lines())


def no_lines() -> str:
    return (
        f"{revocations.path_of(settings())} doesn't know this backup: it is another one, or lost. "
        "What was taken back since – links, barcodes, keys, accounts, persons erased – would be as "
        "good as before. Put the file back, or name it with --revocations; if it is lost for good, "
        "say --without-revocations."
    )


def _leave_mark() -> None:
    """In the database and in the file of what is taken back, at one moment.

    On SQLite nobody else writes in it; on PostgreSQL those who do are waited for.
    """
    mark = secrets.token_hex(8)
    with write() as session:
        stored = lock(session, Installation, THE_ONE)
        stored.backup_mark, stored.backed_up_at = mark, now()
        session.flush()
        revocations.mark(mark)


def _write(unfinished: Path, how: str) -> None:
    """Say how a restore is finished that stops from now on."""
    try:
        unfinished.write_text(how)
    except OSError as error:
        raise BackupFailed(f"{unfinished} can't be written: {error}") from error


def _has_data() -> bool:
    """Whether there is anything that somebody would miss."""
    if not inspect(db.engine).has_table(Organiser.__tablename__):
        return False
    return db.session.scalar(select(Organiser.id).limit(1)) is not None


def _engine() -> ModuleType:
    return _ENGINES[db.engine.dialect.name]
