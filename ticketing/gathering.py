"""Rows of thousands of orders written in a few statements instead of one by one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from ticketing.models import Base

_ROWS: Final = "gathered_rows"  # in the session's info


def put(session: Session, model: type[Base], **values: Any) -> None:
    """Add a row in the caller's transaction; inside `gathered` it is written at that one's end.

    For rows that nothing reads before the transaction ends, such as history and mails.
    """
    gathered_rows: dict[type[Base], list[dict[str, Any]]] | None = session.info.get(_ROWS)
    if gathered_rows is None:
        session.add(model(**values))
    else:
        gathered_rows.setdefault(model, []).append(values)


@contextmanager
def gathered(session: Session) -> Iterator[None]:
    """What is `put` meanwhile is written together, each table's rows in the order they came."""
    rows: dict[type[Base], list[dict[str, Any]]] = {}
    session.info[_ROWS] = rows
    try:
        yield
    finally:
        del session.info[_ROWS]
    for model, some in rows.items():
        # The table, not the class: SQLAlchemy's ORM would insert them one by one.
        session.execute(insert(cast(Table, model.__table__)), some)
