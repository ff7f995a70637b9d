"""Orders with all that belongs to them, some hundred at a time: memory stays bounded."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Final, cast

from sqlalchemy import Column, ColumnElement, Table, select
from sqlalchemy.orm import Session

from ticketing.models import (
    Base,
    HistoryEntry,
    Order,
    OutboxMail,
    SearchEntry,
    Share,
    Ticket,
    TicketType,
)

AT_ONCE: Final = 500

Row = Any  # a row of a table, its columns as attributes
Condition = Callable[[Any], ColumnElement[bool]]


def _columns(model: type[Base], names: str = "") -> list[Column[Any]]:
    """These columns of its table; all of them where none is named."""
    columns = cast(Table, model.__table__).columns
    return [columns[name] for name in names.split() or columns.keys()]


# Of what there are most rows, only what is looked at: to read a column takes longer than to look.
_ENTRY: Final = _columns(HistoryEntry, "id order_id ticket_id at action before after")
_MAIL: Final = _columns(OutboxMail, "order_id ticket_id kind recipient params")
_SHARE: Final = _columns(Share, "ticket_id generation opened_at ended_at ended_by")
_TICKET, _ORDER, _SEARCH, _TYPE = map(_columns, (Ticket, Order, SearchEntry, TicketType))


@dataclass(frozen=True)
class Whole:
    """An order as all tables have it, as of one moment."""

    order: Row  # with its `tickets`, by position
    entries: list[Row]  # of the history, the oldest first
    mails: list[Row]
    search: Row | None
    shares: dict[int, list[Row]]  # {ticket id: its shares}
    types: dict[int, Row]  # of its tickets

    @cached_property
    def entries_of(self) -> defaultdict[int, list[Row]]:
        """{ticket id: its part of the history}"""
        return _by("ticket_id", self.entries)

    @cached_property
    def mails_of(self) -> defaultdict[int, list[Row]]:
        """{ticket id: the mails about it}"""
        return _by("ticket_id", self.mails)

    @cached_property
    def erasures(self) -> Counter[int]:
        """{position: how often that ticket's holder was erased}; one entry tells it of several."""
        erased = (entry for entry in self.entries if entry.action == "erased")
        return Counter(position for entry in erased for position in entry.after["tickets"])


def orders(session: Session, ids: Collection[int] | None = None) -> Iterator[list[Whole]]:
    """These orders (default: all), each portion in a transaction of its own."""
    for condition in _portions(session, ids):
        session.rollback()
        yield _load(session, condition)
    session.rollback()


def _portions(session: Session, ids: Collection[int] | None) -> Iterator[Condition]:
    found: Sequence[int]
    if ids is not None:
        found = sorted(ids)
        for start in range(0, len(found), AT_ONCE):
            yield _among(found[start : start + AT_ONCE])
        return
    last = 0
    while found := session.scalars(
        select(Order.id).where(Order.id > last).order_by(Order.id).limit(AT_ONCE)
    ).all():
        first, last = found[0], found[-1]
        yield _between(first, last)


def _among(ids: Iterable[int]) -> Condition:
    return lambda column: column.in_(ids)


def _between(first: int, last: int) -> Condition:
    return lambda column: column.between(first, last)


def _load(session: Session, condition: Condition) -> list[Whole]:
    def rows(columns: Sequence[Any], order_id: Any, *sorting: Any) -> list[Row]:
        wanted = select(*columns).where(condition(order_id))
        return list(session.execute(wanted.order_by(*sorting)))

    tickets = _by("order_id", rows(_TICKET, Ticket.order_id, Ticket.order_id, Ticket.position))
    entries = _by("order_id", rows(_ENTRY, HistoryEntry.order_id, HistoryEntry.id))
    mails = _by("order_id", rows(_MAIL, OutboxMail.order_id, OutboxMail.id))
    search = {each.order_id: each for each in rows(_SEARCH, SearchEntry.order_id)}
    of_share = select(*_SHARE).join(Ticket, Ticket.id == Share.ticket_id)
    shares = _by(
        "ticket_id",
        session.execute(of_share.where(condition(Ticket.order_id)).order_by(Share.generation)),
    )
    sold = {ticket.ticket_type_id for some in tickets.values() for ticket in some}
    of_these = select(*_TYPE).where(TicketType.id.in_(sold))
    types = {each.id: each for each in session.execute(of_these)}
    return [
        Whole(
            SimpleNamespace(**order._mapping, tickets=tickets[order.id]),
            entries[order.id],
            mails[order.id],
            search.get(order.id),
            {each.id: shares[each.id] for each in tickets[order.id]},
            {each.ticket_type_id: types[each.ticket_type_id] for each in tickets[order.id]},
        )
        for order in rows(_ORDER, Order.id, Order.id)
    ]


def _by(column: str, rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found
