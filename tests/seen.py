"""What a test sees of the database: the history, and which rows something changed."""

import hashlib
from typing import Any

from sqlalchemy import select

from ticketing.extensions import db
from ticketing.models import Base, HistoryEntry, Order, Ticket

Rows = dict[tuple[str, Any], dict[str, Any]]


def entries(of: Order | Ticket) -> list[HistoryEntry]:
    """The history of an order or of one ticket, oldest first."""
    db.session.rollback()
    column = HistoryEntry.order_id if isinstance(of, Order) else HistoryEntry.ticket_id
    return list(
        db.session.scalars(select(HistoryEntry).where(column == of.id).order_by(HistoryEntry.id))
    )


def actions(of: Order | Ticket) -> list[str]:
    return [entry.action for entry in entries(of)]


def last(of: Order | Ticket) -> HistoryEntry:
    return entries(of)[-1]


def rows() -> Rows:
    """The whole database, as it is committed now."""
    db.session.rollback()
    found: Rows = {}
    for table in Base.metadata.sorted_tables:
        if table.name == "audit":
            continue  # it notes who looked, and changes nothing that anybody sees
        for row in db.session.execute(select(table)):
            values = dict(row._mapping)
            values.pop("last_used_at", None)  # a key's: noted whatever it is used for
            key = tuple(values[column.name] for column in table.primary_key)
            found[table.name, key] = values
    db.session.rollback()
    return found


def digest() -> str:
    """The whole database in one word: the same word, nothing changed."""
    return hashlib.sha256(repr(sorted(rows().items(), key=repr)).encode()).hexdigest()


def changes(before: Rows) -> dict[str, list[Any]]:
    """Which rows were added or changed since, by table: {"tickets": [3], "history": [7]}."""
    after = rows()
    assert not before.keys() - after.keys(), "rows have vanished"
    found: dict[str, list[Any]] = {}
    for (table, key), values in after.items():
        if before.get((table, key)) != values:
            found.setdefault(table, []).append(key[0])
    return found
