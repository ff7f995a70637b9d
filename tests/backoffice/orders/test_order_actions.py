"""Resend, Cancel order, and the contact."""

import pytest

from tests import builders
from tests.backoffice.browsing import Browser
from tests.seen import changes, last, rows
from ticketing import cancelling, sending
from ticketing.models import Order

CONTACT = {"HX-Request": "true", "HX-Target": "contact"}


def at(order: Order, action: str) -> str:
    return f"/backoffice/orders/{order.id}/{action}"


def test_resend_mails_the_same_order_to_its_contact(olga: Browser, order: Order) -> None:
    before = rows()
    answer = olga.post(at(order, "resend"), {"csrf_token": olga.token()})
    assert answer.status_code == 303
    assert set(changes(before)) == {"outbox", "history"}
    assert [mail.recipient for mail in builders.mails_of(order, "tickets")] == ["bea@example.org"]
    assert "on its way to bea@example.org" in olga.get(answer.location).text


def test_a_cancelled_order_is_not_sent(olga: Browser, order: Order) -> None:
    cancelling.cancel_order(order, builders.ORGANISER)
    before = rows()
    assert olga.post(at(order, "resend"), {"csrf_token": olga.token()}).status_code == 410
    assert changes(before) == {}


def test_cancelling_takes_every_ticket_and_tells_the_booker(olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    answer = olga.submit(at(order, "cancel"), reason="Paid back")
    assert answer.status_code == 303
    assert order.state == "cancelled"
    assert {ticket.state for ticket in order.tickets} == {"cancelled"}
    assert len(builders.mails_of(order, "cancelled")) == 1
    assert last(order).reason == "Paid back"


def test_cancelling_twice_is_cancelling_once(olga: Browser, order: Order) -> None:
    known = olga.fields(at(order, "cancel"))
    olga.send(at(order, "cancel"), known)
    before = rows()
    assert olga.send(at(order, "cancel"), known).status_code == 303
    assert changes(before) == {}


def test_cancelling_asks_first(olga: Browser, order: Order) -> None:
    before = rows()
    assert "This can’t be undone" in olga.get(at(order, "cancel")).text
    assert changes(before) == {}


def test_htmx_swaps_every_card_of_a_cancelled_order(olga: Browser, order: Order) -> None:
    answer = olga.submit(at(order, "cancel"), headers={"HX-Request": "true", "HX-Target": "dialog"})
    assert answer.headers["HX-Trigger"] == "closeDialog"
    for ticket in order.tickets:
        assert f'id="ticket-{ticket.id}"' in answer.text


def test_the_contact_can_be_corrected(olga: Browser, order: Order) -> None:
    before = rows()
    answer = olga.submit(
        at(order, "contact/edit"),
        first_name="Béa",
        last_name="",
        email="bea@BEA.example",
        phone="06 12345678",
    )
    assert answer.status_code == 303
    assert (order.first_name, order.last_name, order.email, order.phone) == (
        "Béa",
        "",
        "bea@bea.example",
        "+31612345678",
    )
    changed = changes(before)
    assert len(changed["outbox"]) == 1, "the new address gets the new link"
    entry = last(order)
    assert (entry.action, entry.before["first_name"]) == ("contact_edited", "Bea")
    assert order.code in olga.get("/backoffice/orders?q=béa 0612345678").text


def test_a_bad_contact_keeps_what_was_typed(olga: Browser, order: Order) -> None:
    before = rows()
    answer = olga.submit(at(order, "contact/edit"), first_name="", email="at example", phone="1")
    assert answer.status_code == 422
    assert 'value="at example"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 3
    assert changes(before) == {}


def test_nobody_elses_correction_is_overwritten(olga: Browser, order: Order) -> None:
    known = olga.fields(at(order, "contact/edit"))
    sending.edit_contact(
        order,
        {"first_name": "Beatrix", "last_name": "Booker", "email": "bea@example.org", "phone": ""},
        builders.ORGANISER,
        revision=order.revision,
    )
    before = rows()
    answer = olga.send(at(order, "contact/edit"), known, first_name="Beate")
    assert answer.status_code == 409
    assert "Beatrix" in answer.text
    assert "Beate" in answer.text
    assert changes(before) == {}
    known = {**known, "revision": [str(order.revision)], "first_name": ["Beate"]}
    assert olga.send(at(order, "contact/edit"), known).status_code == 303
    assert order.first_name == "Beate"


def test_the_contact_is_edited_in_place(olga: Browser, order: Order) -> None:
    form = olga.get(at(order, "contact/edit"), headers=CONTACT).text
    assert form.strip().startswith('<section id="contact"')
    back = olga.get(at(order, "contact"), headers=CONTACT).text
    assert back.strip().startswith('<section id="contact"')
    answer = olga.submit(at(order, "contact/edit"), headers=CONTACT, first_name="Béa")
    assert answer.status_code == 200
    assert "Béa Booker" in answer.text
    assert "HX-Trigger" not in answer.headers


@pytest.mark.parametrize("action", ["cancel", "contact/edit", "open-personalisation"])
def test_an_old_token_loses_nothing(olga: Browser, order: Order, action: str) -> None:
    before = rows()
    answer = olga.submit(at(order, action), csrf_token="old", reason="Typed", first_name="Typed")
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert "Typed" in answer.text
    assert changes(before) == {}
