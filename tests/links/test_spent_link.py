"""Somebody opens, or sends, the form of a link that was used before them."""

import datetime as dt
import html

import pytest
from flask.testing import FlaskClient

from tests import builders
from tests.links.test_flow_pages import hidden, token_in
from ticketing import cancelling
from ticketing.models import Order, Shop, Ticket, now
from ticketing.storing.transactions import write

CARLA = {
    "first_name": "Carlotta",
    "last_name": "Jansen",
    "email": "carlotta@example.org",
    "phone": "06 87654399",
}


@pytest.fixture
def link(open_ticket: Ticket) -> str:
    return builders.share(open_ticket)


@pytest.fixture
def form(client: FlaskClient, link: str) -> dict[str, str]:
    """The form as Carlotta filled it in while the link still worked."""
    page = client.get(link).text
    return {"csrf_token": token_in(page), "round": hidden(page, "round"), **CARLA}


def without_desk(order: Order) -> Shop:
    with write():
        order.shop.consumer_desk = ""
    return order.shop


@pytest.mark.parametrize(
    "changed", [{}, {"email": "carlotta@"}, {"csrf_token": "old"}], ids=["good", "bad", "expired"]
)
def test_who_comes_second_sees_the_spent_page_and_what_they_typed(
    client: FlaskClient,
    open_ticket: Ticket,
    link: str,
    form: dict[str, str],
    changed: dict[str, str],
) -> None:
    builders.claim(open_ticket)
    sent = form | changed
    answer = client.post(link, data=sent)
    assert answer.status_code == 409
    page = html.unescape(answer.text)
    assert "Email the ticket again" in page
    assert "What you typed" in page
    for key in CARLA:
        assert sent[key] in page, key
    for secret in builders.ANNA.values():
        assert secret not in page
    assert 'name="first_name"' not in page, "no live form"


def test_who_sends_their_own_form_twice_may_have_the_ticket_mailed(
    client: FlaskClient, link: str, form: dict[str, str]
) -> None:
    assert client.post(link, data=form).status_code == 303
    again = client.post(link, data=form)
    assert again.status_code == 409
    assert f'action="{link}/mail"' in again.text


@pytest.mark.parametrize("changed", [{"email": "carlotta@"}, {"csrf_token": "old"}])
def test_after_the_deadline_no_live_form_is_answered(
    client: FlaskClient,
    open_ticket: Ticket,
    link: str,
    form: dict[str, str],
    changed: dict[str, str],
) -> None:
    with write():
        open_ticket.order.shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    answer = client.post(link, data=form | changed)
    assert answer.status_code == 403
    assert "Carlotta" in answer.text
    assert 'name="first_name"' not in answer.text


def test_the_spent_page_names_nobody(
    client: FlaskClient, open_ticket: Ticket, link: str, form: dict[str, str]
) -> None:
    builders.claim(open_ticket)
    for answer in (client.get(link), client.post(link, data=form)):
        assert "Bea" not in answer.text
        assert "Ask whoever shared it with you, or the consumer desk." in answer.text


def test_where_there_is_no_desk_the_organiser_is_named(
    client: FlaskClient, open_ticket: Ticket, link: str, form: dict[str, str]
) -> None:
    shop = without_desk(open_ticket.order)
    with write():
        shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    late = client.post(link, data=form)
    assert "The organiser can help." in late.text
    with write():
        shop.personalisation_deadline = None
    builders.claim(open_ticket)
    spent = client.get(link)
    assert "Ask whoever shared it with you, or the organiser." in spent.text
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    cancelled = client.get(link)
    assert cancelled.status_code == 410
    assert "please ask the organiser." in cancelled.text
    for answer in (late, spent, cancelled):
        assert "consumer desk" not in answer.text


def test_where_there_is_a_desk_it_is_named(
    client: FlaskClient, open_ticket: Ticket, link: str
) -> None:
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    assert "please ask the consumer desk." in client.get(link).text
