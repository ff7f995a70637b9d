"""Rows into tables as fast as each engine takes them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import JSON, Column, Table, func, insert, select, text
from sqlalchemy.orm import Session

from ticketing.models import Base, Order, Ticket
from ticketing.storing.transactions import write


def put(session: Session, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all have the same keys; what they leave out has its usual value."""
    table = cast(Table, model.__table__)
    if not rows:
        return
    if session.get_bind().dialect.name == "sqlite":
        session.execute(insert(table), list(rows))
        return
    given = [column for column in table.columns if column.name in rows[0]]
    usual = [c for c in table.columns if c.name not in rows[0] and c.default is not None]
    names = ", ".join(f'"{column.name}"' for column in (*given, *usual))
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor().copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row(
                [_plain(each, row[each.name]) for each in given]
                + [_plain(each, _usual(each)) for each in usual]
            )


def _plain(column: Column[Any], value: Any) -> Any:
    return json.dumps(value) if isinstance(column.type, JSON) else value


def _usual(column: Column[Any]) -> Any:
    default: Any = column.default
    return default.arg(None) if default.is_callable else default.arg


def first_free(session: Session, orders: int, tickets: int) -> tuple[int, int]:
    """Set so many ids apart for this transaction alone; the first of each."""
    if session.get_bind().dialect.name == "sqlite":
        last = select(func.max(Order.id)), select(func.max(Ticket.id))
        first_order, first_ticket = ((session.scalar(each) or 0) + 1 for each in last)
        return first_order, first_ticket
    session.execute(text("LOCK TABLE orders, tickets IN SHARE ROW EXCLUSIVE MODE"))
    return _set_apart(session, "orders", orders), _set_apart(session, "tickets", tickets)


def _set_apart(session: Session, table: str, number: int) -> int:
    sequence = func.pg_get_serial_sequence(table, "id")
    first: int = session.scalar(select(func.nextval(sequence))) or 1
    session.execute(select(func.setval(sequence, first + number - 1)))
    return first


@contextmanager
def indexed_afterwards(session: Session) -> Iterator[None]:
    """PostgreSQL makes an index over a million rows sooner than it writes them into one."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("PRAGMA cache_size = -262144"))  # kB, of this connection
        yield
        return
    named = {"name": "ix_search_entries_terms"}
    indexdef = session.scalar(
        text("SELECT indexdef FROM pg_indexes WHERE indexname = :name"), named
    )
    with write():
        session.execute(text("DROP INDEX ix_search_entries_terms"))
    try:
        yield
    finally:
        with write():
            session.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
            session.execute(text(str(indexdef)))
        with write():
            session.execute(text("ANALYZE"))
