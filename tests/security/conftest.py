"""An order in which every kind of link is out."""

import contextvars
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import builders
from ticketing import links
from ticketing.extensions import db
from ticketing.models import Order, Ticket

FRAMED_BY = "https://festival.example"


@dataclass
class World:
    """Ticket 1 is shared, ticket 2 claimed; `tokens` are the links that open, by kind."""

    order: Order
    shared: Ticket
    claimed: Ticket

    @property
    def tokens(self) -> dict[str, str]:
        return {
            "o": links.order_token(self.order),
            "s": links.share_token(self.shared, self.shared.share_generation),
            "t": links.ticket_token(self.claimed),
            "u": links.unsubscribe_url(self.order).rpartition("/")[2],
        }


class FromOutside(FlaskClient):
    """Each request has an app context of its own, not the test's, as on a real server.

    Each comes from another address (unless the test says which), so that no limit of one is met.
    """

    addresses = iter(ip_network("10.0.0.0/8"))

    def open(self, *arguments: Any, **named: Any) -> TestResponse:
        named.setdefault("environ_overrides", {"REMOTE_ADDR": str(next(self.addresses))})
        answer = contextvars.Context().run(super().open, *arguments, **named)
        db.session.rollback()  # what the test looks at next is as it is now
        return answer


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return FromOutside(app, app.response_class, use_cookies=False)


@pytest.fixture
def world(app: Flask) -> World:
    shop = builders.make_shop(embed_origins=[FRAMED_BY])
    order = builders.make_order(
        shop, tickets=3, first_name="Beatrix", last_name="Bookerson", email="beatrix@booker.example"
    )
    builders.share(order.tickets[0])
    builders.claim(
        order.tickets[1],
        first_name="Annabel",
        last_name="Holderson",
        email="annabel@holder.example",
        phone="+31612345678",
    )
    return World(order, order.tickets[0], order.tickets[1])
