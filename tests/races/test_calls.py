"""Calls to other programs, made and changed by several people at once."""

import datetime as dt
from functools import partial

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests import builders
from tests.at_once import kinds, meeting_at
from tests.pretix.conftest import connection, pretix, settings, shop, unmapped
from tests.pretix.hearing import all_calls
from tests.races.holding import hold
from ticketing.calls import Outcome
from ticketing.calls.queue import lease, settle
from ticketing.extensions import db
from ticketing.members import api_keys
from ticketing.models import ApiKey, PretixConnection, Shop, Ticket, WebhookEndpoint, now
from ticketing.ordering import following
from ticketing.ordering.arriving import NewTicket
from ticketing.ordering.orders import Booker
from ticketing.pretix import connections, queue
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS

__all__ = ["connection", "pretix", "settings", "shop", "unmapped"]

pytestmark = pytest.mark.engine("postgresql")

BEA = Booker("Bea", "Booker", "bea@example.org")
AT = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


def sold_by_pretix(shop: Shop, number: str) -> Ticket:
    amended, _new = following.arrive(
        shop.id, f"P-{number}", BEA, [NewTicket("weekend", None, number)], AT, locale="en"
    )
    [ticket] = amended.order.tickets
    return ticket


def test_a_call_is_settled_while_its_shop_is_disconnected(
    app: Flask, connection: PretixConnection
) -> None:
    connection_id = connection.id
    connections.heard(connection, "ABCDE")
    held = lease(now())
    assert held is not None

    def note(session: Session, _at: dt.datetime) -> None:
        assert connections.locked(session, connection_id) is None

    def disconnect() -> None:
        connections.disconnect(db.session.get_one(PretixConnection, connection_id))

    done = partial(settle, held, Outcome.done(200, also=note), 5, now())
    results = meeting_at(app, hold("pretix_connections", connection_id), disconnect, done)
    assert results == [None, "done"]
    [call] = all_calls()
    assert (call.state, call.connection_id) == ("done", None)


def test_who_is_named_while_writing_back_is_switched_on_is_written_back(
    app: Flask, shop: Shop, connection: PretixConnection
) -> None:
    connection_id = connection.id
    first, second = sold_by_pretix(shop, "1"), sold_by_pretix(shop, "2")
    builders.claim(first)
    both, first_order_id = [first.id, second.id], first.order_id

    def switch_on() -> None:
        found = db.session.get_one(PretixConnection, connection_id)
        connections.switch_write_back(found, on=True)

    def claim() -> None:
        builders.claim(db.session.get_one(Ticket, both[1]))

    # Switching it on has a call written for the first order, and waits for that one.
    results = meeting_at(app, hold("orders", first_order_id), switch_on, claim)
    assert results == [None, None]
    writes = [call for call in all_calls() if call.kind == queue.WRITE]
    assert sorted(call.params["ticket"] for call in writes) == both


def test_an_organiser_has_no_more_keys_and_webhooks_than_may_be(app: Flask, shop: Shop) -> None:
    organiser_id = shop.organiser_id
    for number in range(api_keys.MOST_KEYS - 1):
        api_keys.issue(organiser_id, f"Key {number}", api_keys.SCOPES)
    for number in range(endpoints.MOST_ENDPOINTS - 1):
        endpoints.create(organiser_id, f"https://example.org/{number}", EVENTS)

    add_key = partial(api_keys.issue, organiser_id, "One more", api_keys.SCOPES)
    add_webhook = partial(endpoints.create, organiser_id, "https://example.org/more", EVENTS)
    for action, refused in ((add_key, "InvalidKey"), (add_webhook, "InvalidEndpoint")):
        results = meeting_at(app, hold("organisers", organiser_id), action, action)
        assert kinds(results) == ["", refused]
    db.session.rollback()
    assert db.session.query(ApiKey).count() == api_keys.MOST_KEYS
    assert db.session.query(WebhookEndpoint).count() == endpoints.MOST_ENDPOINTS
