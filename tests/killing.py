"""Processes that die amid their work (`kill -9`): before a certain statement, or at any moment.

A child of the test's own process does the work on a connection of its own. How often the tests
kill at random may be said by `PASSALONG_KILLS`; docs/faults.md has what came of larger numbers.
"""

import itertools
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from flask import Flask
from sqlalchemy import event, text

from ticketing.extensions import db

USUAL: Final = 30  # kills at random in each test
PATIENCE: Final = 240  # seconds, after which a child that hangs ends by itself

Steps = Callable[[], Iterator[str]]


def kills(usual: int = USUAL) -> int:
    """How many there are to be."""
    return int(os.environ.get("PASSALONG_KILLS", usual))


def chance(seed: int) -> random.Random:
    """For moments; where somebody said how many, others in each run."""
    return random.Random(seed if "PASSALONG_KILLS" not in os.environ else None)  # noqa: S311


def killed_before(app: Flask, statement: int, work: Callable[[], object]) -> bool:
    """Have a process do it that dies just before this statement or commit; whether it came to that.

    Raises `AssertionError` where it failed by itself.
    """
    child = _forked(app, lambda: _dies_before(statement, work))
    status = _end_of(child)
    assert status in {0, -signal.SIGKILL}, f"it ended by itself: {status}"
    settle()
    return status == -signal.SIGKILL


@dataclass
class Worker:
    """A process that tells after each of its steps that it is done: what was acknowledged."""

    child: int
    pipe: int
    told: list[str]

    def wait_for_steps(self, number: int = 1) -> bool:
        """Until it has done so many; False where it ended instead."""
        while len(self.told) < number:
            if not self._read():
                return False
        return True

    def kill_within(self, seconds: float) -> bool:
        """Whether it was still at work after that time. `told` is complete then."""
        time.sleep(seconds)
        os.kill(self.child, signal.SIGKILL)  # until it is waited for, its id is nobody else's
        status = _end_of(self.child)
        while self._read():
            pass
        os.close(self.pipe)
        assert status in {0, -signal.SIGKILL}, f"it ended by itself: {status}"
        settle()
        return status == -signal.SIGKILL

    def _read(self) -> bool:
        """Short lines: a pipe holds all of one or nothing of it."""
        came = os.read(self.pipe, 65_536).decode()
        self.told += came.splitlines()
        return bool(came)


def once_before(steps: Steps) -> None:
    """Go through some of the steps here, so that no child spends its life on what is loaded and
    compiled at first use."""
    for _done in itertools.islice(steps(), 4):
        pass


def at_work(app: Flask, steps: Steps) -> Worker:
    """Start a process that goes through the steps, each of which says what it has done."""
    ours, theirs = os.pipe()

    def work() -> None:
        os.close(ours)
        for done in steps():
            os.write(theirs, f"{done}\n".encode())

    child = _forked(app, work)
    os.close(theirs)
    return Worker(child, ours, [])


def settle() -> None:
    """PostgreSQL does what it was told before it notices that nobody is there any more."""
    if db.engine.dialect.name == "sqlite":
        return
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND state <> 'idle'"
    )
    until = time.monotonic() + PATIENCE
    with db.engine.connect() as connection:
        while connection.scalar(others):
            connection.rollback()  # what it says is kept for a transaction
            assert time.monotonic() < until, "a dead process keeps its transaction"
            time.sleep(0.002)


def _forked(app: Flask, work: Callable[[], object]) -> int:
    db.session.rollback()
    db.engine.dispose()  # no connection may be in two processes
    child = os.fork()
    if child:
        return child
    try:
        signal.alarm(PATIENCE)
        with app.app_context():
            work()
    except BaseException:  # noqa: BLE001 - a forked test must not go on as a second pytest
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def _end_of(child: int) -> int:
    """Its exit code, or the signal that ended it, below zero."""
    _child, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _dies_before(statement: int, work: Callable[[], object]) -> None:
    left = statement

    def count_down(*_arguments: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(db.engine, "before_cursor_execute", count_down)
    event.listen(db.engine, "commit", count_down)
    work()
