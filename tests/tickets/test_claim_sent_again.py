"""The answer to a claim is lost on the way, and the same form is sent once more."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders, seen
from tests.at_once import at_once, kinds
from tests.links.test_flow_pages import hidden, token_in
from ticketing import cancelling, history, personalisation, repeats
from ticketing.carried import admission, barcodes
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn, order_token, ticket_token
from ticketing.members.audit import Actor
from ticketing.models import CHECKED_IN, Ticket
from ticketing.posting import outbox
from ticketing.privacy import asked
from ticketing.privacy.people import Person
from ticketing.refusals import AlreadyClaimed, ReopenedMeanwhile, TicketCancelled
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


def send(
    ticket: Ticket, reference: str, *, generation: int | None = 1, round_: int = 1, **details: str
) -> Ticket:
    """A visitor's form arrives; or with no generation the booker's."""
    by = history.VISITOR if generation else history.booker(ticket.order)
    return personalisation.claim(
        ticket,
        {**builders.BOB, **details},
        by,
        round=round_,
        share_generation=generation,
        reference=reference,
    )


@pytest.mark.parametrize("generation", [1, None], ids=["visitor", "booker"])
def test_it_is_answered_as_the_first_time(open_ticket: Ticket, generation: int | None) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference, generation=generation)
    before = seen.rows()
    again = send(open_ticket, reference, generation=generation)
    assert (again.id, again.first_name) == (open_ticket.id, "Bob")
    assert seen.changes(before) == {}, "no second mail, nothing new in the history"


def test_another_form_or_another_link_is_refused(open_ticket: Ticket) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference)
    before = seen.rows()
    kept = str(open_ticket.claim_digest)
    for other in (repeats.new_reference(), "", "x", reference[:-1], reference + "\n", kept):
        with pytest.raises(AlreadyClaimed):
            send(open_ticket, other)
    for generation in (2, None):
        with pytest.raises(AlreadyClaimed):
            send(open_ticket, reference, generation=generation)
    assert seen.changes(before) == {}


def test_the_reference_alone_opens_nothing(open_ticket: Ticket) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference)
    with pytest.raises(AlreadyClaimed):
        send(open_ticket, reference, first_name="Mallory")
    assert open_ticket.claim_digest
    assert reference not in repr(seen.rows()), "it is kept as a digest"


def test_a_form_without_a_reference_is_never_the_same(open_ticket: Ticket) -> None:
    send(open_ticket, "")
    assert open_ticket.claim_digest is None
    with pytest.raises(AlreadyClaimed):
        send(open_ticket, "")


def test_a_form_is_good_for_its_ticket_alone(open_ticket: Ticket) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference)
    other = open_ticket.order.tickets[1]
    send(other, repeats.new_reference())
    with pytest.raises(AlreadyClaimed):
        send(other, reference)


def _edited(ticket: Ticket) -> None:
    personalisation.edit(
        ticket,
        {**builders.BOB, "first_name": "Carla"},
        builders.ORGANISER,
        revision=ticket.revision,
        new_barcode=False,
        mail_holder=False,
    )


def _another_link(ticket: Ticket) -> None:
    """As a restore does where the backup is older than the link."""
    with write():
        ticket.link_generation += 1


def _forgotten(ticket: Ticket) -> None:
    asked.erase(
        Person(email="bob@example.org"),
        ticket.order.organiser_id,
        builders.ORGANISER,
        Actor(),
        valid_too=True,
    )


@pytest.mark.parametrize("then", [_edited, _another_link, _forgotten])
def test_whoever_isnt_the_holder_any_more_is_told_so(
    open_ticket: Ticket, then: Callable[[Ticket], None]
) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference)
    then(open_ticket)
    assert then is _another_link or open_ticket.claim_digest is None
    with pytest.raises(AlreadyClaimed):
        send(open_ticket, reference)
    if then is _another_link:
        with write():
            open_ticket.link_generation -= 1  # what `consistent` looks for


def test_a_reopened_ticket_knows_nothing_of_its_former_form(open_ticket: Ticket) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference, generation=None)
    personalisation.reopen(
        open_ticket.order, {open_ticket.id: open_ticket.revision}, "", builders.ORGANISER
    )
    assert open_ticket.claim_digest is None
    with pytest.raises(ReopenedMeanwhile):
        send(open_ticket, reference, generation=None)
    with pytest.raises(LinkWithdrawn):
        send(open_ticket, reference)
    send(open_ticket, repeats.new_reference(), generation=3, round_=2)
    with pytest.raises(AlreadyClaimed):
        send(open_ticket, reference, generation=None)


def test_a_cancelled_one_is_refused(open_ticket: Ticket) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference)
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    with pytest.raises(TicketCancelled):
        send(open_ticket, reference)


def test_who_is_still_the_holder_gets_their_ticket(open_ticket: Ticket) -> None:
    reference = repeats.new_reference()
    send(open_ticket, reference)
    admission.new_barcode(open_ticket, builders.ORGANISER)
    assert send(open_ticket, reference).id == open_ticket.id
    admission.check_in(barcodes.text_of(open_ticket), history.DOOR)
    assert send(open_ticket, reference).state == CHECKED_IN


@pytest.mark.parametrize("same", [True, False], ids=["one form twice", "two forms"])
def test_two_at_once_make_one_claim(app: Flask, open_ticket: Ticket, same: bool) -> None:
    ticket_id = open_ticket.id
    first, second = repeats.new_reference(), repeats.new_reference()

    def claim(reference: str) -> Any:
        return lambda: send(db.session.get_one(Ticket, ticket_id), reference).id

    results = at_once(app, claim(first), claim(first if same else second))
    assert kinds(results) == ["", "" if same else "AlreadyClaimed"]
    assert seen.actions(open_ticket) == ["claimed"]
    assert len(builders.mails_of(open_ticket.order, outbox.TICKET)) == 1


# ---- On the pages ----


def filled_in(client: FlaskClient, link: str) -> dict[str, str]:
    """The form as Bob sends it."""
    page = client.get(link).text
    made_with = {name: hidden(page, name) for name in ("round", "reference")}
    return {"csrf_token": token_in(page), **made_with, **builders.BOB}


def test_a_visitor_comes_to_their_ticket(client: FlaskClient, open_ticket: Ticket) -> None:
    link = builders.share(open_ticket)
    form = filled_in(client, link)
    client.post(link, data=form)
    again = client.post(link, data=form)
    assert (again.status_code, again.location) == (303, f"/t/{ticket_token(open_ticket)}")
    assert seen.actions(open_ticket) == ["shared", "claimed"]


def test_the_spent_link_itself_shows_nothing(client: FlaskClient, open_ticket: Ticket) -> None:
    link = builders.share(open_ticket)
    mine, other = filled_in(client, link), filled_in(client, link)
    assert mine["reference"] != other["reference"], "each page has its own"
    client.post(link, data=mine)
    changed: list[dict[str, str]] = [
        {"reference": other["reference"]},
        {"first_name": "Mallory"},
        {"csrf_token": "old"},
    ]
    for each in changed:
        answer = client.post(link, data=mine | each)
        assert answer.status_code == 409
        assert ticket_token(open_ticket) not in answer.text
    assert client.get(link).status_code == 410


def test_what_was_wrong_is_put_right_with_the_same_form(
    client: FlaskClient, open_ticket: Ticket
) -> None:
    link = builders.share(open_ticket)
    form = filled_in(client, link)
    for wrong in ({"email": "bob@"}, {"csrf_token": "old"}):
        page = client.post(link, data=form | wrong)
        assert page.status_code == 422
        assert hidden(page.text, "reference") == form["reference"]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["a page", "a dialog"])
def test_a_booker_comes_back_to_the_overview(
    client: FlaskClient, open_ticket: Ticket, headers: dict[str, str]
) -> None:
    at = f"/o/{order_token(open_ticket.order)}/tickets/1/claim"
    form = filled_in(client, f"{at}?for=other")
    answers = [client.post(f"{at}?for=other", data=form, headers=headers) for _ in range(2)]
    first, again = answers
    assert again.status_code == first.status_code == (200 if headers else 303)
    assert again.location == first.location
    assert again.headers.get("HX-Trigger") == first.headers.get("HX-Trigger")
    assert "Ready – Bob" in (again.text if headers else client.get(first.location).text)
    assert seen.actions(open_ticket) == ["claimed"]
