"""Things done in the same instant, within one process."""

import threading
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

from flask import Flask
from sqlalchemy import text

from ticketing.extensions import db

PATIENCE: Final = 30  # seconds that nothing here takes on a machine that is well


def at_once(app: Flask, *actions: Callable[[], Any]) -> list[Any]:
    """What each action returned or raised, each in a thread and an app context of its own."""
    barrier = threading.Barrier(len(actions))
    results: list[Any] = [None] * len(actions)

    def run(index: int, action: Callable[[], Any]) -> None:
        with app.app_context():
            barrier.wait(10)
            try:
                results[index] = action()
            except Exception as error:  # noqa: BLE001 - handed to the test, which looks at it
                results[index] = error

    threads = [
        threading.Thread(target=run, args=(index, action)) for index, action in enumerate(actions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    return results


def meeting_at(app: Flask, locks: str, *actions: Callable[[], Any]) -> list[Any]:
    """As `at_once`, on PostgreSQL: they meet at what somebody else has locked for a while.

    `locks` is SQL that does so. One action after the other is begun, the next when all before it
    wait or are done; then the lock is let go, so that who came first goes first.
    """
    results: list[Any] = [None] * len(actions)

    def run(index: int, action: Callable[[], Any]) -> None:
        with app.app_context():
            try:
                results[index] = action()
            except Exception as error:  # noqa: BLE001 - handed to the test, which looks at it
                results[index] = error

    threads: list[threading.Thread] = []
    with app.app_context(), closing(db.engine.raw_connection()) as other:
        other.cursor().execute(locks)
        for index, action in enumerate(actions):
            threads.append(threading.Thread(target=run, args=(index, action)))
            threads[-1].start()
            _until_they_wait(threads)
        other.rollback()
    for thread in threads:
        thread.join(PATIENCE)
    return results


def _until_they_wait(threads: list[threading.Thread]) -> None:
    """Until each of them is done, or waits for a lock of this database's."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    until = time.monotonic() + PATIENCE
    with db.engine.connect() as looking:
        while time.monotonic() < until:
            found = looking.execute(waiting).scalar_one()
            looking.rollback()  # what it says is kept for a transaction
            if found >= sum(thread.is_alive() for thread in threads):
                return
            time.sleep(0.01)
    raise AssertionError("they neither wait nor end")


def kinds(results: list[Any]) -> list[str]:
    """The names of what was raised, "" for what went well; sorted."""
    return sorted(type(each).__name__ if isinstance(each, Exception) else "" for each in results)
