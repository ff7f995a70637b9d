"""What was taken back, noted outside the database: a backup that is restored must not give it out.

`revocations.jsonl` in the instance folder has one line for each time that a link, a barcode, an
account or a program's key lost its right, or a person was erased:

    {"at": "2027-06-04T12:00:00+00:00", "kind": "ticket", "subject": 8134, "facts": {"link": 2}}

`subject` says whose, in a way that no other row will ever have (a random id, not a row's number,
which a restored database gives out anew); `facts` what is true of it from then on, so that the
newest line about a subject says all – but for its generations, of which the highest counts: a
restore notes lower ones, of the backup, before it has raised them. No personal data.

A line is on the disk before its transaction is committed: whatever was acknowledged is noted. One
whose transaction then failed takes back something that stood, which is the safe side. The disk may
take its time: a thread waits for it, and whoever doesn't write goes on.

`flask backup` leaves a mark here and, in the same transaction, in the database. A database that was
put back has an old mark, and what stands behind that is done again (`replay`).
"""

import datetime as dt
import fcntl
import heapq
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, dropwhile
from pathlib import Path
from typing import Any, Final

from gevent import monkey
from sqlalchemy.orm import Session

from ticketing.config import Settings, settings
from ticketing.models import now
from ticketing.running.apart import OwnThreads
from ticketing.storing.transactions import BUSY_MILLISECONDS, Busy, Unavailable, at_the_end

MARK: Final = "backup"  # the kind of the lines that a backup leaves
RESTORE: Final = "restore"  # and of those that a restore leaves; neither is done again
# Of another machine's file no line is ours: by its clock, then, which may differ by so much.
CLOCKS_DIFFER: Final = dt.timedelta(minutes=5)

# What never falls; of these the highest of all lines about a subject counts.
_GENERATIONS: Final[tuple[str, ...]] = ("link", "share", "barcode", "round", "secret", "revision")

# Threads of their own know nothing of gevent, whose `sleep` would begin a loop in them.
_sleep: Final[Callable[[float], None]] = monkey.get_original("time", "sleep")

# Whoever notes holds the database, which must not wait until others' work has left them a thread.
# As many as there are writers at a time.
_threads: Final = OwnThreads(4)

Subject = int | str
Again = Callable[[Subject, dict[str, Any]], None]

_again: Final[dict[str, Again]] = {}


class NoMark(Exception):
    """None of the files has the mark that the database was backed up with."""


class UnknownKind(Exception):
    """A line was written by a version that knows more; nothing was done again."""


@dataclass(frozen=True, slots=True)
class Line:
    at: dt.datetime
    kind: str
    subject: Subject
    facts: dict[str, Any]


def note(session: Session, kind: str, subject: Subject, **facts: Any) -> None:
    """Have noted, with the caller's transaction, what is true of a subject from now on.

    `facts` are plain values for JSON, without personal data. Of several about one subject in one
    transaction the last one counts. At its end `write` raises `Unavailable` if there is no room,
    `Busy` if another process keeps the file to itself.
    """
    noted = at_the_end(session, _Noted())
    noted.lines[kind, subject] = Line(now(), kind, subject, facts)


def replays(kind: str) -> Callable[[Again], Again]:
    """Marks the function that does again what lines of this kind say: `(subject, facts)`.

    It is called after a restore, outside of any transaction, in the sequence of the lines, once
    for each subject, and twice if a restore is begun anew. Of a subject that the restored database
    doesn't know it says nothing.
    """

    def register(again: Again) -> Again:
        _again[kind] = again
        return again

    return register


def mark(mark_id: str) -> None:
    """Leave a backup's mark: what is noted from now on isn't in it."""
    _append([Line(now(), MARK, mark_id, {})])


def restored_to(others: Iterable[Path] = ()) -> int:
    """The highest generation that a restore ever gave to open tickets; 0 if there was none."""
    lines = chain.from_iterable(_read(path) for path in [path_of(settings()), *others])
    return max((line.facts["open"] for line in lines if line.kind == RESTORE), default=0)


def note_restore(generation: int) -> None:
    """A restore is about to raise open tickets to this generation."""
    _append([Line(now(), RESTORE, "", {"open": generation})])


def replay(since: str | None, others: Iterable[Path] = ()) -> Counter[str]:
    """Do again what was noted since a mark (None: ever); returns how many of which kind.

    `others` are the files of other machines on the same database. Raises `NoMark` and
    `UnknownKind` before it does anything.
    """
    newest: dict[tuple[str, Subject], Line] = {}
    for line in noted_since(since, [path_of(settings()), *others]):
        former = newest.pop((line.kind, line.subject), None)  # its turn is that of the last line
        newest[line.kind, line.subject] = _after(former, line)
    if unknown := {line.kind for line in newest.values()} - _again.keys():
        raise UnknownKind(", ".join(sorted(unknown)))
    for line in newest.values():
        _again[line.kind](line.subject, line.facts)
    return Counter(line.kind for line in newest.values())


def _after(former: Line | None, line: Line) -> Line:
    if former is None:
        return line
    highest = {
        name: max(former.facts[name], line.facts[name])
        for name in _GENERATIONS
        if name in former.facts and name in line.facts
    }
    return replace(line, facts={**line.facts, **highest})


def noted_since(mark_id: str | None, paths: Sequence[Path]) -> Iterator[Line]:
    """What was noted behind this mark, in sequence. Raises `NoMark` where none of them has it."""
    marks = [_mark_in(path, mark_id) for path in paths]
    at = min((each.at for each in marks if each), default=None)
    if mark_id is not None and at is None:
        raise NoMark(mark_id)
    found = [_behind(path, each, at) for path, each in zip(paths, marks, strict=True)]
    # Each file keeps its own sequence, even if its machine's clock was put back.
    merged = heapq.merge(*found, key=lambda line: line.at)
    return (line for line in merged if line.kind not in {MARK, RESTORE})


def has_mark(mark_id: str, others: Iterable[Path] = ()) -> bool:
    """Whether one of the files has it."""
    return any(_mark_in(path, mark_id) for path in [path_of(settings()), *others])


def _mark_in(path: Path, mark_id: str | None) -> Line | None:
    marks = (line for line in _read(path) if line.kind == MARK and line.subject == mark_id)
    return next(marks, None)


def _behind(path: Path, mark: Line | None, at: dt.datetime | None) -> Iterator[Line]:
    lines = _read(path)
    if mark is not None:
        return dropwhile(lambda line: line != mark, lines)
    return (line for line in lines if at is None or line.at >= at - CLOCKS_DIFFER)


def path_of(settings: Settings) -> Path:
    return settings.instance_path / "revocations.jsonl"


@dataclass
class _Noted:
    """The lines of one transaction, written when all of it is known."""

    lines: dict[tuple[str, Subject], Line] = field(default_factory=dict)

    def __call__(self, session: Session) -> None:
        session.flush()  # what the database refuses is never noted
        try:
            _append(self.lines.values())
        except BlockingIOError as error:
            raise Busy from error  # nothing was written
        except OSError as error:
            raise Unavailable from error


def _append(lines: Iterable[Line]) -> None:
    """Raises `OSError`; of these `BlockingIOError` if somebody else keeps the file for too long."""
    text = "".join(
        json.dumps(
            {
                "at": line.at.isoformat(),
                "kind": line.kind,
                "subject": line.subject,
                "facts": line.facts,
            }
        )
        + "\n"
        for line in lines
    )
    _threads.apart(_write, path_of(settings()), text.encode())


def _write(path: Path, text: bytes) -> None:
    """To the end of the file, and to the disk."""
    is_new = not path.exists()
    with open(path, "ab", opener=_private) as file:
        _lock(file.fileno())
        file.write(_end_of_torn_line(path) + text)
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        _sync_folder(path.parent)


def _lock(handle: int) -> None:
    """Asks again and again, for the system would wait without an end."""
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            _sleep(0.002)
        else:
            return


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _end_of_torn_line(path: Path) -> bytes:
    """A process that died amid its line must not take the next one with it."""
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return b""
        file.seek(-1, os.SEEK_END)
        return b"" if file.read(1) == b"\n" else b"\n"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> Iterator[Line]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for raw in file:
            if (line := _line(raw)) is not None:
                yield line


def _line(raw: bytes) -> Line | None:
    """None where a process died while it wrote: that transaction was never committed."""
    try:
        told = json.loads(raw)
        at = dt.datetime.fromisoformat(told["at"])
        return Line(at, told["kind"], told["subject"], told["facts"])
    except (ValueError, KeyError, TypeError):
        return None
