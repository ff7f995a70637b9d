"""Tickets are added to an order that was placed."""

from typing import Any

import pytest

from tests import builders
from tests.amended import ANNA, BOB, shown, tickets
from ticketing import cancelling, history
from ticketing.extensions import db
from ticketing.models import CANCELLED, OPEN, PERSONALISED, Order, Shop, now
from ticketing.ordering import amending
from ticketing.ordering.arriving import MAX_TICKETS, BadQuantity, InvalidTickets
from ticketing.ordering.orders import Line
from ticketing.posting import outbox
from ticketing.refusals import OrderCancelled, ShopArchived
from ticketing.storing.transactions import write


@pytest.fixture
def shop(app: Any) -> Shop:
    return builders.make_shop()


def actions(order: Order) -> list[str]:
    return [entry.action for entry in reversed(history.of_order(order.id))]


def test_added_tickets_are_new_cards_in_a_new_list(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=2)
    before = order.version

    amended = amending.add_tickets(order, [*tickets("a"), Line("parking", 1)], history.SHOP)

    assert [each.position for each in amended.added] == [3, 4]
    assert shown(order)[2:] == [
        (3, "a", "weekend", OPEN, ""),
        (4, None, "parking", PERSONALISED, ""),
    ]
    assert order.list_version == order.version == before + 1
    assert {each.version for each in amended.added} == {order.version}
    assert actions(order) == ["placed", "tickets_added"]
    (mail,) = builders.mails_of(order, outbox.ADDED)
    assert (mail.recipient, mail.params) == ("bea@example.org", {"positions": [3, 4]})
    assert f"{order.code}-4" in builders.found_by(order).upper()


def test_a_number_known_already_adds_nothing(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    (ticket,) = amending.add_tickets(order, tickets("a"), history.SHOP).added
    cancelling.cancel_ticket(ticket, history.SHOP)
    version = order.version

    again = amending.add_tickets(order, tickets("a"), history.SHOP)

    assert again.added == []
    assert shown(order)[1:] == [(2, "a", "weekend", CANCELLED, "")]
    assert order.version == version
    assert len(builders.mails_of(order, outbox.ADDED)) == 1
    with pytest.raises(amending.OtherTicket):
        amending.add_tickets(order, tickets("a:friday"), history.SHOP)


def test_a_holder_known_at_once_is_mailed_unless_that_is_off(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    amending.add_tickets(order, tickets("a", a=ANNA), history.SHOP)
    amending.add_tickets(order, tickets("b", b=BOB), history.SHOP, mail_holders=False)

    assert [(name, state) for *_, state, name in shown(order)[1:]] == [
        ("Anna", PERSONALISED),
        ("Bob", PERSONALISED),
    ]
    assert [mail.recipient for mail in builders.mails_of(order, outbox.TICKET)] == [
        "anna@example.org"
    ]


def test_what_an_order_refuses(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=MAX_TICKETS - 1)
    with pytest.raises(BadQuantity):
        amending.add_tickets(order, tickets("a", "b"), history.SHOP)
    with pytest.raises(InvalidTickets):
        amending.add_tickets(order, tickets("a", "a"), history.SHOP)
    with pytest.raises(InvalidTickets) as invalid:
        amending.add_tickets(order, tickets("a", a={"first_name": "Anna"}), history.SHOP)
    assert set(invalid.value.errors[0]) >= {"email"}
    assert len(shown(order)) == MAX_TICKETS - 1

    amending.add_tickets(order, tickets("a"), history.SHOP)
    with write():
        db.session.get_one(Shop, shop.id).archived_at = now()
    with pytest.raises(ShopArchived):
        amending.add_tickets(order, tickets("b"), history.SHOP)
    cancelling.cancel_order(order, history.SHOP)
    with pytest.raises(OrderCancelled):
        amending.add_tickets(order, tickets("b"), history.SHOP)
