"""Alembic's entry: runs the migrations on the running app's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from alembic import context
from sqlalchemy import Connection, inspect

from ticketing.extensions import db
from ticketing.models import Installation
from ticketing.models.base import UTCDateTime
from ticketing.storing.installation import check_keys, one_at_a_time


def _render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    # A migration must not change its meaning when our types do.
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


@contextmanager
def _tables_made_anew(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew: dropping the old one must take no row elsewhere.

    Its manual's way (lang_altertable.html, 7): foreign keys off before the transaction, and looked
    at once it is over.
    """
    if connection.dialect.name != "sqlite":
        yield
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")  # is ignored inside a transaction
    try:
        yield
        broken = raw.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise RuntimeError(f"The migration left rows that point nowhere: {broken[:10]}")
    finally:
        raw.execute("PRAGMA foreign_keys=ON")


def _is_ours_to_compare(_object: Any, name: str | None, kind: str, *_further: Any) -> bool:
    """The full-text index isn't: Alembic has no words for what the engines make of it."""
    of_index = {"table": "search_terms", "index": "ix_search_entries_terms"}.get(kind)
    return of_index is None or not (name or "").startswith(of_index)


def run() -> None:
    """One process at a time: another one that starts meanwhile finds nothing left to do."""
    with one_at_a_time():
        _run()
        if inspect(db.engine).has_table(Installation.__tablename__):
            check_keys()


def _run() -> None:
    # On PostgreSQL each statement of a migration sees what is there.
    options = {"isolation_level": "READ COMMITTED"} if db.engine.name == "postgresql" else {}
    engine = db.engine.execution_options(**options)
    with engine.connect() as connection, _tables_made_anew(connection):
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=_render_item,
            include_object=_is_ours_to_compare,
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
