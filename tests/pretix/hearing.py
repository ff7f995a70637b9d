"""What pretix says over its webhook, and making what that causes."""

import contextvars
from typing import Any

from flask import current_app
from werkzeug.test import TestResponse

from ticketing import calls, links
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Call, Order, PretixConnection, Ticket
from ticketing.ordering import orders


def path_of(connection: PretixConnection) -> str:
    return links.pretix_hook_url(connection).removeprefix(settings().base_url)


def say(path: str, body: Any = None, **named: Any) -> TestResponse:
    """A request as pretix sends it: from outside, without cookie and token."""
    client = current_app.test_client(use_cookies=False)
    if body is not None:
        named["json"] = body
    named.setdefault("method", "POST")
    answer = contextvars.Context().run(client.open, path, **named)
    db.session.rollback()
    return answer


def payload(code: str, action: str = "paid", **other: Any) -> dict[str, Any]:
    """As https://docs.pretix.eu/dev/api/webhooks.html has it."""
    return {
        "notification_id": 123455,
        "organizer": "festival",
        "event": "summer",
        "code": code,
        "action": f"pretix.event.order.{action}",
        **other,
    }


def hear(connection: PretixConnection, code: str, action: str = "paid") -> calls.Report:
    """pretix says that something happened, and what it causes is done."""
    assert say(path_of(connection), payload(code, action)).status_code == 200
    return calls.make_waiting()


def all_orders() -> list[Order]:
    db.session.rollback()
    found = db.session.query(Order).options(*orders.with_tickets()).order_by(Order.id)
    return list(found.populate_existing())


def the_order() -> Order:
    [order] = all_orders()
    return order


def standing() -> list[Ticket]:
    return [ticket for ticket in the_order().tickets if ticket.state != "cancelled"]


def all_calls() -> list[Call]:
    db.session.rollback()
    return list(db.session.query(Call).order_by(Call.id).populate_existing())
