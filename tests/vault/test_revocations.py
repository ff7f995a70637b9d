"""What was taken back is noted outside the database, and done again after a restore."""

import datetime as dt
import fcntl
import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from ticketing.config import Settings
from ticketing.storing.transactions import Busy, Unavailable, write
from ticketing.vault import revocations
from ticketing.vault.revocations import NoMark, Subject, note, replay

Done = list[tuple[Subject, dict[str, Any]]]


@pytest.fixture
def done(app: Flask) -> Iterator[Done]:
    """What was done again of the kind "tried"."""
    found: Done = []
    revocations.replays("tried")(lambda subject, facts: found.append((subject, facts)))
    yield found
    del revocations._again["tried"]


@pytest.fixture
def path(settings: Settings) -> Path:
    return revocations.path_of(settings)


def try_(subject: Subject, **facts: Any) -> None:
    with write() as session:
        note(session, "tried", subject, **facts)


def test_it_is_noted_with_the_transaction(app: Flask, path: Path) -> None:
    with write() as session:
        note(session, "tried", 7, link=2)
        note(session, "tried", 7, link=3)
        note(session, "tried", "eight")
        assert not path.exists()
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["kind"], first["subject"], first["facts"]) == ("tried", 7, {"link": 3})
    assert (second["subject"], second["facts"]) == ("eight", {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_was_given_up_is_not(app: Flask, path: Path) -> None:
    def give_up() -> None:
        with write() as session:
            note(session, "tried", 7)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_up()
    assert not path.exists()


def test_what_can_not_be_noted_is_not_done(app: Flask, path: Path) -> None:
    path.mkdir()  # as good as a full disk: nothing can be written there
    with pytest.raises(Unavailable):
        try_(7)


def test_who_keeps_the_file_stops_nobody_for_good(app: Flask, path: Path) -> None:
    with path.open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy):
            try_(7)
    try_(8)
    assert [json.loads(line)["subject"] for line in path.read_text().splitlines()] == [8]


SLOW_DISK = """
from gevent import monkey; monkey.patch_all()
import os, sys, gevent
from pathlib import Path
from sqlalchemy import event
from ticketing import create_app
from ticketing.vault import revocations
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.storing.transactions import write

disk = monkey.get_original("_thread", "allocate_lock")()
disk.acquire()
told = []

def fsync(handle):
    told.append("asked")
    told.append("others go on" if disk.acquire(timeout=20) else "all stand still")
    told.append("on the disk")

def go_on():
    while "asked" not in told:
        gevent.sleep(0.001)
    disk.release()

folder = Path(sys.argv[1])
app = create_app({"TESTING": True}, Settings(instance_path=folder, database_url=sys.argv[2]))
(folder / "revocations.jsonl").touch()
with app.app_context():
    event.listen(db.engine, "commit", lambda _connection: told.append("committed"))
    other = gevent.spawn(go_on)
    with write() as session:
        revocations.note(session, "tried", 7)
        os.fsync = fsync
other.join()
print(*told, sep=", ")
"""


def test_a_slow_disk_stops_nobody_else(app: Flask, settings: Settings) -> None:
    """Under gevent all of a process would stand still, its streams too; and still nothing is
    committed before it is noted."""
    ended = subprocess.run(
        [sys.executable, "-c", SLOW_DISK, str(settings.instance_path), settings.database_url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ended.stdout.strip() == "asked, others go on, on the disk, committed"


NO_THREAD_LEFT = """
from gevent import monkey; monkey.patch_all()
import sys, gevent
from pathlib import Path
from ticketing import create_app
from ticketing.vault import revocations
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.storing.transactions import write

answer = monkey.get_original("_thread", "allocate_lock")()
answer.acquire()
everybody = gevent.get_hub().threadpool


def wait():
    with answer:
        pass


hanging = [everybody.spawn(wait) for _ in range(everybody.maxsize)]

app = create_app({"TESTING": True}, Settings(instance_path=Path(sys.argv[1]),
                                             database_url=sys.argv[2]))
told = []
with app.app_context():
    try:
        with gevent.Timeout(20), write() as session:
            revocations.note(session, "tried", 7)
        told.append("noted")
    except gevent.Timeout:
        told.append("waited for others")
told.append("they hang still" if not any(each.ready() for each in hanging) else "they were done")
answer.release()
gevent.joinall(hanging)
print(*told, sep=", ")
"""


def test_who_notes_waits_for_nobody_elses_work(app: Flask, settings: Settings) -> None:
    """Name look-ups that hang take up all of gevent's threads; the database is held meanwhile."""
    ended = subprocess.run(
        [sys.executable, "-c", NO_THREAD_LEFT, str(settings.instance_path), settings.database_url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert ended.stdout.strip() == "noted, they hang still"


def test_what_stands_behind_the_mark_is_done_again(done: Done) -> None:
    try_("before")
    revocations.mark("monday")
    try_("a", n=1)
    try_("b", n=2)
    try_("a", n=3)
    assert replay("monday") == {"tried": 2}
    assert done == [("b", {"n": 2}), ("a", {"n": 3})], "the newest line of each, in sequence"


def test_without_a_mark_all_of_it(done: Done) -> None:
    try_("a")
    revocations.mark("monday")
    assert replay(None) == {"tried": 1}


def test_a_lost_file_is_noticed(done: Done, path: Path) -> None:
    revocations.mark("monday")
    path.unlink()
    try_("a")
    with pytest.raises(NoMark):
        replay("monday")
    assert done == []


def test_a_line_that_was_torn_takes_no_other_along(done: Done, path: Path) -> None:
    try_("a")
    with path.open("ab") as file:
        file.write(b'{"at": "2027-06-04T12:00:00+00:00", "kind": "tri')
    try_("b")
    assert replay(None) == {"tried": 2}


def test_other_machines_files_count_from_the_marks_time(
    done: Done, path: Path, tmp_path: Path
) -> None:
    try_("long before")
    old, later = json.loads(path.read_text()), dt.timedelta(hours=1)
    at = dt.datetime.fromisoformat(old["at"])
    other = tmp_path / "other.jsonl"
    lines = [
        {**old, "at": (at - later).isoformat()},
        {**old, "at": (at + later).isoformat(), "subject": "elsewhere"},
    ]
    other.write_text("".join(json.dumps(line) + "\n" for line in lines))
    revocations.mark("monday")
    replay("monday", [other])
    assert [subject for subject, _ in done] == ["elsewhere"]


def test_of_generations_the_highest_counts(done: Done) -> None:
    """A restore writes down those of the backup before it raises them."""
    try_("a", link=3, barcode=2, state="open")
    try_("a", link=1, barcode=4, state="checked_in")
    replay(None)
    assert done == [("a", {"link": 3, "barcode": 4, "state": "checked_in"})]
