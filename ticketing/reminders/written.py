"""What a reminder is about when it is sent, what became of it, and how reminders are stopped."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select

from ticketing import guards, history
from ticketing.extensions import db
from ticketing.models import OPEN, Event, Order, OutboxMail, Shop, now
from ticketing.ordering import orders
from ticketing.posting import outbox
from ticketing.reminders.bookers import Clock
from ticketing.storing.locking import to_change
from ticketing.storing.transactions import write

TURNED_OFF, TURNED_ON = "reminders_off", "reminders_on"  # the history's words


@dataclass(frozen=True, slots=True)
class Run:
    """Reminders that went out together; `days` before, or in bulk `by` somebody."""

    at: dt.datetime
    days: int | None
    by: str
    mails: int
    sent: int
    failed: int
    withdrawn: int


def also_open(mail: OutboxMail) -> list[Order]:
    """The booker's other orders that a reminder is about, if that is still true."""
    ids = mail.params.get("also", [])
    if not ids:
        return []
    found = db.session.scalars(
        select(Order)
        .where(Order.id.in_(ids), Order.state != "cancelled")
        .options(*orders.with_tickets())
        .order_by(Order.id)
    )
    return [
        order
        for order in found
        if order.email.lower() == mail.recipient.lower()
        and order.reminders_off_at is None
        and not guards.deadline_passed(order)
        and any(ticket.state == OPEN for ticket in order.tickets)
    ]


def runs(event: Event, most: int = 20) -> list[Run]:
    """What was sent about an event, the newest first."""
    sold = select(Order.id).join(Shop, Shop.id == Order.shop_id).where(Shop.event_id == event.id)
    mails = (
        select(
            OutboxMail.params["run"].as_string().label("run"),
            OutboxMail.params["days"].as_integer().label("days"),
            OutboxMail.params["by"].as_string().label("by"),
            OutboxMail.created_at,
            OutboxMail.state,
        )
        .where(OutboxMail.kind == outbox.REMINDER, OutboxMail.order_id.in_(sold))
        .subquery()
    )

    def in_state(state: str) -> ColumnElement[int]:
        return func.sum(case((mails.c.state == state, 1), else_=0))

    rows = db.session.execute(
        select(
            func.min(mails.c.created_at),
            mails.c.days,
            mails.c.by,
            func.count(),
            in_state("sent"),
            in_state("failed"),
            in_state("withdrawn"),
        )
        .group_by(mails.c.run, mails.c.days, mails.c.by)
        .order_by(func.min(mails.c.created_at).desc())
        .limit(most)
    )
    return [Run(at, days, by or "", *numbers) for at, days, by, *numbers in rows]


def turn(order: Order, *, off: bool, clock: Clock = now) -> Order:
    """The booker wants no reminders about this event any more, or wants them again.

    Of all their orders for it; twice is the same as once.
    """
    order_id = order.id
    with write() as session:
        order = session.get_one(Order, order_id)
        wanted = (
            select(Order)
            .join(Shop, Shop.id == Order.shop_id)
            .where(
                Shop.event_id == order.shop.event_id,
                func.lower(Order.email) == func.lower(order.email),
            )
            .order_by(Order.id)
        )
        for each in session.scalars(to_change(wanted, of=Order)).all():
            if (each.reminders_off_at is None) == off:
                each.reminders_off_at = clock() if off else None
                history.record(
                    session, each, TURNED_OFF if off else TURNED_ON, history.booker(each)
                )
    return order
