"""A shop that knows already who will come says so with the order."""

from typing import Any

import pytest

from tests import builders, seen
from tests.api.caller import Caller, errors_of, order_body, with_value
from ticketing import links
from ticketing.asking import questions
from ticketing.extensions import db
from ticketing.models import Order, Shop, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")

ANNA = {
    "first_name": "Anna",
    "last_name": "Visser",
    "email": "anna@example.org",
    "phone": "06 1234 5678",
}
BOB = {"first_name": "Bob", "last_name": "de Boer", "email": "bob@example.org"}


def named(**holder: Any) -> list[dict[str, Any]]:
    return [{"type": "weekend", "holder": {**ANNA, **holder}}]


def the_order(shop: Shop) -> Order:
    db.session.rollback()
    return db.session.query(Order).filter_by(shop_id=shop.id).one()


def test_named_tickets_are_personalised_and_mailed(caller: Caller, shop: Shop) -> None:
    lines = [
        {"type": "weekend", "quantity": 1},
        {"type": "weekend", "holder": ANNA, "external_id": "A/1"},
        {"type": "friday", "holder": BOB, "quantity": 1},
        {"type": "parking", "external_id": "A/2"},
    ]
    placed = caller.place(order_body(shop, tickets=lines))
    assert placed.status_code == 201
    assert [
        (each["type"], each["state"], each["external_id"]) for each in placed.get_json()["tickets"]
    ] == [
        ("weekend", "open", None),
        ("weekend", "personalised", "A/1"),
        ("friday", "personalised", None),
        ("parking", "personalised", "A/2"),
    ]
    order = the_order(shop)
    assert [(mail.kind, mail.recipient) for mail in builders.mails_of(order)] == [
        (outbox.CONFIRMATION, "bea@example.org"),
        (outbox.TICKET, "anna@example.org"),
        (outbox.TICKET, "bob@example.org"),
    ]
    found = caller.look_up(order.code).get_json()["tickets"][1]
    assert found["holder"] == {**ANNA, "phone": "+31612345678", "details": {}}
    assert found["ticket_url"] == links.ticket_url(order.tickets[1])
    assert found["external_id"] == "A/1"
    entry = seen.last(order.tickets[1])
    assert (entry.action, entry.actor, entry.actor_name) == ("named", "shop", "Test")


def test_holders_are_not_mailed_where_the_shop_does_it_itself(caller: Caller, shop: Shop) -> None:
    assert caller.place(order_body(shop, tickets=named(), mail_holders=False)).status_code == 201
    assert [mail.kind for mail in builders.mails_of(the_order(shop))] == [outbox.CONFIRMATION]


def test_details_are_the_events_fields_and_questions(caller: Caller, shop: Shop) -> None:
    with write():
        shop.event.fields = {"city": "optional", "date_of_birth": "required"}
    choices = [{"label": {"en": each}} for each in ("Vegan", "Halal", "Gluten-free")]
    asked = {"kind": "choices", "need": "optional", "label": {"en": "Diet"}, "choices": choices}
    question = questions.add(shop.event, asked, ["en"])
    vegan, halal = (each["key"] for each in question.choices[:2])
    details = {
        "city": "Zürich",
        "date_of_birth": "1990-12-31",
        question.key: [halal, vegan],
        "gender": "female",  # not asked
    }
    placed = caller.place(order_body(shop, tickets=named(details=details)))
    assert placed.status_code == 201, placed.text
    found = caller.look_up(placed.get_json()["code"]).get_json()["tickets"][0]["holder"]
    assert found["details"] == {
        "city": "Zürich",
        "date_of_birth": "1990-12-31",
        question.key: [vegan, halal],
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tickets.0.holder.email", "anna"),
        ("tickets.0.holder.email", ...),
        ("tickets.0.holder.email", None),
        ("tickets.0.holder.email", "anna@example.org\nBcc: x@example.org"),
        ("tickets.0.holder.phone", "12"),
        ("tickets.0.holder.first_name", ...),
        ("tickets.0.holder.first_name", " "),
        ("tickets.0.holder.first_name", "A\0"),
        ("tickets.0.holder.last_name", ...),
        ("tickets.0.holder.last_name", "x" * 201),
        ("tickets.0.holder.age", 40),
        ("tickets.0.holder.details", []),
        ("tickets.0.holder.details.city", 5),
        ("tickets.0.holder.details.city", [1]),
        ("tickets.0.holder.details.city", "x" * 201),
        ("tickets.0.holder.details.city", "x" * 5000),
        ("tickets.0.holder.details.date_of_birth", "31-12-1990"),
        ("tickets.0.holder.details.colour", "red"),
        ("tickets.0.holder.details.first_name", "Anna"),
        ("tickets.0.holder.details.email_check", "anna@example.org"),
        ("tickets.0.holder.details.q999", "yes"),
        ("tickets.0.holder", "Anna"),
        ("tickets.0.quantity", 2),
        ("tickets.0.quantity", 0),
        ("tickets.0.quantity", None),
        ("tickets.0.external_id", ""),
        ("tickets.0.external_id", " 1"),
        ("tickets.0.external_id", "x" * 65),
        ("tickets.0.external_id", "a\0b"),
        ("tickets.0.external_id", 1),
        ("mail_holders", "yes"),
        ("mail_holders", None),
    ],
)
def test_what_is_wrong_with_a_holder_is_named_by_its_path(
    caller: Caller, shop: Shop, path: str, value: Any
) -> None:
    with write():
        shop.event.fields = {"city": "optional", "date_of_birth": "required"}
    details = {"date_of_birth": "1990-12-31"}
    body = with_value(order_body(shop, tickets=named(details=details)), path, value)
    before = seen.digest()
    refused = caller.place(body)
    assert refused.status_code == 422
    assert list(errors_of(refused)) == [path]
    assert seen.digest() == before


def test_a_ticket_that_asks_for_no_name_takes_none(caller: Caller, shop: Shop) -> None:
    refused = caller.place(order_body(shop, tickets=[{"type": "parking", "holder": ANNA}]))
    assert refused.status_code == 422
    assert list(errors_of(refused)) == ["tickets.0.holder"]


def test_everything_wrong_is_said_at_once(caller: Caller, shop: Shop) -> None:
    lines = [
        *named(email="anna@"),
        {"type": "gold", "holder": ANNA},
        {"type": "weekend", "holder": {"first_name": "Bob", "details": {"q1": "x"}}},
    ]
    booker = {"first_name": "Bea", "email": "bea@"}
    refused = caller.place(order_body(shop, booker=booker, tickets=lines))
    assert errors_of(refused).keys() == {
        "booker.email",
        "tickets.0.holder.email",
        "tickets.1.type",
        "tickets.2.holder.last_name",
        "tickets.2.holder.email",
        "tickets.2.holder.details.q1",
    }


def test_one_number_is_one_ticket(caller: Caller, shop: Shop) -> None:
    lines = [{"type": "weekend", "external_id": "A"}] * 2
    refused = caller.place(order_body(shop, tickets=lines))
    assert refused.status_code == 422
    assert list(errors_of(refused)) == ["tickets.1.external_id"]


def test_who_has_one_name_has_an_empty_last_name(caller: Caller, shop: Shop) -> None:
    assert caller.place(order_body(shop, tickets=named(last_name=""))).status_code == 201
    assert the_order(shop).tickets[0].first_name == "Anna"


def test_a_null_is_as_nothing(caller: Caller, shop: Shop) -> None:
    line = {"type": "weekend", "quantity": 2, "holder": None, "external_id": None}
    assert len(caller.place(order_body(shop, tickets=[line])).get_json()["tickets"]) == 2
    del line["quantity"]
    refused = caller.place(order_body(shop, tickets=[line], reference="2"))
    assert list(errors_of(refused)) == ["tickets.0.quantity"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tickets.0.holder", BOB),
        ("tickets.0.holder.email", "other@example.org"),
        ("tickets.0.holder.details", {"city": "Bern"}),
        ("tickets.0.external_id", "B"),
        ("tickets.0.external_id", ...),
    ],
)
def test_a_repeat_with_other_holders_is_a_contradiction(
    caller: Caller, shop: Shop, path: str, value: Any
) -> None:
    with write():
        shop.event.fields = {"city": "optional"}
    body = order_body(shop, tickets=[{**named(details={"city": "Ulm"})[0], "external_id": "A"}])
    first = caller.place(body)
    before = seen.rows()
    again = caller.place(body)
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    refused = caller.place(with_value(body, path, value))
    assert refused.status_code == 409
    assert seen.changes(before) == {}


def test_a_repeat_is_the_same_whatever_is_asked_meanwhile(caller: Caller, shop: Shop) -> None:
    caller.place(order_body(shop, tickets=named()))
    with write():
        shop.event.fields = {"date_of_birth": "required"}
        shop.event.ticket_types[0].archived_at = now()
    assert caller.place(order_body(shop, tickets=named())).status_code == 200
    refused = caller.place(order_body(shop, tickets=named(), reference="new"))
    assert refused.status_code == 422
    assert list(errors_of(refused)) == ["tickets.0.type"]


def test_five_hundred_names(caller: Caller, shop: Shop) -> None:
    lines = [
        {"type": "weekend", "holder": {**BOB, "email": f"bob{n}@example.org"}} for n in range(500)
    ]
    assert caller.place(order_body(shop, tickets=lines)).status_code == 201
    assert len(builders.mails_of(the_order(shop), outbox.TICKET)) == 500
