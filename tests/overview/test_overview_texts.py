"""Whom the overview tells the booker to ask."""

import datetime as dt

import pytest
from flask.testing import FlaskClient

from tests import builders
from ticketing import cancelling, links
from ticketing.models import Order, now
from ticketing.ordering.orders import Line
from ticketing.storing.transactions import write


@pytest.mark.parametrize(
    ("desk", "asked", "not_asked"),
    [
        ("+31201234567", "ask the consumer desk.", "ask the organiser."),
        ("", "ask the organiser.", "consumer desk"),
    ],
)
def test_it_is_the_desk_only_where_the_shop_has_one(
    client: FlaskClient, order_of_five: Order, desk: str, asked: str, not_asked: str
) -> None:
    overview = f"/o/{links.order_token(order_of_five)}"
    with write():
        order_of_five.shop.consumer_desk = desk
        order_of_five.shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    late = client.get(overview).text
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    cancelled = client.get(overview).text
    assert "Names could be filled in until" in late
    assert "This order was cancelled" in cancelled
    for page in (late, cancelled):
        assert asked in page
        assert not_asked not in page


def test_a_claim_that_comes_second_is_pointed_to_the_organiser_as_well(
    client: FlaskClient, order_of_five: Order
) -> None:
    with write():
        order_of_five.shop.consumer_desk = ""
    builders.claim(order_of_five.tickets[0])
    answer = client.get(f"/o/{links.order_token(order_of_five)}/tickets/1/claim")
    assert answer.status_code == 409
    assert "The organiser can put it right." in answer.text
    assert "consumer desk" not in answer.text


def test_tickets_that_need_no_name_are_not_said_to_have_one(client: FlaskClient) -> None:
    order = builders.make_order(lines=[Line("parking", 2)])
    page = client.get(f"/o/{links.order_token(order)}").text
    assert "These tickets need no name" in page
    assert "in its own name" not in page
    assert "Everybody is ready" not in page


def test_the_first_step_is_named_though_what_needs_no_name_is_ready_already(
    client: FlaskClient,
) -> None:
    order = builders.make_order(lines=[Line("weekend", 2), Line("parking", 1)])
    overview = f"/o/{links.order_token(order)}"
    assert "Claim the ticket that is yours." in client.get(overview).text
    builders.claim(order.tickets[0])
    assert "One more ticket to hand on" in client.get(overview).text


def test_thanks_for_an_order_end_with_what_comes_of_it(
    client: FlaskClient, order_of_five: Order
) -> None:
    placed = f"/o/{links.order_token(order_of_five)}?placed=1"
    assert "Thank you, your order is complete" in client.get(placed).text
    builders.claim(order_of_five.tickets[0])
    assert "Thank you" not in client.get(placed).text
