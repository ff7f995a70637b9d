"""Who is reminded, who isn't, and why not."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased, joinedload

from ticketing.asking import names
from ticketing.extensions import db
from ticketing.models import OPEN, Event, Order, OutboxMail, Shop, Ticket, TicketType, now
from ticketing.posting import outbox
from ticketing.reminders.moments import Moment, moments
from ticketing.storing.lately import within

Clock = Callable[[], dt.datetime]

PAUSE: Final = dt.timedelta(days=3)
# What is true of an order: it is due, or why not.
DUE, READY, LATE, OFF, LATELY = "due", "ready", "late", "off", "lately"
REASONS: Final = (READY, LATE, OFF, LATELY)


@dataclass(frozen=True, slots=True)
class Coming:
    """A reminder that will go out; a shop's next one says how many bookers would get it."""

    moment: Moment
    shop: Shop
    bookers: int | None


@dataclass(frozen=True, slots=True)
class Row:
    """An order in the preview; `also` are further ones that its mail is about as well."""

    order: Order
    reason: str
    open: int
    also: int
    reminded_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    """`before` and `after` are the cursors of the neighbouring pages, None where there is none."""

    rows: Sequence[Row]
    before: int | None
    after: int | None


def reason_of(event: Event, at: dt.datetime) -> ColumnElement[str]:
    """What is true of an order of this event, joined with its shop."""
    personal = select(TicketType.id).where(
        TicketType.event_id == event.id, TicketType.needs_personal_data
    )
    waiting = select(Ticket.id).where(
        Ticket.order_id == Order.id, Ticket.state == OPEN, Ticket.ticket_type_id.in_(personal)
    )
    return case(
        (not_(waiting.exists()), READY),
        (_late(event, at), LATE),
        (Order.reminders_off_at.is_not(None), OFF),
        (func.lower(Order.email).in_(_lately(event, at)), LATELY),
        else_=DUE,
    )


def _late(event: Event, at: dt.datetime) -> ColumnElement[bool]:
    if at >= (event.ends_at or event.starts_at + dt.timedelta(days=1)):
        return true()
    passed = Shop.personalisation_deadline <= at
    begun = true() if at >= event.starts_at else false()
    return or_(passed, and_(Shop.personalisation_deadline.is_(None), begun))


def _lately(event: Event, at: dt.datetime) -> Select[str]:
    """Whom a reminder about this event was written to lately, sent already or not."""
    of_event = aliased(Order)
    return (
        select(func.lower(OutboxMail.recipient))
        .join(of_event, of_event.id == OutboxMail.order_id)
        .where(
            OutboxMail.kind == outbox.REMINDER,
            within(OutboxMail.created_at, PAUSE, at),
            OutboxMail.state != "withdrawn",
            of_event.shop_id.in_(select(Shop.id).where(Shop.event_id == event.id)),
        )
    )


def standing(event: Event, shop_id: int | None, *columns: Any) -> Select[*tuple[Any, ...]]:
    wanted = (
        select(*columns)
        .select_from(Order)
        .join(Shop, Shop.id == Order.shop_id)
        .where(Shop.event_id == event.id, Order.state != "cancelled", Order.email != names.ERASED)
    )
    return wanted if shop_id is None else wanted.where(Shop.id == shop_id)


def count(event: Event, *, shop_id: int | None = None, clock: Clock = now) -> dict[str, int]:
    """{reason: how many orders, of `DUE` how many mails}; cancelled orders don't count."""
    at = clock()
    found = standing(event, shop_id, reason_of(event, at).label("reason")).subquery()
    rows = db.session.execute(select(found.c.reason, func.count()).group_by(found.c.reason))
    counted = dict.fromkeys((DUE, *REASONS), 0) | dict(rows.all())
    counted[DUE] = _count_bookers(event, at, shop_id)
    return counted


def _count_bookers(event: Event, at: dt.datetime, shop_id: int | None) -> int:
    """How many are due then."""
    wanted = standing(event, shop_id, func.lower(Order.email).label("who")).where(
        reason_of(event, at) == DUE
    )
    found = wanted.distinct().subquery()
    return db.session.scalar(select(func.count()).select_from(found)) or 0


def preview(
    event: Event,
    *,
    due: bool,
    shop_id: int | None = None,
    size: int,
    before: int | None = None,
    after: int | None = None,
    clock: Clock = now,
) -> Page:
    """The orders whose bookers would get a mail, one row a mail; or those that are left out."""
    at = clock()
    reason = reason_of(event, at)
    if due:
        who = func.lower(Order.email)
        every = standing(event, shop_id, func.min(Order.id).label("id"), func.count().label("n"))
        found = every.where(reason == DUE).group_by(who).subquery()
    else:
        every = standing(event, shop_id, Order.id.label("id"), literal(1).label("n"))
        found = every.where(reason != DUE).subquery()
    wanted = select(found.c.id, found.c.n)
    if before is not None:
        wanted = wanted.where(found.c.id < before).order_by(found.c.id.desc())
    else:
        wanted = wanted.where(found.c.id > (after or 0)).order_by(found.c.id)
    shown = list(db.session.execute(wanted.limit(size + 1)))
    more, shown = len(shown) > size, shown[:size]
    if before is not None:
        shown.reverse()
    if not shown:
        return Page([], None, None)
    has_before = more if before is not None else bool(after)
    return Page(
        _rows(event, at, {order_id: number - 1 for order_id, number in shown}),
        before=shown[0][0] if has_before else None,
        after=shown[-1][0] if more or before is not None else None,
    )


def _rows(event: Event, at: dt.datetime, also: dict[int, int]) -> list[Row]:
    waiting = dict(
        db.session.execute(
            select(Ticket.order_id, func.count())
            .join(TicketType, TicketType.id == Ticket.ticket_type_id)
            .where(Ticket.order_id.in_(also), Ticket.state == OPEN, TicketType.needs_personal_data)
            .group_by(Ticket.order_id)
        ).all()
    )
    who = func.lower(Order.email)
    lately = _lately(event, at).add_columns(func.max(OutboxMail.created_at))
    reminded: dict[str, dt.datetime] = dict(
        db.session.execute(lately.group_by(func.lower(OutboxMail.recipient))).all()
    )
    rows = db.session.execute(
        standing(event, None, Order, reason_of(event, at), who)
        .where(Order.id.in_(also))
        .options(joinedload(Order.shop).joinedload(Shop.event))
        .order_by(Order.id)
    )
    return [
        Row(order, reason, waiting.get(order.id, 0), also[order.id], reminded.get(email))
        for order, reason, email in rows
    ]


def coming(event: Event, *, clock: Clock = now) -> list[Coming]:
    """The reminders that will still go out, the next first."""
    at = clock()
    shops = db.session.scalars(
        select(Shop)
        .where(Shop.event_id == event.id)
        .options(joinedload(Shop.event))
        .order_by(Shop.name, Shop.id)
    )
    found = []
    for shop in shops:
        ahead = [each for each in moments(shop) if each.at > at]
        for each in ahead:
            # Who gets a later one depends on who gets this.
            is_next = each is ahead[0]
            bookers = _count_bookers(event, each.at, shop.id) if is_next else None
            found.append(Coming(each, shop, bookers))
    return sorted(found, key=lambda each: each.moment.at)
