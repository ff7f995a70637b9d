"""Small reads on connections of their own, for what is asked thousands of times a second.

A session begins a transaction, checks its connection and makes objects, which takes many times
what the database needs to find a row. Here a statement is put into SQL once, and rows are what the
driver gives: good for telling whether something has changed, not for working with.
"""

from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import Any, Final

from flask import Flask, current_app
from sqlalchemy import ClauseElement, Connection, Engine, bindparam, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.storing import transactions

LINK_ID: Final[Any] = bindparam("link_id")  # what statements ask by

Row = tuple[Any, ...]


class Unreadable(Exception):
    """The database didn't answer. Who asks it by a session is told why, and may have more luck."""


class Reader:
    """Reads by `LINK_ID`; committed data only, each statement as of its own moment."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sql: dict[ClauseElement, str] = {}
        self._by_place: bool = engine.dialect.positional

    def rows(self, link_id: int, *statements: ClauseElement) -> list[Sequence[Row]]:
        """Each statement's. Raises `Unreadable`."""
        try:
            connection = self._engine.raw_connection()
        except (SQLAlchemyError, self._engine.dialect.loaded_dbapi.Error) as error:
            raise Unreadable from error
        try:
            return self._rows(connection, link_id, statements)
        except self._engine.dialect.loaded_dbapi.Error as error:
            connection.invalidate()  # a restarted server has forgotten it
            raise Unreadable from error
        finally:
            connection.close()

    def rows_within(
        self, connection: Connection, link_id: int, *statements: ClauseElement
    ) -> list[Sequence[Row]]:
        """The same as this connection's transaction sees them."""
        return self._rows(connection.connection, link_id, statements)

    def _rows(
        self, connection: Any, link_id: int, statements: Iterable[ClauseElement]
    ) -> list[Sequence[Row]]:
        found = []
        with closing(connection.cursor()) as cursor:
            for statement in statements:
                sql = self._sql.get(statement)
                if sql is None:
                    sql = self._sql[statement] = str(statement.compile(self._engine))
                cursor.execute(sql, (link_id,) if self._by_place else {LINK_ID.key: link_id})
                found.append(cursor.fetchall())
        return found


def init_app(app: Flask, settings: Settings) -> None:
    """Needs an application context: it reads where the app's own engine does."""
    engine = _engine_beside(db.engine, settings)
    event.listen(db.engine, "engine_disposed", lambda _main: engine.dispose())
    app.extensions["passalong.reader"] = Reader(engine)


def reader_of(app: Flask) -> Reader:
    found = app.extensions["passalong.reader"]
    assert isinstance(found, Reader)  # noqa: S101 - tells the type checker what stands there
    return found


def reader() -> Reader:
    """The running app's."""
    return reader_of(current_app)


def _engine_beside(main: Engine, settings: Settings) -> Engine:
    """Few connections, no transactions, and no question beforehand whether they still work."""
    few: dict[str, Any] = {
        "pool_size": 2,
        "max_overflow": 8,
        "pool_timeout": 5,
        "pool_reset_on_return": None,
    }
    if main.dialect.name == "sqlite":
        # No waiting inside SQLite: it would stop the event loop.
        engine = create_engine(main.url, connect_args={"timeout": 0}, **few)
        event.listen(engine, "connect", _read_only)
        return engine
    arguments = dict(transactions.engine_options(settings)["connect_args"])
    # These statements find single rows by indexes, whatever the values: one plan does for all.
    arguments["options"] += " -c plan_cache_mode=auto"
    return create_engine(main.url, connect_args=arguments, isolation_level="AUTOCOMMIT", **few)


def _read_only(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA query_only=ON")
