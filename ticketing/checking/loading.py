"""Orders with all that belongs to them, some hundred at a time: memory stays bounded."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, select
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


@dataclass(frozen=True, slots=True)
class Whole:
    """An order as all tables have it, as of one moment."""

    order: Row  # with its `tickets`, by position
    entries: list[Row]  # of the history, the oldest first
    mails: list[Row]
    search: Row | None
    shares: dict[int, list[Row]]  # {ticket id: its shares}
    types: dict[int, Row]  # of its tickets


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
    def rows(model: type[Base], order_id: Any, *sorting: Any) -> list[Row]:
        wanted = select(cast(Table, model.__table__)).where(condition(order_id))
        return list(session.execute(wanted.order_by(*sorting)))

    types = {each.id: each for each in session.execute(select(TicketType.__table__))}
    tickets = _by("order_id", rows(Ticket, Ticket.order_id, Ticket.order_id, Ticket.position))
    entries = _by("order_id", rows(HistoryEntry, HistoryEntry.order_id, HistoryEntry.id))
    mails = _by("order_id", rows(OutboxMail, OutboxMail.order_id, OutboxMail.id))
    search = {each.order_id: each for each in rows(SearchEntry, SearchEntry.order_id)}
    of_share = select(Share.__table__).join(Ticket, Ticket.id == Share.ticket_id)
    shares = _by(
        "ticket_id",
        session.execute(of_share.where(condition(Ticket.order_id)).order_by(Share.generation)),
    )
    return [
        Whole(
            SimpleNamespace(**order._mapping, tickets=tickets[order.id]),
            entries[order.id],
            mails[order.id],
            search.get(order.id),
            {each.id: shares[each.id] for each in tickets[order.id]},
            {each.ticket_type_id: types[each.ticket_type_id] for each in tickets[order.id]},
        )
        for order in rows(Order, Order.id, Order.id)
    ]


def _by(column: str, rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found
