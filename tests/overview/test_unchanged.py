"""The poll: nothing while nothing is new, and all else as the page itself would say it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.overview.looking import path_of
from tests.unpacked import body_of
from ticketing.feed import live
from ticketing.models import Order
from ticketing.storing.transactions import write


@pytest.fixture
def poll(app: Flask, order_of_five: Order) -> str:
    return f"{path_of(order_of_five)}/changes"


def test_no_news_is_a_204_that_costs_no_session(
    client: FlaskClient, order_of_five: Order, poll: str, statements: list[str]
) -> None:
    version = order_of_five.version
    statements.clear()
    for query in (f"since={version}", f"since={version + 7}", f"since={version}&lang=en"):
        answer = client.get(f"{poll}?{query}")
        assert (answer.status_code, answer.data) == (204, b"")
    assert not statements


def test_it_carries_what_flasks_own_answer_does(
    client: FlaskClient, order_of_five: Order, poll: str, statements: list[str]
) -> None:
    version = order_of_five.version
    quick = client.get(f"{poll}?since={version}")
    statements.clear()
    slow = client.get(f"{poll}?since={version}&more=1")
    assert statements
    assert slow.status_code == 204
    ours, theirs = dict(quick.headers), dict(slow.headers)
    assert theirs.pop("Content-Type").startswith("text/html")  # of nothing
    assert ours.pop("X-Request-ID") != theirs.pop("X-Request-ID")
    assert quick.vary.as_set() == slow.vary.as_set()
    assert {**ours, "Vary": ""} == {**theirs, "Vary": ""}


@pytest.mark.parametrize(
    "query", ["", "since=0", "since=", "since=x", "since=-1", "since=0&since=9"]
)
def test_whoever_has_seen_less_gets_the_cards(client: FlaskClient, poll: str, query: str) -> None:
    answer = client.get(f"{poll}?{query}")
    assert answer.status_code == 200
    assert b"live-version" in body_of(answer)


def test_news_is_told_at_once(client: FlaskClient, order_of_five: Order, poll: str) -> None:
    version = order_of_five.version
    assert client.get(f"{poll}?since={version}").status_code == 204
    builders.claim(order_of_five.tickets[0], first_name="Zoë")
    news = client.get(f"{poll}?since={version}")
    assert news.status_code == 200
    assert "Zoë" in body_of(news).decode()


def test_a_withdrawn_link_and_an_unknown_one(
    client: FlaskClient, order_of_five: Order, poll: str
) -> None:
    with write() as session:
        order_of_five.link_generation += 1
        live.touch(session, order_of_five)
    assert client.get(f"{poll}?since=9").status_code == 410
    assert client.get(f"/o/{'A' * 36}/changes?since=9").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_only_for_asking(client: FlaskClient, poll: str, method: str) -> None:
    assert client.open(f"{poll}?since=9", method=method).status_code == 405
