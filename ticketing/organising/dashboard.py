"""How an event is doing: its tickets by status and type, day by day, and what needs a hand."""

import datetime as dt
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from ticketing.models import (
    CANCELLED,
    CHECKED_IN,
    OPEN,
    PERSONALISED,
    Event,
    Order,
    OutboxMail,
    Share,
    Shop,
    Ticket,
    TicketType,
    now,
)

MOST_ORDERS: Final = 10
# A deadline (or without one the start) this near makes an order without any name urgent.
SOON: Final = dt.timedelta(days=14)
# A link that nobody opened in this time has probably been overlooked.
OVERLOOKED: Final = dt.timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Counts:
    """Tickets by status; `named` are those, cancelled ones aside, that need a name at all."""

    open: int = 0
    shared: int = 0
    opened: int = 0
    ready: int = 0
    checked_in: int = 0
    cancelled: int = 0
    named: int = 0
    personalised: int = 0  # of `named`

    @property
    def standing(self) -> int:
        return self.open + self.shared + self.opened + self.ready + self.checked_in


@dataclass(frozen=True, slots=True)
class TypeCounts:
    ticket_type: TicketType
    standing: int
    personalised: int  # of those that need a name


@dataclass(frozen=True, slots=True)
class Day:
    """How many tickets that need a name there were at the end of a day, and how many had one."""

    date: dt.date
    tickets: int
    personalised: int


@dataclass(frozen=True, slots=True)
class Attention:
    """An order that needs a hand: `reason` is mail_failed, nobody_yet or link_unopened."""

    order: Order
    reason: str
    tickets: int  # how many of its tickets are concerned


def count(session: Session, event: Event) -> Counts:
    """The event's tickets by status, in one query."""
    live = _live_share()
    opened = live & Share.opened_at.is_not(None)
    status = case(
        (Ticket.state != OPEN, Ticket.state),
        (opened, "opened"),
        (live, "shared"),
        else_="open",
    )
    rows = session.execute(
        select(status, TicketType.needs_personal_data, func.count())
        .select_from(Ticket)
        .join(TicketType, TicketType.id == Ticket.ticket_type_id)
        .outerjoin(
            Share,
            and_(
                Ticket.state == OPEN,
                Share.ticket_id == Ticket.id,
                Share.generation == Ticket.share_generation,
            ),
        )
        .where(TicketType.event_id == event.id)
        .group_by(status, TicketType.needs_personal_data)
    ).all()
    by_status: dict[str, int] = {}
    named = personalised = 0
    for found, needs_name, number in rows:
        by_status[found] = by_status.get(found, 0) + number
        if needs_name and found != CANCELLED:
            named += number
            personalised += number if found in {PERSONALISED, CHECKED_IN} else 0
    return Counts(
        open=by_status.get("open", 0),
        shared=by_status.get("shared", 0),
        opened=by_status.get("opened", 0),
        ready=by_status.get(PERSONALISED, 0),
        checked_in=by_status.get(CHECKED_IN, 0),
        cancelled=by_status.get(CANCELLED, 0),
        named=named,
        personalised=personalised,
    )


def by_type(session: Session, event: Event) -> list[TypeCounts]:
    """The event's ticket types in their order, with what was sold of each."""
    done = func.sum(case((Ticket.state != OPEN, 1), else_=0))
    rows = session.execute(
        select(Ticket.ticket_type_id, func.count(), done)
        .join(TicketType, TicketType.id == Ticket.ticket_type_id)
        .where(TicketType.event_id == event.id, Ticket.state != CANCELLED)
        .group_by(Ticket.ticket_type_id)
    )
    found = {type_id: (standing, ready) for type_id, standing, ready in rows}
    types = session.scalars(
        select(TicketType)
        .where(TicketType.event_id == event.id)
        .order_by(TicketType.position, TicketType.id)
    )
    return [TypeCounts(each, *found.get(each.id, (0, 0))) for each in types]


def over_time(session: Session, event: Event) -> list[Day]:
    """Day by day in the event's timezone, from the first order to today or the event's last day.

    Of tickets as they are now: one that was opened again counts from when it got its present name.
    """
    sold = _per_hour(session, event, Order.created_at)
    named = _per_hour(session, event, Ticket.personalised_at)
    zone = ZoneInfo(event.timezone)
    tickets, personalised = _per_day(sold, zone), _per_day(named, zone)
    if not tickets:
        return []
    end = min(now(), event.ends_at or event.starts_at).astimezone(zone).date()
    first = min({*tickets, *personalised})
    last = max({end, *tickets, *personalised})
    dates = [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]
    sums = zip(
        itertools.accumulate(tickets.get(date, 0) for date in dates),
        itertools.accumulate(personalised.get(date, 0) for date in dates),
        strict=True,
    )
    return [Day(date, *both) for date, both in zip(dates, sums, strict=True)]


def attention(session: Session, event: Event) -> list[Attention]:
    """The orders that need a hand, the most urgent first, at most `MOST_ORDERS`."""
    found: list[Attention] = []
    seen: set[int] = set()
    for reason, orders in (
        ("mail_failed", _mail_failed(event)),
        ("nobody_yet", _nobody_yet(event)),
        ("link_unopened", _link_unopened(event)),
    ):
        left = MOST_ORDERS - len(found)
        if not left:
            break
        for order, concerned in session.execute(orders.limit(MOST_ORDERS)).unique():
            if order.id not in seen and len(found) < MOST_ORDERS:
                seen.add(order.id)
                found.append(Attention(order, reason, concerned))
    return found


def _live_share() -> ColumnElement[bool]:
    return Share.id.is_not(None) & Share.ended_at.is_(None)


def _orders(event: Event, concerned: ColumnElement[int]) -> Select[Order, int]:
    shops = select(Shop.id).where(Shop.event_id == event.id)
    return (
        select(Order, concerned)
        .where(Order.shop_id.in_(shops), Order.state != "cancelled")
        .group_by(Order.id)
        .order_by(func.min(Order.created_at), Order.id)
    )


def _mail_failed(event: Event) -> Select[Order, int]:
    """A mail to somebody of the order couldn't be delivered, and nothing was sent there since."""
    return _orders(event, func.count(OutboxMail.id)).join(
        OutboxMail, and_(OutboxMail.order_id == Order.id, OutboxMail.state == "failed")
    )


def _nobody_yet(event: Event) -> Select[Order, int]:
    """Time runs out, and no ticket of the order has a name."""
    at = func.coalesce(Shop.personalisation_deadline, event.starts_at)
    moment = now()
    named = func.sum(case((Ticket.state == OPEN, 0), else_=1))
    return (
        _orders(event, func.count(Ticket.id))
        .join(Shop, Shop.id == Order.shop_id)
        .join(Ticket, and_(Ticket.order_id == Order.id, Ticket.state != CANCELLED))
        .join(TicketType, TicketType.id == Ticket.ticket_type_id)
        .where(TicketType.needs_personal_data, at > moment, at <= moment + SOON)
        .having(named == 0)
    )


def _link_unopened(event: Event) -> Select[Order, int]:
    return (
        _orders(event, func.count(Ticket.id))
        .join(Ticket, and_(Ticket.order_id == Order.id, Ticket.state == OPEN))
        .join(
            Share,
            and_(Share.ticket_id == Ticket.id, Share.generation == Ticket.share_generation),
        )
        .where(
            Share.ended_at.is_(None),
            Share.opened_at.is_(None),
            Share.shared_at < now() - OVERLOOKED,
        )
    )


def _per_hour(
    session: Session, event: Event, moment: ColumnElement[Any] | Any
) -> list[tuple[dt.datetime, int]]:
    """How many tickets that need a name, by the UTC hour of `moment`: few rows for any size."""
    if session.get_bind().dialect.name == "sqlite":
        hour = func.strftime("%Y-%m-%d %H:00", moment)
    else:
        hour = func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD HH24:00")
    rows: Iterable[Any] = session.execute(
        select(hour, func.count())
        .select_from(Ticket)
        .join(TicketType, TicketType.id == Ticket.ticket_type_id)
        .join(Order, Order.id == Ticket.order_id)
        .where(
            TicketType.event_id == event.id,
            TicketType.needs_personal_data,
            Ticket.state != CANCELLED,
            moment.is_not(None),
        )
        .group_by(hour)
    )
    return [(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC), n) for text, n in rows]


def _per_day(hours: Sequence[tuple[dt.datetime, int]], zone: ZoneInfo) -> dict[dt.date, int]:
    days: dict[dt.date, int] = {}
    for hour, number in hours:
        date = hour.astimezone(zone).date()
        days[date] = days.get(date, 0) + number
    return days
