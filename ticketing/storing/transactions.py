"""One way to write: `with write() as session:`.

SQLite lets one connection write at a time. A transaction that reads first and writes later can
fail half-way or act on what has changed since, so a write takes SQLite's lock at its start
(`BEGIN IMMEDIATE`). Within one process writers queue on a lock that greenlets can wait for, and
for other processes they ask again and again: SQLite's own waiting would stop the whole event
loop, the lock's holder included.

PostgreSQL lets writers of different orders pass each other; those of the same order wait for its
row, which every rule locks first. In which sequence locks are taken says `locking.py`. A writer
sees what is true after each lock (READ COMMITTED); who only reads sees one moment (REPEATABLE
READ), as on SQLite, so that no page is drawn half before a change and half after it. Within a
process a few write at a time.

Reading, too, SQLite keeps the processor and with it the event loop. A statement that may take long
says so, `session.execute(…, execution_options=SLOW)`, and is done in a real thread.
"""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Engine, event, make_url, text
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from ticketing import metrics
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.running.apart import apart
from ticketing.running.turns import Queue
from ticketing.storing import database_tls

BUSY_MILLISECONDS = 5_000
SLOW: Final = {"passalong_slow": True}  # execution options

More = TypeVar("More", bound=Callable[[Session], None])

# How many of this process write at a time. SQLite lets one. On PostgreSQL a transaction that was
# begun holds its order, and is done the sooner the fewer others share the process with it.
_writers: Final = {"sqlite": Queue(1), "postgresql": Queue(4)}

# https://www.postgresql.org/docs/current/errcodes-appendix.html. Somebody else held what was
# needed for too long, or the two would have waited for each other:
_BUSY_STATES: Final = frozenset({"55P03", "40P01", "40001", "57014"})
# No connection, nothing left (disk, memory, places), the operator stepped in, nothing may be
# written, the system's own failure:
_PASSING_STATES: Final = ("08", "53", "57P", "25006", "25P03", "58")
# https://www.sqlite.org/rescode.html
_BUSY_CODES: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_PASSING_CODES: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)

# What a database says no with, the driver's own errors included: the engine's listeners raise them.
DATABASE_ERRORS: Final = (SQLAlchemyError, sqlite3.Error)


class Unavailable(Exception):
    """The database can't serve just now: it restarts, or its disk is full. That passes.

    Whether what was asked for last has been done is certain only where `Busy` is raised: not.
    """


class Busy(Unavailable):
    """Others kept the database to themselves for too long; try again in a moment."""


@contextmanager
def write(*, keep: bool = False) -> Iterator[Session]:
    """A transaction that may write: committed at the end, rolled back on any exception.

    What was loaded before is refreshed, so that a rule decides on what is true now. With `keep`
    what it read and wrote isn't asked for again afterwards, for who only shows what came of it.
    Nothing slow belongs inside: no network, no rendering, no hashing. Raises `Busy` and
    `Unavailable`.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("a rule was called inside another rule's transaction")
    with metrics.current().busy.count_exceptions(Busy), _named_errors():
        session.rollback()
        session.expire_all()
        with _turn(session) as options:
            session.info["writing"] = True
            try:
                session.connection(execution_options=options)
                yield session
                for write_more in session.info.get("at_the_end", {}).values():
                    write_more(session)
                session.expire_on_commit = not keep
                session.commit()
                then = session.info.pop("afterwards", ())
            except BaseException:
                session.rollback()
                raise
            finally:
                session.expire_on_commit = True
                session.info.pop("writing", None)
                session.info.pop("at_the_end", None)
                session.info.pop("afterwards", None)
    for go_on in then:
        go_on(db.engine)


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except DATABASE_ERRORS as error:
        named = unavailable(error)
        if named is None:
            raise
        raise named from error


@contextmanager
def _turn(session: Session) -> Iterator[dict[str, Any]]:
    """Wait for this process's turn to write; gives the options to begin with."""
    engine = session.get_bind().dialect.name
    until = time.monotonic() + BUSY_MILLISECONDS / 1000
    if not _writers[engine].enter(BUSY_MILLISECONDS / 1000):
        raise Busy
    try:
        yield (
            {"writes_until": until} if engine == "sqlite" else {"isolation_level": "READ COMMITTED"}
        )
    finally:
        _writers[engine].leave()


def unavailable(error: Exception) -> Unavailable | None:
    """What one of `DATABASE_ERRORS` means where trying again may help; None where it won't."""
    if isinstance(error, PoolTimeout):
        return Busy()  # all of our connections are in use
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        if code in _BUSY_CODES:
            return Busy()
        return Unavailable() if code in _PASSING_CODES else None
    state = getattr(cause, "sqlstate", None)
    if state in _BUSY_STATES:
        return Busy()
    lost = isinstance(error, DBAPIError) and error.connection_invalidated
    # A connection that couldn't be made has no state to tell.
    unmade = isinstance(error, OperationalError) and state is None
    passing = state is not None and state.startswith(_PASSING_STATES)
    return Unavailable() if lost or unmade or passing else None


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


def at_the_end(session: Session, write_more: More) -> More:
    """Have more written at the end of the transaction, when all that happens in it is known.

    There is one of each type: the first to come is kept, and returned.
    """
    if not session.info.get("writing"):
        raise RuntimeError("there is no transaction that could end")
    kept: More = session.info.setdefault("at_the_end", {}).setdefault(type(write_more), write_more)
    return kept


def afterwards(session: Session, go_on: Callable[[Engine], None]) -> None:
    """Have this called once when the transaction is committed; it mustn't raise."""
    session.info.setdefault("afterwards", {})[go_on] = True


def engine_options(settings: Settings) -> dict[str, Any]:
    """What SQLAlchemy's engine for these settings is made with."""
    hidden = {"hide_parameters": True}  # errors are logged: they must not quote people's details
    pool = {"pool_timeout": BUSY_MILLISECONDS / 1000}  # for one of our own connections
    url = make_url(settings.sqlalchemy_url)
    if url.get_backend_name() == "sqlite":
        return {**pool, **hidden}
    kept = {
        "lock_timeout": BUSY_MILLISECONDS,
        # A process that froze amid a transaction must not keep its orders locked.
        "idle_in_transaction_session_timeout": 60_000,
        # A plan made for any values would scan the table for what the trigram index finds.
        "plan_cache_mode": "force_custom_plan",
        # Compiling a plan takes longer than any of our statements.
        "jit": "off",
        "timezone": "UTC",
    }
    return {
        **pool,
        **hidden,
        "isolation_level": "REPEATABLE READ",  # of who only reads; see `write` for the others
        "pool_pre_ping": True,  # a restarted server has forgotten our connections
        "pool_size": settings.database_connections,
        "max_overflow": 0,
        "connect_args": {
            "connect_timeout": 5,
            "application_name": "passalong",
            "options": " ".join(f"-c {name}={value}" for name, value in kept.items()),
            **database_tls.connect_args(url),
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
            "secure_delete=ON",  # what was erased is overwritten; many builds do so anyway
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "do_execute")
    def execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool:
        if context is None or not context.execution_options.keys() >= SLOW.keys():
            return False  # as ever
        rows = apart(lambda: cursor.execute(statement, parameters).fetchall())
        context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor, None, rows)
        return True

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
            time.sleep(random.uniform(0.0002, 0.0006))  # noqa: S311 - no secret
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
