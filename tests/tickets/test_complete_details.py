"""The holder fills in what the organiser asks for by now, on the ticket's own page."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import builders, seen
from tests.backoffice.browsing import forms_in
from ticketing import cancelling, links, personalisation
from ticketing.carried import barcodes
from ticketing.extensions import db
from ticketing.models import Event, Shop, Ticket, now
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop(consumer_desk="+31201234567")


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


@pytest.fixture
def anna(shop: Shop) -> Ticket:
    """Hers was complete when she gave her name."""
    return builders.claim(builders.make_order(shop, tickets=2).tickets[0], phone="")


def page_of(ticket: Ticket) -> str:
    return f"/t/{links.ticket_token(ticket)}"


def form_of(client: FlaskClient, ticket: Ticket) -> dict[str, Any]:
    """What the form for missing details would send as it stands; {} where there is none."""
    answer = client.get(page_of(ticket))
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    return dict(forms_in(answer.text).get(f"{page_of(ticket)}/details", {}))


def send(client: FlaskClient, ticket: Ticket, form: dict[str, Any], **typed: Any) -> TestResponse:
    answer = client.post(f"{page_of(ticket)}/details", data={**form, **typed})
    assert "Set-Cookie" not in answer.headers
    db.session.rollback()
    return answer


def test_a_complete_ticket_asks_for_nothing(client: FlaskClient, anna: Ticket) -> None:
    assert form_of(client, anna) == {}


def test_it_asks_for_what_is_missing_and_nothing_else(
    client: FlaskClient, event: Event, anna: Ticket
) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish", need="required", help="Ask!")
    builders.ask(event, "Anything else?")
    builders.require(event, phone="required", city="required")
    form = form_of(client, anna)
    assert {*form} - {"csrf_token", "revision"} == {"phone", "city"}  # no choice is made yet
    text = client.get(page_of(anna)).text
    assert f'name="{question.key}"' in text
    assert "Ask!" in text
    assert "Anything else?" not in text
    assert "Riverside Collective needs a detail from you as well" in text


def test_it_is_saved_and_the_ticket_stays_what_it_is(
    client: FlaskClient, event: Event, anna: Ticket
) -> None:
    question = builders.ask(event, "Diet?", "choices", "Meat", "Fish", "Vegan", need="required")
    builders.require(event, phone="required")
    code, version = barcodes.text_of(anna), anna.order.version
    answer = send(
        client, anna, form_of(client, anna), phone="06 12345678", **{question.key: ["c1", "c3"]}
    )
    assert (answer.status_code, answer.location) == (303, f"{page_of(anna)}?completed=1")
    assert "Your ticket is complete" in client.get(answer.location).text
    assert anna.phone == "+31612345678"
    assert anna.details == {question.key: ["c1", "c3"]}
    assert barcodes.text_of(anna) == code
    assert anna.order.version == version + 1  # whoever looks at it sees it
    assert seen.last(anna).action == "completed"
    assert form_of(client, anna) == {}


def test_slips_are_shown_and_nothing_typed_is_lost(
    client: FlaskClient, event: Event, anna: Ticket
) -> None:
    builders.require(event, phone="required", city="required")
    before = seen.digest()
    answer = send(client, anna, form_of(client, anna), phone="12", city="Ŝtadt <b>")
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    known = forms_in(answer.text)[f"{page_of(anna)}/details"]
    assert (known["phone"], known["city"]) == (["12"], ["Ŝtadt <b>"])
    assert seen.digest() == before
    assert send(client, anna, dict(known), phone="0612345678").status_code == 303


def test_an_expired_form_is_renewed_and_keeps_what_was_typed(
    client: FlaskClient, event: Event, anna: Ticket
) -> None:
    builders.require(event, city="required")
    form = form_of(client, anna)
    answer = send(client, anna, {**form, "csrf_token": "1700000000.0000"}, city="Gouda")
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert anna.details == {}
    renewed = dict(forms_in(answer.text)[f"{page_of(anna)}/details"])
    assert renewed["city"] == ["Gouda"]
    assert send(client, anna, renewed).status_code == 303
    assert anna.details == {"city": "Gouda"}


def test_a_token_is_good_for_its_own_ticket(
    client: FlaskClient, event: Event, anna: Ticket
) -> None:
    builders.require(event, city="required")
    other = builders.claim(anna.order.tickets[1], city="Gouda")
    builders.require(event, country="required")
    theirs = form_of(client, other)["csrf_token"]
    form = form_of(client, anna)
    answer = send(client, anna, {**form, "csrf_token": theirs}, city="Delft", country="NL")
    assert answer.status_code == 422
    assert anna.details == {}


def test_it_comes_from_this_site(client: FlaskClient, event: Event, anna: Ticket) -> None:
    builders.require(event, city="required")
    form = form_of(client, anna)
    answer = client.post(
        f"{page_of(anna)}/details",
        data={**form, "city": "Gouda"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answer.status_code in {400, 403}
    db.session.rollback()
    assert anna.details == {}


def test_sent_twice_it_is_saved_once(client: FlaskClient, event: Event, anna: Ticket) -> None:
    builders.require(event, city="required")
    form = form_of(client, anna)
    assert send(client, anna, form, city="Gouda").status_code == 303
    again = send(client, anna, form, city="Gouda")
    assert (again.status_code, again.location) == (303, page_of(anna))
    assert seen.actions(anna).count("completed") == 1


def test_the_organiser_was_faster(client: FlaskClient, event: Event, anna: Ticket) -> None:
    builders.require(event, city="required", country="required")
    form = form_of(client, anna)
    personalisation.edit(
        anna,
        {**builders.ANNA, "phone": "", "city": "Gouda"},
        builders.ORGANISER,
        revision=anna.revision,
        new_barcode=False,
        mail_holder=False,
    )
    answer = send(client, anna, form, city="Delft", country="Nederland")
    assert answer.status_code == 409
    assert "Nederland" in answer.text
    assert anna.details == {"city": "Gouda"}


def test_after_the_deadline_it_can_only_be_read(
    client: FlaskClient, shop: Shop, event: Event, anna: Ticket
) -> None:
    builders.require(event, city="required")
    form = form_of(client, anna)
    with write():
        shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    assert form_of(client, anna) == {}
    assert "The time to fill them in yourself is over" in client.get(page_of(anna)).text
    answer = send(client, anna, form, city="Gouda an der Gouwe")
    assert answer.status_code == 403
    assert "Gouda an der Gouwe" in answer.text
    assert anna.details == {}


def test_a_cancelled_ticket_takes_nothing(client: FlaskClient, event: Event, anna: Ticket) -> None:
    builders.require(event, city="required")
    form = form_of(client, anna)
    cancelling.cancel_ticket(anna, builders.ORGANISER, reason="")
    assert form_of(client, anna) == {}
    assert send(client, anna, form, city="Gouda").status_code == 410
    assert anna.details == {}


def test_a_former_link_takes_nothing(client: FlaskClient, event: Event, anna: Ticket) -> None:
    builders.require(event, city="required")
    former, form = page_of(anna), form_of(client, anna)
    personalisation.reopen(
        anna.order, {anna.id: anna.revision}, "Another guest", builders.ORGANISER
    )
    db.session.rollback()
    answer = client.post(f"{former}/details", data={**form, "city": "Gouda"})
    assert answer.status_code == 410
    db.session.rollback()
    assert anna.details == {}


def test_an_address_is_asked_for_twice_where_it_is(
    client: FlaskClient, event: Event, shop: Shop
) -> None:
    builders.require(event, email="off")
    ticket = builders.claim(builders.make_order(shop, tickets=1).tickets[0])
    builders.require(event, email="required", email_check="required")
    form = form_of(client, ticket)
    assert {"email", "email_check"} <= {*form}
    slip = send(client, ticket, form, email="anna@example.org", email_check="ana@example.org")
    assert slip.status_code == 422
    assert "The two addresses differ." in slip.text
    twice = send(client, ticket, form, email="anna@example.org", email_check="Anna@example.org")
    assert twice.status_code == 303
    assert ticket.email == "anna@example.org"
