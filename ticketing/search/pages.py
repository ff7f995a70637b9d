"""The list of orders, page by page, and how many there are.

A page is reached by what lies before or after an order (keyset), so the last is as quick as the
first and a new order shifts nothing. A cursor is an order's id alone: no name stands in a URL.

What is frequent is met soon by walking along the list, what is rare is looked up in the index.
Which of the two it is shows on the way: after so many orders the page is full or it isn't.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Result, Row, Select, case, func, or_, select, tuple_
from sqlalchemy.orm import Session

from ticketing.models import CANCELLED, OPEN, Order, Ticket
from ticketing.search import index
from ticketing.search.index import entries
from ticketing.search.wanted import Conditions, Wanted, conditions_of, of_span
from ticketing.storing.transactions import SLOW

COUNTED_UP_TO: Final = 1000
# How many orders to walk along before asking the index; the second number where the first has
# met a quarter of what is asked for. Measured where both ways take the same time; see
# benchmarks/search.py.
WALKS: Final = (3_000, 20_000)
# How many orders tell which pieces of a long word are frequent.
SAMPLE: Final = 200
# The index is asked for an organiser's own orders where it holds more than this of others.
FEW: Final = 2_000


@dataclass(frozen=True, slots=True)
class Page:
    """`before` and `after` are the cursors of the neighbouring pages, None where there is none."""

    orders: Sequence[Order]
    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True)
class _Way:
    """Along the list: by these columns, falling or not, from behind this place on."""

    keys: tuple[str, ...]
    falling: bool
    place: Row[Any] | None = None

    def along(self, rows: Select[Any], columns: Any) -> Select[Any]:
        keys = [columns[key] for key in self.keys]
        if self.place is not None:
            here, there = tuple_(*keys), tuple_(*self.place)
            rows = rows.where(here < there if self.falling else here > there)
        return rows.order_by(*(key.desc() if self.falling else key for key in keys))


def find(
    session: Session,
    everything: Select[Order],
    wanted: Wanted,
    *,
    size: int,
    before: int | None = None,
    after: int | None = None,
) -> Page:
    """The page of wanted orders that follows (or precedes) the order of that id.

    `everything` is what the asker may see at all. A cursor that isn't part of it counts as none;
    one that is, but was edited and left the list, still knows its place.
    """
    way, backwards = _way(session, wanted, before, after)
    found = _ids(session, wanted, way, size + 1)
    more = len(found) > size
    shown = found[:size]
    if backwards:
        shown.reverse()
    if not shown:
        return Page([], None, None)
    has_before = more if backwards else way.place is not None
    return Page(
        in_this_order(session, everything, shown),
        before=shown[0] if has_before else None,
        after=shown[-1] if backwards or more else None,
    )


def ids_after(session: Session, wanted: Wanted, order_id: int | None, most: int) -> list[int]:
    """The ids of the wanted orders that follow that one in the list, or of its first."""
    way, _backwards = _way(session, wanted, None, order_id)
    return _ids(session, wanted, way, most)


def in_this_order(session: Session, orders: Select[Order], ids: Sequence[int]) -> list[Order]:
    """Those of the selected orders, in the sequence of their ids' list."""
    these = orders.select_from(index.then_orders()).where(entries.c.order_id.in_(ids))
    found = {each.id: each for each in session.scalars(these)}
    return [found[each] for each in ids if each in found]


def count(session: Session, wanted: Wanted) -> int:
    """How many there are, counted up to one more than `COUNTED_UP_TO`."""
    wanted, most = replace(wanted, sort="newest"), COUNTED_UP_TO + 1
    conditions = conditions_of(session, wanted)
    way, _backwards = _way(session, wanted, None, None)
    dialect = _dialect(session)
    if dialect == "sqlite":
        return _counted(session, _looked_up(session, conditions, entries.c.order_id), most)
    if _follows_by_itself(way, conditions):
        return _counted(session, _walked(dialect, conditions, way, None), most)
    for rows in WALKS:
        met = _counted(session, _walked(dialect, conditions, way, rows), most)
        if met == most:
            return met
        if 4 * met < most:
            break
        if _ends_within(session, conditions, way, rows):
            return met
    return _counted(session, _looked_up(session, conditions, entries.c.order_id), most)


def personalised_of(session: Session, orders: Iterable[Order]) -> dict[int, tuple[int, int]]:
    """{order id: (personalised, of how many)}; cancelled tickets don't count."""
    done = func.sum(case((Ticket.state != OPEN, 1), else_=0))
    rows = session.execute(
        select(Ticket.order_id, done, func.count())
        .where(Ticket.order_id.in_([order.id for order in orders]), Ticket.state != CANCELLED)
        .group_by(Ticket.order_id)
    )
    return {order_id: (ready, total) for order_id, ready, total in rows}


def _way(
    session: Session, wanted: Wanted, before: int | None, after: int | None
) -> tuple[_Way, bool]:
    """How to go, and whether that is backwards."""
    keys: tuple[str, ...] = ("order_id",)
    if wanted.sort in {"name", "code"}:
        keys = (wanted.sort, *keys)
    elif _dialect(session) != "sqlite":
        # SQLite's orders come in one after the other: their ids say the same.
        keys = ("created_at", *keys)
    backwards = before is not None
    cursor = before if backwards else after
    place = None
    if cursor is not None:
        place = session.execute(
            select(*(entries.c[key] for key in keys)).where(
                entries.c.order_id == cursor, entries.c.organiser_id == wanted.organiser_id
            )
        ).one_or_none()
    backwards = backwards and place is not None
    return _Way(keys, (wanted.sort == "newest") != backwards, place), backwards


def _ids(session: Session, wanted: Wanted, way: _Way, most: int) -> list[int]:
    conditions = conditions_of(session, wanted)
    dialect = _dialect(session)
    if way.keys == ("order_id",):
        found = _looked_up(session, conditions, entries.c.order_id)
        beyond = None if way.place is None else way.place[0]
        found = index.in_sequence(found, falling=way.falling, beyond=beyond)
        return _read(session, found.limit(most))
    if _follows_by_itself(way, conditions):
        return _read(session, _walked(dialect, conditions, way, None).limit(most))
    for rows in WALKS:
        ids = _read(session, _walked(dialect, conditions, way, rows).limit(most))
        if len(ids) == most:
            return ids
        few = 4 * len(ids) < most
        # Few on a first page are rare, and soon looked up; on a last one there are no more.
        if (way.place is not None or not few) and _ends_within(session, conditions, way, rows):
            return ids
        if few:
            break
    hits = _looked_up(session, conditions, *(entries.c[key] for key in way.keys))
    all_hits = hits.cte("hits").prefix_with("MATERIALIZED")
    return _read(session, way.along(select(all_hits.c.order_id), all_hits.c).limit(most))


def _follows_by_itself(way: _Way, conditions: Conditions) -> bool:
    """Whether all that is asked for is a piece of the list: every order met there is wanted."""
    wanted = conditions.wanted
    spans = (wanted.since, wanted.until) != (None, None)
    others = conditions.words or conditions.shop_ids or wanted.state
    return not others and (not spans or "created_at" in way.keys)


def _walked(dialect: str, conditions: Conditions, way: _Way, rows: int | None) -> Select[int]:
    """The wanted ones among so many orders along the way."""
    met = select(entries).where(entries.c.organiser_id == conditions.wanted.organiser_id)
    if "created_at" in way.keys:
        met = met.where(*of_span(entries.c, conditions.wanted))
    met = way.along(met, entries.c)
    if rows is None:
        return met.with_only_columns(entries.c.order_id)
    near = met.limit(rows).subquery()
    wanted = select(near.c.order_id).where(*conditions.of_row(near.c, index.holds(dialect)))
    return replace(way, place=None).along(wanted, near.c)


def _ends_within(session: Session, conditions: Conditions, way: _Way, rows: int) -> bool:
    """Whether there is nothing behind so many orders along the way: whoever walked has seen all."""
    everything = _walked(_dialect(session), conditions, way, None)
    return not _read(session, everything.offset(rows).limit(1))


def _looked_up(session: Session, conditions: Conditions, *columns: Any) -> Select[Any]:
    """The columns of all that are wanted, by the index."""
    dialect = _dialect(session)
    if dialect == "postgresql":
        # What doesn't fit is looked at page by page, computing the terms of every row anew.
        session.execute(select(func.set_config("work_mem", "64MB", True)))
    organiser_id = conditions.wanted.organiser_id
    whose = _has_many_others(session, organiser_id)
    some = _some_texts(session, organiser_id) if index.is_long(conditions) else ()
    return index.found(dialect, conditions, *columns, whose=whose, some=some)


def _some_texts(session: Session, organiser_id: int) -> Sequence[str]:
    """Of the newest orders: near enough to tell what is frequent from what is rare."""
    newest = select(entries.c.text).where(entries.c.organiser_id == organiser_id)
    newest = newest.order_by(entries.c.created_at.desc(), entries.c.order_id.desc())
    return session.scalars(newest.limit(SAMPLE)).all()


def _has_many_others(session: Session, organiser_id: int) -> bool:
    others = (
        select(entries.c.order_id).where(some).limit(1).offset(FEW).exists()
        for some in (entries.c.organiser_id < organiser_id, entries.c.organiser_id > organiser_id)
    )
    return session.execute(select(or_(*others))).scalar_one()


def _read(session: Session, ids: Select[Any]) -> list[int]:
    return [row[0] for row in _execute(session, ids)]


def _counted(session: Session, some: Select[Any], most: int) -> int:
    number = select(func.count()).select_from(some.order_by(None).limit(most).subquery())
    return _execute(session, number).scalar_one()


def _execute(session: Session, statement: Select[Any]) -> Result[Any]:
    return session.execute(statement, execution_options=SLOW)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
