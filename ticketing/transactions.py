"""One way to write: `with write() as session:`.

SQLite lets one connection write at a time. A transaction that reads first and writes later can
fail half-way or act on what has changed since, so a write takes SQLite's lock at its start
(`BEGIN IMMEDIATE`). Within one process writers queue on a lock that greenlets can wait for, and
for other processes they ask again and again: SQLite's own waiting would stop the whole event
loop, the lock's holder included.
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ticketing.extensions import db

BUSY_MILLISECONDS = 5_000

More = TypeVar("More", bound=Callable[[Session], None])

_writing = threading.Lock()


class Busy(Exception):
    """Others kept the database to themselves for too long; try again in a moment."""


@contextmanager
def write() -> Iterator[Session]:
    """A transaction that may write: committed at the end, rolled back on any exception.

    What was loaded before is refreshed, so that a rule decides on what is true now. Nothing
    slow belongs inside: no network, no rendering, no hashing. Raises `Busy`.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("a rule was called inside another rule's transaction")
    session.rollback()
    session.expire_all()
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    if not _writing.acquire(timeout=BUSY_MILLISECONDS / 1000):
        raise Busy
    session.info["writing"] = True
    try:
        session.connection(execution_options={"writes_until": until})
        yield session
        for write_more in session.info.get("at_the_end", {}).values():
            write_more(session)
        session.commit()
    except OperationalError as error:
        session.rollback()
        if isinstance(error.orig, sqlite3.OperationalError) and "locked" in str(error.orig):
            raise Busy from error
        raise
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)
        session.info.pop("at_the_end", None)
        _writing.release()


def at_the_end(session: Session, write_more: More) -> More:
    """Have more written at the end of the transaction, when all that happens in it is known.

    There is one of each type: the first to come is kept, and returned.
    """
    if not session.info.get("writing"):
        raise RuntimeError("there is no transaction that could end")
    kept: More = session.info.setdefault("at_the_end", {}).setdefault(type(write_more), write_more)
    return kept


def prepare(engine: Engine) -> None:
    """Make an engine keep its promises: durable writes, foreign keys, our own BEGIN."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # sqlite3 itself begins nothing
        for pragma in (
            f"busy_timeout={BUSY_MILLISECONDS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        until = connection.get_execution_options().get("writes_until")
        if until is None:
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_immediate(connection.connection.driver_connection, until)


def _begin_immediate(connection: Any, until: float) -> None:
    """Take SQLite's lock as soon as it is free; raises `Busy` when the time is over."""
    connection.execute("PRAGMA busy_timeout=0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                if time.monotonic() >= until:
                    raise Busy from error
            else:
                return
            # Often and at no fixed pace: who asks more rarely than others would always be last.
            time.sleep(random.uniform(0.0005, 0.0015))  # noqa: S311 - no secret
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
