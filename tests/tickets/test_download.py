"""Whether a ticket, or an order's tickets, may be downloaded, and what is said if not."""

import pytest
from flask.testing import FlaskClient

from tests import builders
from ticketing import cancelling, links
from ticketing.models import Order
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")


def all_of(order: Order) -> str:
    return f"/o/{links.order_token(order)}/tickets.pdf"


def test_what_is_ready_can_be_downloaded(client: FlaskClient, order_of_five: Order) -> None:
    ticket = builders.claim(order_of_five.tickets[0])
    for url in (all_of(order_of_five), f"/t/{links.ticket_token(ticket)}/ticket.pdf"):
        answer = client.get(url)
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert answer.headers["Content-Disposition"].startswith("inline")
        saved = client.get(f"{url}?download=1")
        assert saved.headers["Content-Disposition"].startswith("attachment")


def test_switched_off_is_said_so(client: FlaskClient) -> None:
    order = builders.make_order(builders.make_shop(download_enabled=False), tickets=2)
    ticket = builders.claim(order.tickets[0])
    assert client.get(all_of(order)).status_code == 403
    assert client.get(f"/t/{links.ticket_token(ticket)}/ticket.pdf").status_code == 403


def test_without_a_holder_there_is_nothing_yet(client: FlaskClient, order_of_five: Order) -> None:
    answer = client.get(all_of(order_of_five))
    assert answer.status_code == 409
    assert "no holder yet" in answer.text


def test_cancelled_is_said_so(client: FlaskClient, order_of_five: Order) -> None:
    builders.claim(order_of_five.tickets[0])
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    answer = client.get(all_of(order_of_five))
    assert answer.status_code == 410
    assert "cancelled" in answer.text


def test_a_currency_without_cents_is_priced_right(client: FlaskClient) -> None:
    shop = builders.make_shop()
    with write():
        shop.event.currency = "JPY"
    assert "JP¥9,500" in client.get(f"/shop/{shop.slug}").text
