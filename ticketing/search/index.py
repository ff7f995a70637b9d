"""The full-text index of each engine: where the orders stand that may have what is wanted.

SQLite's tells them one after the other in the sequence in which the orders came in: nothing has
to be looked at beyond a page. PostgreSQL's tells them all at once, in no sequence. Its statements
are written so that the planner has nothing to guess: a plan that computed the terms of a million
rows would take minutes.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from typing import cast as cast_type

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Join,
    Select,
    Table,
    cast,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from ticketing.models import Order, SearchEntry
from ticketing.search import terms
from ticketing.search.wanted import Conditions

entries: Final = cast_type(Table, SearchEntry.__table__)
_fts: Final = table("search_terms", column("rowid", Integer))


def holds(dialect: str) -> Any:
    """The condition that a text holds another, in the engine's words."""
    place = func.instr if dialect == "sqlite" else func.strpos
    return lambda text, word: place(text, word) > 0


class _ThenRows(Join):
    """A join that SQLite takes from left to right: https://sqlite.org/optoverview.html#crossjoin"""

    inherit_cache = True


@compiles(_ThenRows, "sqlite")
def _compile(join: Any, compiler: SQLCompiler, **how: Any) -> str:
    joined: str = compiler.visit_join(join, **how)  # type: ignore[no-untyped-call]
    return joined.replace(" JOIN ", " CROSS JOIN ", 1)


def then_orders() -> Join:
    """The orders of some entries, each by its id. Left to itself SQLite would rather read all
    orders of the organiser: it takes an index's value for one of ten rows."""
    orders = cast_type(Table, Order.__table__)
    return _ThenRows(entries, orders, orders.c.id == entries.c.order_id)


def found(
    dialect: str, conditions: Conditions, *columns: Any, whose: bool, some: Sequence[str]
) -> Select[Any]:
    """These columns of the entries that have all of what is wanted.

    `whose`: the organiser's term is worth its time, for much of the index is others'. `some` of
    the organiser's texts tell which terms are frequent. On SQLite, in the sequence of their ids
    as long as nothing else is asked for.
    """
    groups: list[list[list[str]]] = [[[one] for one in group] for group in conditions.terms]
    for spellings in conditions.words:
        groups.append([_worth_looking_up(words, some) for words in spellings])
    if whose or not groups:
        groups.append([[terms.of_organiser(conditions.wanted.organiser_id)]])
    rows = conditions.of_row(entries.c, holds(dialect))
    if dialect == "sqlite":
        both = _ThenRows(_fts, entries, _fts.c.rowid == entries.c.order_id)
        return select(*columns).select_from(both).where(_matches(groups), *rows)
    return select(*columns).where(*_has(groups), *rows)


def is_long(conditions: Conditions) -> bool:
    """Whether a word has more terms than are looked up."""
    words = (word for spellings in conditions.words for words in spellings for word in words)
    return any(len(terms.of_text(word)) > terms.WORTH for word in words)


def _worth_looking_up(words: Iterable[str], some: Sequence[str]) -> list[str]:
    return [term for word in words for term in terms.rarest(terms.of_text(word), some)]


def in_sequence(found: Select[Any], *, falling: bool, beyond: int | None) -> Select[Any]:
    """SQLite's alone: in the sequence of the orders' ids, behind this one."""
    if beyond is not None:
        found = found.where(_fts.c.rowid < beyond if falling else _fts.c.rowid > beyond)
    return found.order_by(_fts.c.rowid.desc() if falling else _fts.c.rowid)


def _matches(groups: Iterable[Iterable[Iterable[str]]]) -> ColumnElement[bool]:
    """https://sqlite.org/fts5.html#full_text_query_syntax: each term is a string of its own."""
    query = " AND ".join(
        "(" + " OR ".join("(" + " AND ".join(map(_quoted, terms)) + ")" for terms in group) + ")"
        for group in groups
    )
    return literal_column("search_terms").op("MATCH")(query)


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


def _has(groups: list[list[list[str]]]) -> list[ColumnElement[bool]]:
    """What has no alternative as one array, for the rarest of its terms then leads the way."""
    of_row = func.search_terms(
        entries.c.text,
        entries.c.organiser_id,
        entries.c.shop_id,
        entries.c.progress,
        entries.c.created_at,
    )
    found: list[ColumnElement[bool]] = []
    needed = [term for group in groups if len(group) == 1 for term in group[0]]
    if needed:
        found.append(of_row.op("@>")(_array(needed)))
    for group in groups:
        if len(group) > 1 and all(len(some) == 1 for some in group):
            found.append(of_row.op("&&")(_array(term for (term,) in group)))
        elif len(group) > 1:
            found.append(or_(*(of_row.op("@>")(_array(some)) for some in group)))
    return found


def _array(some: Iterable[str]) -> ColumnElement[Any]:
    numbers = [terms.packed(term) for term in some]
    return cast(literal(numbers, ARRAY(BigInteger)), ARRAY(BigInteger))
