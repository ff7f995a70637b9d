"""One way to write: `with write() as session:`.

SQLite lets one connection write at a time. A transaction that reads first and writes later can
fail half-way or act on what has changed since, so a write takes SQLite's lock at its start
(`BEGIN IMMEDIATE`). Within one process writers queue on a lock that greenlets can wait for, and
for other processes they ask again and again: SQLite's own waiting would stop the whole event
loop, the lock's holder included.

PostgreSQL lets writers of different orders pass each other; those of the same order wait for its
row, which every rule locks first (`guards.locked`).
"""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, event, func, make_url, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from ticketing import metrics
from ticketing.config import Settings
from ticketing.extensions import db

BUSY_MILLISECONDS = 5_000

More = TypeVar("More", bound=Callable[[Session], None])

_writing = threading.Lock()  # whose turn it is in this process, where the engine has one writer

# Somebody else held what was needed for too long, or the two would have waited for each other:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_BUSY_STATES: Final = frozenset({"55P03", "40P01", "40001", "57014"})


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
    with metrics.current().busy.count_exceptions(Busy), _turn(session) as options:
        session.info["writing"] = True
        try:
            session.connection(execution_options=options)
            yield session
            for write_more in session.info.get("at_the_end", {}).values():
                write_more(session)
            session.commit()
        except OperationalError as error:
            session.rollback()
            if is_busy(error):
                raise Busy from error
            raise
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)
            session.info.pop("at_the_end", None)


@contextmanager
def _turn(session: Session) -> Iterator[dict[str, Any]]:
    """Wait for this process's turn to write, on SQLite; gives the options to begin with."""
    if session.get_bind().dialect.name != "sqlite":
        yield {}
        return
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    if not _writing.acquire(timeout=BUSY_MILLISECONDS / 1000):
        raise Busy
    try:
        yield {"writes_until": until}
    finally:
        _writing.release()


def is_busy(error: OperationalError) -> bool:
    """Whether the database refused because of somebody else, so that trying again may help."""
    if isinstance(error.orig, sqlite3.OperationalError):
        return "locked" in str(error.orig)
    return getattr(error.orig, "sqlstate", None) in _BUSY_STATES


def can_write(engine: Engine, *, within: float) -> bool:
    """Whether changes can be made, tried for so many seconds; nothing is changed.

    Raises `Busy` and what SQLAlchemy raises.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.execution_options(writes_until=time.monotonic() + within)
            connection.begin().rollback()
            return True
        # A server that follows another one, or was told to change nothing.
        return bool(
            connection.scalar(
                text(
                    "SELECT NOT pg_is_in_recovery()"
                    " AND current_setting('transaction_read_only') = 'off'"
                )
            )
        )


def queue_for(session: Session, *names: str) -> None:
    """Whoever queues for one of these names, too, goes on when this transaction has ended.

    For what no row stands for, such as how many mails somebody had today. SQLite's writers follow
    each other anyway. Raises `Busy` through `write` where it takes too long.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    for name in sorted(set(names)):  # the same sequence for all, or two could hold each other up
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))


def at_the_end(session: Session, write_more: More) -> More:
    """Have more written at the end of the transaction, when all that happens in it is known.

    There is one of each type: the first to come is kept, and returned.
    """
    if not session.info.get("writing"):
        raise RuntimeError("there is no transaction that could end")
    kept: More = session.info.setdefault("at_the_end", {}).setdefault(type(write_more), write_more)
    return kept


def engine_options(settings: Settings) -> dict[str, Any]:
    """What SQLAlchemy's engine for these settings is made with."""
    if make_url(settings.sqlalchemy_url).get_backend_name() == "sqlite":
        return {"hide_parameters": True}  # errors are logged: they must not quote people's details
    kept = {
        "lock_timeout": BUSY_MILLISECONDS,
        # A process that froze amid a transaction must not keep its orders locked.
        "idle_in_transaction_session_timeout": 60_000,
        # A plan made for any values would scan the table for what the trigram index finds.
        "plan_cache_mode": "force_custom_plan",
        "timezone": "UTC",
    }
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,  # a restarted server has forgotten our connections
        "pool_size": 10,
        "max_overflow": 20,
        "connect_args": {
            "connect_timeout": 5,
            "application_name": "passalong",
            "options": " ".join(f"-c {name}={value}" for name, value in kept.items()),
        },
    }


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
