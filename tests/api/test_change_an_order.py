"""A shop's program adds tickets to an order, or cancels single ones."""

from typing import Any

import pytest

from tests import builders, seen
from tests.api.caller import Caller, errors_of, order_body, with_value
from ticketing import links
from ticketing.extensions import db
from ticketing.models import CANCELLED, Order, Shop, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")

ANNA = {"first_name": "Anna", "last_name": "Visser", "email": "anna@example.org"}
BOB = {"first_name": "Bob", "last_name": "de Boer", "email": "bob@example.org"}


@pytest.fixture
def order(caller: Caller, shop: Shop) -> Order:
    caller.place(order_body(shop))
    return db.session.query(Order).filter_by(shop_id=shop.id).one()


def more(*numbers: str, type: str = "weekend", **changed: Any) -> dict[str, Any]:
    return {"tickets": [{"type": type, "external_id": each} for each in numbers], **changed}


# Adding:


def test_tickets_are_added(caller: Caller, order: Order) -> None:
    body = more("A", "B")
    body["tickets"][1]["holder"] = ANNA
    answer = caller.add(order.code, body)
    assert answer.status_code == 201
    assert answer.get_json() == caller.look_up(order.code).get_json()
    assert [
        (each["id"], each["external_id"], each["state"]) for each in answer.get_json()["tickets"]
    ][3:] == [(f"{order.code}-4", "A", "open"), (f"{order.code}-5", "B", "personalised")]
    assert [(mail.kind, mail.recipient) for mail in builders.mails_of(order)][1:] == [
        (outbox.ADDED, "bea@example.org"),
        (outbox.TICKET, "anna@example.org"),
    ]
    added, named = seen.entries(order)[1:]
    assert (added.action, added.actor, added.actor_name) == ("tickets_added", "shop", "Test")
    assert added.after == {"tickets": 2}
    assert (named.action, named.ticket_id) == ("named", order.tickets[4].id)


def test_once_more_adds_nothing(caller: Caller, order: Order) -> None:
    first = caller.add(order.code, more("A", "B"))
    before = seen.rows()
    for body in (more("A", "B"), more("B"), more("B", "A", mail_holders=False)):
        again = caller.add(order.code, body)
        assert (again.status_code, again.get_json()) == (200, first.get_json())
    assert seen.changes(before) == {}
    assert caller.add(order.code, more("B", "C")).status_code == 201
    assert len(builders.mails_of(order, outbox.ADDED)) == 2


def test_a_ticket_known_already_keeps_what_became_of_it(caller: Caller, order: Order) -> None:
    ticket = caller.add(order.code, more("A")).get_json()["tickets"][3]["id"]
    body = with_value(more("A"), "tickets.0.holder", BOB)
    assert caller.add(order.code, body).get_json()["tickets"][3]["holder"] is None
    caller.cancel_ticket(ticket)
    again = caller.add(order.code, more("A"))
    assert again.status_code == 200
    assert [each["state"] for each in again.get_json()["tickets"][3:]] == ["cancelled"]


def test_a_number_stands_for_one_ticket(caller: Caller, order: Order) -> None:
    caller.add(order.code, more("A"))
    before = seen.digest()
    refused = caller.add(order.code, more("B", "A", type="friday"))
    assert refused.status_code == 409
    assert list(errors_of(refused)) == ["tickets.1.external_id"]
    assert seen.digest() == before


def test_holders_are_not_mailed_where_the_shop_does_it_itself(caller: Caller, order: Order) -> None:
    body = with_value(more("A", mail_holders=False), "tickets.0.holder", ANNA)
    assert caller.add(order.code, body).status_code == 201
    assert builders.mails_of(order, outbox.TICKET) == []


def test_the_same_order_once_more_is_still_the_same(
    caller: Caller, shop: Shop, order: Order
) -> None:
    caller.add(order.code, more("A"))
    caller.cancel_ticket(f"{order.code}-1")
    again = caller.place(order_body(shop))
    assert again.status_code == 200
    assert [each["state"] for each in again.get_json()["tickets"]] == [
        "cancelled",
        "open",
        "personalised",
        "open",
    ]


def test_in_whichever_sequence_changes_come_and_come_again(caller: Caller, order: Order) -> None:
    for body in (more("B"), more("A"), more("A"), more("B", "A")):
        caller.add(order.code, body)
    db.session.rollback()
    assert sorted(each.external_id for each in order.tickets if each.external_id) == ["A", "B"]
    assert len(builders.mails_of(order, outbox.ADDED)) == 2


def test_what_no_longer_takes_tickets(caller: Caller, shop: Shop, order: Order) -> None:
    with write():
        db.session.get_one(Shop, shop.id).archived_at = now()
    refused = caller.add(order.code, more("A"))
    assert (refused.status_code, list(errors_of(refused))) == (409, ["request"])
    with write():
        db.session.get_one(Shop, shop.id).archived_at = None
    caller.cancel(order.code)
    before = seen.digest()
    refused = caller.add(order.code, more("A"))
    assert (refused.status_code, list(errors_of(refused))) == (409, ["request"])
    assert seen.digest() == before


def test_an_order_holds_500(caller: Caller, order: Order) -> None:
    assert caller.add(order.code, more(*map(str, range(497)))).status_code == 201
    before = seen.digest()
    refused = caller.add(order.code, more("one too many"))
    assert refused.status_code == 422
    assert list(errors_of(refused)) == ["tickets"]
    assert seen.digest() == before
    assert caller.add(order.code, more("7", "8")).status_code == 200
    caller.cancel_ticket(f"{order.code}-1")
    assert caller.add(order.code, more("one too many")).status_code == 201


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("tickets", ...),
        ("tickets", []),
        ("tickets.0.type", ...),
        ("tickets.0.type", "gold"),
        ("tickets.0.external_id", ...),
        ("tickets.0.external_id", None),
        ("tickets.0.external_id", ""),
        ("tickets.0.external_id", "x" * 65),
        ("tickets.0.quantity", 1),
        ("tickets.0.holder.email", "bob@"),
        ("tickets.0.holder.last_name", ...),
        ("tickets.0.holder.details", {"colour": "red"}),
        ("tickets.1.external_id", "A"),
        ("mail_holders", 1),
        ("reference", "1"),
    ],
)
def test_the_wrong_field_is_named(caller: Caller, order: Order, path: str, value: Any) -> None:
    body = with_value(more("A", "B"), "tickets.0.holder", BOB)
    before = seen.digest()
    refused = caller.add(order.code, with_value(body, path, value))
    assert refused.status_code == 422
    (named,) = errors_of(refused)
    assert named.startswith(path)
    assert seen.digest() == before


def test_a_type_that_is_no_longer_sold(caller: Caller, order: Order) -> None:
    caller.add(order.code, more("A"))
    with write():
        db.session.get_one(Order, order.id).tickets[0].type.archived_at = now()
    assert caller.add(order.code, more("A")).status_code == 200
    refused = caller.add(order.code, more("A", "B"))
    assert refused.status_code == 422
    assert "tickets.1.type" in errors_of(refused)


# Cancelling one:


def test_one_ticket_is_cancelled(caller: Caller, order: Order) -> None:
    ticket = builders.claim(order.tickets[1])
    answer = caller.cancel_ticket(f"{order.code}-2", {"reason": "Returned"})
    assert answer.status_code == 200
    assert answer.get_json() == caller.look_up(order.code).get_json()
    assert [each["state"] for each in answer.get_json()["tickets"]] == [
        "open",
        "cancelled",
        "personalised",
    ]
    assert answer.get_json()["state"] == "placed"
    entry = seen.last(ticket)
    assert (entry.action, entry.actor, entry.reason) == ("ticket_cancelled", "shop", "Returned")


def test_twice_is_the_same_as_once(caller: Caller, order: Order) -> None:
    first = caller.cancel_ticket(f"{order.code}-2")
    before = seen.digest()
    again = caller.cancel_ticket(f"{order.code}-2", {"reason": "once more"})
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    caller.cancel(order.code)
    assert caller.cancel_ticket(f"{order.code}-1").status_code == 200
    assert seen.digest() != before


@pytest.mark.parametrize("number", ["0", "4", "-1", "01", "1x", "99999999999", "", "%00", "²"])
def test_a_ticket_that_is_not_there(caller: Caller, order: Order, number: str) -> None:
    before = seen.digest()
    refused = caller.cancel_ticket(f"{order.code}-{number}")
    assert refused.status_code == 404
    errors_of(refused)
    assert seen.digest() == before


def test_a_ticket_of_another_order(caller: Caller, shop: Shop, order: Order) -> None:
    other = caller.place(order_body(shop, reference="another")).get_json()["code"]
    assert caller.cancel_ticket(f"{other}-1", code=order.code).status_code == 404


# What people see of it:


def test_an_open_overview_gets_the_new_cards(caller: Caller, order: Order) -> None:
    overview = f"/o/{links.order_token(order)}"
    page = caller.client.get(overview).text
    assert page.count("<article") == 3
    assert caller.client.get(f"{overview}/changes?since={order.version}").status_code == 204
    since = order.version
    caller.add(order.code, more("A", "B"))
    news = caller.client.get(f"{overview}/changes?since={since}")
    assert news.status_code == 200
    assert news.text.count("<article") == 5
    assert 'id="tickets" data-hx-swap-oob="innerHTML"' in news.text
    # And once that is there, a change of one card sends one card.
    db.session.rollback()
    since = db.session.get_one(Order, order.id).version
    caller.cancel_ticket(f"{order.code}-4")
    news = caller.client.get(f"{overview}/changes?since={since}")
    assert news.text.count("<article") == 1
    assert {each.state for each in order.tickets if each.position == 4} == {CANCELLED}
