"""The answer to a form is lost on the way; sent again, it does nothing more and says the same."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import builders, seen
from tests.at_once import at_once, kinds
from tests.backoffice.browsing import Browser, Fields, forms_in
from tests.backoffice.conftest import olga, order, shop
from ticketing import links, sending
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import Order, Ticket
from ticketing.posting import outbox

__all__ = ["olga", "order", "shop"]  # fixtures from their own room

pytestmark = pytest.mark.usefixtures("consistent")

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}


@pytest.fixture
def ticket(order: Order) -> Ticket:
    """Anna's, who was asked for no phone number when she claimed."""
    ticket = builders.claim(order.tickets[0], phone="")
    builders.require(order.shop.event, phone="required")
    return ticket


def of_ticket(action: str) -> Callable[[Ticket], str]:
    return lambda ticket: f"/backoffice/tickets/{ticket.id}/{action}"


def of_order(action: str) -> Callable[[Ticket], str]:
    return lambda ticket: f"/backoffice/orders/{ticket.order_id}/{action}"


ON_ITS_OWN_PAGE: dict[str, tuple[Callable[[Ticket], str], dict[str, str]]] = {
    "edit": (of_ticket("edit"), {"last_name": "Jansen", "phone": "", "mail_holder": "y"}),
    "new barcode": (of_ticket("barcode"), {}),
    "cancel ticket": (of_ticket("cancel"), {"reason": "ill"}),
    "edit contact": (of_order("contact/edit"), {"email": "bea.new@example.org"}),
    "open personalisation": (of_order("open-personalisation"), {"reason": "ill"}),
    "cancel order": (of_order("cancel"), {"reason": "rain"}),
}
IN_A_MENU = {
    "resend ticket": of_ticket("resend"),
    "send back to holder": of_ticket("ask"),
    "resend order": of_order("resend"),
}
ACTIONS = [*ON_ITS_OWN_PAGE, *IN_A_MENU]


def form_of(olga: Browser, ticket: Ticket, name: str) -> tuple[str, Fields]:
    """Where it is sent to, and what it holds when it is filled in."""
    if name in IN_A_MENU:
        action = IN_A_MENU[name](ticket)
        return action, olga.fields(f"/backoffice/orders/{ticket.order_id}", action)
    path, typed = ON_ITS_OWN_PAGE[name]
    action = path(ticket)
    return action, {**olga.fields(action), **{key: [value] for key, value in typed.items()}}


def said(answer: TestResponse) -> list[str]:
    """What the page tells about it."""
    return re.findall(r'<div class="notice[^>]*>.*?<p>(.*?)</p>', answer.text, re.DOTALL)


@pytest.mark.parametrize("name", ACTIONS)
def test_in_the_backoffice(olga: Browser, ticket: Ticket, name: str) -> None:
    action, form = form_of(olga, ticket, name)
    before = seen.rows()
    first = olga.send(action, form, HTMX)
    assert first.status_code == 200
    assert seen.changes(before)["history"]
    before = seen.rows()
    again = olga.send(action, form, HTMX)
    assert (again.status_code, said(again)) == (200, said(first))
    assert len(said(first)) == 1
    assert seen.changes(before) == {}, "no second mail, nothing new in the history"


def test_a_barcode_that_was_renewed_by_itself_is_told_of_again(
    olga: Browser, ticket: Ticket
) -> None:
    action, form = form_of(olga, ticket, "edit")
    form = {**form, "email": ["anna.new@example.org"]}
    answers = [olga.send(action, form, HTMX) for _ in range(2)]
    assert "It has a new barcode" in answers[0].text
    assert said(answers[1]) == said(answers[0])


@pytest.mark.parametrize("name", ["resend ticket", "resend order", "new barcode"])
def test_who_asks_once_more_has_it_done_once_more(olga: Browser, ticket: Ticket, name: str) -> None:
    before = len(seen.entries(ticket.order))
    for _ in range(2):
        action, form = form_of(olga, ticket, name)
        assert olga.send(action, form, HTMX).status_code == 200
    assert len(seen.entries(ticket.order)) == before + 2


def test_the_answer_to_a_resend_has_a_new_button(olga: Browser, ticket: Ticket) -> None:
    for name in ("resend ticket", "resend order"):
        action, form = form_of(olga, ticket, name)
        swapped = olga.send(action, form, {"HX-Request": "true"})
        assert forms_in(swapped.text)[action]["reference"] != form["reference"]


def test_what_is_changed_before_it_is_sent_again_is_compared(olga: Browser, ticket: Ticket) -> None:
    action, form = form_of(olga, ticket, "edit")
    olga.send(action, form, HTMX)
    again = olga.send(action, form, HTMX, last_name="Janssen")
    assert again.status_code == 409
    db.session.refresh(ticket)
    assert ticket.last_name == "Jansen"


def test_the_same_of_two_people_is_done_twice(ticket: Ticket) -> None:
    """A form is known by its reference, which nobody else has."""
    for form in ("a" * 64, "b" * 64, None, None):
        sending.mail_ticket(ticket, By("organiser", "Olga", form=form))
    assert seen.actions(ticket).count("ticket_resent") == 4


def test_twice_at_once_is_once(app: Flask, ticket: Ticket) -> None:
    ticket_id, by = ticket.id, By("organiser", "Olga", form="a" * 64)

    def resend() -> Any:
        return sending.mail_ticket(db.session.get_one(Ticket, ticket_id), by).id

    assert kinds(at_once(app, resend, resend)) == ["", ""]
    assert seen.actions(ticket).count("ticket_resent") == 1


def mailed(ticket: Ticket) -> int:
    return sum("asked" in mail.params for mail in builders.mails_of(ticket.order, outbox.TICKET))


def test_a_holder_has_one_mail(client: FlaskClient, ticket: Ticket) -> None:
    page = f"/t/{links.ticket_token(ticket)}"
    form = forms_in(client.get(page).text)[f"{page}/mail"]
    answers = [client.post(f"{page}/mail", data=form) for _ in range(2)]
    assert [each.location for each in answers] == [f"{page}?mailed=1"] * 2
    assert mailed(ticket) == 1
    form = forms_in(client.get(f"{page}?mailed=1").text)[f"{page}/mail"]
    client.post(f"{page}/mail", data=form)
    assert mailed(ticket) == 2, "who asks again gets another one"


def test_who_has_the_spent_link_has_one_mail(client: FlaskClient, order: Order) -> None:
    ticket = order.tickets[1]
    link = builders.share(ticket)
    builders.claim(ticket)
    form = forms_in(client.get(link).text)[f"{link}/mail"]
    answers = [client.post(f"{link}/mail", data=form) for _ in range(2)]
    assert [each.status_code for each in answers] == [200, 200]
    assert said(answers[1]) == said(answers[0])
    assert said(answers[0])
    assert mailed(ticket) == 1
