"""Rows of thousands of orders written in a few statements instead of one by one."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Insert, Table, insert, inspect
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import flag_modified, set_committed_value
from sqlalchemy.sql.dml import ReturningInsert

from ticketing.models import Base

_ROWS: Final = "gathered_rows"  # in the session's info

# Rows in one INSERT that returns ids: PostgreSQL takes longer for the same rows in larger ones.
_PAGE: Final = 50


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
        session.execute(_insert(model), some)


def completed(made: Base) -> None:
    """Give a new object the defaults of its columns, which otherwise come with its first flush."""
    known = vars(made)
    for name, value, make in _defaults(type(made)):
        if name not in known:
            set_committed_value(made, name, make(None) if make else value)


@cache
def _defaults(model: type[Base]) -> list[tuple[str, Any, Callable[[None], Any] | None]]:
    """(column, value, or what makes one) of all columns but the id."""
    found = []
    for column in _table(model).columns:
        default: Any = column.default
        if column.primary_key:
            continue
        if default is not None and default.is_callable:
            found.append((column.key, None, default.arg))
        else:
            found.append((column.key, default.arg if default is not None else None, None))
    return found


def insert_new(session: Session, objects: Sequence[Any]) -> None:
    """Write new, `completed` objects of one class; they have their ids then.

    The session doesn't know them. A flush would write them too, at several times the cost, all of
    it while others wait for the transaction to end.
    """
    if not objects:
        return
    model: type[Base] = type(objects[0])
    names = [name for name, _value, _make in _defaults(model)]
    written = session.scalars(
        _insert_returning(model),
        [{name: known[name] for name in names} for known in map(vars, objects)],
        execution_options={"insertmanyvalues_page_size": _PAGE},
    )
    for each, row_id in zip(objects, written, strict=True):
        each.id = row_id


def as_if_loaded(session: Session, objects: Sequence[Base]) -> None:
    """Hand objects that were written to the session, which then needn't ask for them."""
    for each in objects:
        make_transient_to_detached(each)
    session.add_all(objects)


def written_alike(objects: Iterable[Base], *names: str) -> None:
    """Have these columns of loaded objects written by the next flush, changed or not.

    It sends rows of which the same columns changed in one batch, and all others one by one.
    """
    for each in objects:
        for name in names:
            flag_modified(each, name)


# Statements are made once: to put one together takes as long as to have it done.


@cache
def _insert(model: type[Base]) -> Insert:
    # The table, not the class: SQLAlchemy's ORM would insert the rows one by one.
    return insert(_table(model))


@cache
def _insert_returning(model: type[Base]) -> ReturningInsert[tuple[int]]:
    # Ids come back in the sequence of the rows: see `insert_sentinel` in the models.
    table = _table(model)
    return insert(table).returning(table.c.id, sort_by_parameter_order=True)


def _table(model: type[Base]) -> Table:
    return cast(Table, inspect(model).local_table)
