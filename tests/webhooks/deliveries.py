"""Looking at calls, and at a clock that is ahead."""

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select

from ticketing.extensions import db
from ticketing.models import Call, CallTry, WebhookEndpoint, now


def later(**by: float) -> Callable[[], dt.datetime]:
    return lambda: now() + dt.timedelta(**by)


def all_calls() -> list[Call]:
    db.session.rollback()
    return list(db.session.scalars(select(Call).order_by(Call.id)))


def the_call() -> Call:
    [call] = all_calls()
    return call


def tries_of(call: Call) -> list[CallTry]:
    db.session.rollback()
    return list(
        db.session.scalars(select(CallTry).where(CallTry.call_id == call.id).order_by(CallTry.id))
    )


def as_stored(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    db.session.rollback()
    return db.session.get_one(WebhookEndpoint, endpoint.id, populate_existing=True)
