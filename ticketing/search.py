"""Finding orders: what was typed, the filters, and pages that stay where they are.

Pages are reached by what lies before or after an order (keyset), so the last is as quick as the
first and a new order shifts nothing. A cursor is an order's id alone: no name stands in a URL.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import phonenumbers
from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select
from sqlalchemy.orm import Session

from ticketing import names
from ticketing.models import (
    CANCELLED,
    CHECKED_IN,
    OPEN,
    PERSONALISED,
    Order,
    Shop,
    Ticket,
)

SORTS: Final = ("newest", "oldest", "name", "code")
STATES: Final = ("none", "some", "all", "cancelled")
COUNTED_UP_TO: Final = 1000
MOST_WORDS: Final = 50  # one letter may stand for a sentence, and SQLite counts what is and-ed
_PHONE: Final = re.compile(r"\+?\(?\d[\d\s().\-/]{4,}\d")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; `since` and `until` are moments, the latter exclusive.

    `regions` are the countries in which a national phone number is read.
    """

    text: str = ""
    event_id: int | None = None
    shop_id: int | None = None
    state: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    sort: str = "newest"
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """`before` and `after` are the cursors of the neighbouring pages, None where there is none."""

    orders: Sequence[Order]
    before: int | None
    after: int | None


def narrowed(orders: Select[Order], wanted: Wanted) -> Select[Order]:
    """Those of the selected orders that are wanted."""
    orders = orders.where(*_text_conditions(wanted.text, wanted.regions))
    if wanted.shop_id is not None:
        orders = orders.where(Order.shop_id == wanted.shop_id)
    if wanted.event_id is not None:
        of_event = select(Shop.id).where(Shop.event_id == wanted.event_id)
        orders = orders.where(Order.shop_id.in_(of_event))
    if wanted.since is not None:
        orders = orders.where(Order.created_at >= wanted.since)
    if wanted.until is not None:
        orders = orders.where(Order.created_at < wanted.until)
    if wanted.state in STATES:
        orders = orders.where(_in_state(wanted.state))
    return orders


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
    key, descending = _sort_key(wanted.sort)
    backwards = before is not None
    cursor = before if before is not None else after
    at = session.execute(
        everything.with_only_columns(key, Order.id).where(Order.id == cursor)
    ).one_or_none()
    if at is None:
        backwards = False
    falling = descending != backwards
    rows = narrowed(everything, wanted)
    if at is not None:
        value, order_id = at
        beyond = (
            (key < value, Order.id < order_id)
            if falling
            else (
                key > value,
                Order.id > order_id,
            )
        )
        rows = rows.where(or_(beyond[0], and_(key == value, beyond[1])))
    ends = (key.desc(), Order.id.desc()) if falling else (key.asc(), Order.id.asc())
    found = list(session.scalars(rows.order_by(*ends).limit(size + 1)))
    more = len(found) > size
    shown = found[:size]
    if backwards:
        shown.reverse()
    if not shown:
        return Page([], None, None)
    has_before = more if backwards else at is not None
    return Page(
        shown,
        before=shown[0].id if has_before else None,
        after=shown[-1].id if backwards or more else None,
    )


def count(session: Session, orders: Select[Order]) -> int:
    """How many there are, counted up to one more than `COUNTED_UP_TO`."""
    some = orders.with_only_columns(Order.id).order_by(None).limit(COUNTED_UP_TO + 1).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def personalised_of(session: Session, orders: Iterable[Order]) -> dict[int, tuple[int, int]]:
    """{order id: (personalised, of how many)}; cancelled tickets don't count."""
    done = func.sum(case((Ticket.state != OPEN, 1), else_=0))
    rows = session.execute(
        select(Ticket.order_id, done, func.count())
        .where(Ticket.order_id.in_([order.id for order in orders]), Ticket.state != CANCELLED)
        .group_by(Ticket.order_id)
    )
    return {order_id: (ready, total) for order_id, ready, total in rows}


def _sort_key(sort: str) -> tuple[ColumnElement[Any], bool]:
    """What to sort by, and whether the greatest stands first."""
    if sort == "name":
        return func.lower(Order.last_name + " " + Order.first_name), False
    if sort == "code":
        return Order.__table__.c.code, False
    return Order.__table__.c.created_at, sort != "oldest"


def _in_state(state: str) -> ColumnElement[bool]:
    def has(*states: str) -> ColumnElement[bool]:
        found = select(Ticket.id).where(Ticket.order_id == Order.id, Ticket.state.in_(states))
        return found.exists()

    done, open_ = has(PERSONALISED, CHECKED_IN), has(OPEN)
    if state == "cancelled":
        # Also ticket by ticket: such an order's badge says so as well.
        return or_(Order.state == "cancelled", not_(or_(done, open_)))
    wanted = {
        "none": and_(open_, not_(done)),
        "some": and_(open_, done),
        "all": and_(done, not_(open_)),
    }[state]
    return and_(Order.state != "cancelled", wanted)


def _text_conditions(text: str, regions: tuple[str, ...]) -> list[ColumnElement[bool]]:
    """One for each word, all of which must be found; a phone number counts as one word."""
    text = "".join(c for c in text if unicodedata.category(c) != "Cc" or c.isspace())
    conditions = []
    for match in _PHONE.finditer(text):
        typed = match.group()
        spellings = [_all_found(names.folded(typed).split())]
        spellings += [_found(number) for number in _numbers(typed, regions)]
        conditions.append(or_(*spellings))
    rest = names.folded(_PHONE.sub(" ", text))
    return conditions + [_found(word) for word in rest.split()[:MOST_WORDS]]


def _numbers(typed: str, regions: tuple[str, ...]) -> set[str]:
    """How a number typed in national or international form may stand in an order."""
    digits = re.sub(r"\D", "", typed)
    # Half a number can't be parsed; without its trunk zero it is part of the international one.
    numbers = {digits, digits.lstrip("0")}
    for region in regions:
        try:
            parsed = phonenumbers.parse(typed, region)
        except phonenumbers.NumberParseException:
            continue
        numbers.add(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
    return {number for number in numbers if len(number) >= 4}


def _all_found(words: list[str]) -> ColumnElement[bool]:
    return and_(*(_found(word) for word in words))


def _found(word: str) -> ColumnElement[bool]:
    return Order.search_text.contains(word, autoescape=True)
