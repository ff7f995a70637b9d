"""Orders follow what their shop has sold, in whichever sequence they hear of it."""

import datetime as dt
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from flask import Flask

from tests import builders
from tests.amended import ANNA, BOB, shown, tickets
from tests.at_once import at_once, kinds
from ticketing import cancelling, history, personalisation
from ticketing.extensions import db
from ticketing.models import CANCELLED, OPEN, PERSONALISED, Order, Shop
from ticketing.ordering import amending, following
from ticketing.ordering.amending import Amended
from ticketing.ordering.arriving import InvalidTickets, NewTicket
from ticketing.ordering.orders import Booker, Line
from ticketing.posting import outbox
from ticketing.refusals import OrderCancelled
from ticketing.storing.transactions import write

AT = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
BEA = Booker("Bea", "Booker", "bea@example.org")


@pytest.fixture
def shop(app: Any) -> Shop:
    return builders.make_shop()


def later(hours: int) -> dt.datetime:
    return AT + dt.timedelta(hours=hours)


def arrive(shop: Shop, wanted: Sequence[NewTicket], as_of: dt.datetime) -> Amended:
    amended, _new = following.arrive(shop.id, "P-1", BEA, wanted, as_of, locale="en")
    return amended


def standing(order: Order) -> set[tuple[str | None, str, str]]:
    return {
        (number, type_code, name)
        for _position, number, type_code, state, name in shown(order)
        if state != CANCELLED
    }


def test_following_adds_cancels_and_exchanges(shop: Shop) -> None:
    order = arrive(shop, tickets("a", "b", "c", b=BOB), later(0)).order

    amended = arrive(shop, tickets("a", "c:friday", "d", a=ANNA), later(1))

    assert amended.order.id == order.id
    assert shown(order) == [
        (1, "a", "weekend", PERSONALISED, "Anna"),
        (2, "b", "weekend", CANCELLED, "Bob"),
        (3, "c", "weekend", CANCELLED, ""),
        (4, "c", "friday", OPEN, ""),
        (5, "d", "weekend", OPEN, ""),
    ]
    assert [each.external_id for each in amended.named] == ["a"]
    again = arrive(shop, tickets("a", "c:friday", "d", a=ANNA), later(1))
    assert (again.added, again.cancelled, again.named) == ([], [], [])
    assert len(builders.mails_of(order, outbox.ADDED)) == 1
    assert len(builders.mails_of(order, outbox.CONFIRMATION)) == 1


STATES = (
    (tickets("a", "b"), later(0)),
    (tickets("a", "b", "c"), later(1)),
    (tickets("a", "c:friday", "d", a=ANNA), later(2)),
)


@pytest.mark.parametrize("sequence", list(itertools.permutations(range(3))))
def test_states_in_any_sequence_twice_come_to_the_newest(
    shop: Shop, sequence: tuple[int, ...]
) -> None:
    for number in [*sequence, *reversed(sequence)]:
        order = arrive(shop, *STATES[number]).order

    assert standing(order) == {
        ("a", "weekend", "Anna"),
        ("c", "friday", ""),
        ("d", "weekend", ""),
    }
    assert order.amended_as_of == later(2)
    assert db.session.query(Order).filter_by(shop_id=shop.id).count() == 1
    assert len(builders.mails_of(order, outbox.CONFIRMATION)) == 1
    assert len(builders.mails_of(order, outbox.TICKET)) == 1


def test_people_named_here_and_tickets_opened_again_stay_as_they_are(shop: Shop) -> None:
    order = arrive(shop, tickets("a", "b", b=BOB), later(0)).order
    first, second = order.tickets
    builders.claim(first)
    personalisation.reopen(
        order, {second.id: second.revision}, "another person", builders.ORGANISER
    )

    arrive(shop, tickets("a", "b", a=BOB, b=BOB), later(1))

    assert [(state, name) for *_, state, name in shown(order)] == [
        (PERSONALISED, "Anna"),
        (OPEN, ""),
    ]


def test_what_the_organiser_cancelled_the_shop_does_not_bring_back(shop: Shop) -> None:
    order = arrive(shop, tickets("a", "b"), later(0)).order
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    arrive(shop, tickets("a"), later(1))
    arrive(shop, tickets("a", "b"), later(2))

    assert standing(order) == {("b", "weekend", "")}


def test_an_order_cancelled_later_than_a_state_that_comes_late(shop: Shop) -> None:
    order = arrive(shop, tickets("a"), later(0)).order
    following.follow_cancelled(order, later(2), history.SHOP)

    assert arrive(shop, tickets("a", "b"), later(1)).stale
    assert following.follow_cancelled(order, later(2), history.SHOP).cancelled == []
    assert following.follow_cancelled(order, later(1), history.SHOP).stale
    with pytest.raises(OrderCancelled):
        arrive(shop, tickets("a", "b"), later(3))
    assert standing(order) == set()
    assert len(builders.mails_of(order, outbox.CANCELLED)) == 1


def test_a_type_archived_since_stays_on_tickets_that_have_it(shop: Shop) -> None:
    order = arrive(shop, tickets("a"), later(0)).order
    with write():
        order.tickets[0].type.archived_at = AT

    amended = arrive(shop, tickets("a", "b:friday"), later(1))

    assert [each.external_id for each in amended.added] == ["b"]


def test_at_once_the_newest_state_wins_and_everything_is_there_once(app: Flask, shop: Shop) -> None:
    shop_id = shop.id

    def arriving(state: tuple[list[NewTicket], dt.datetime]) -> Callable[[], Any]:
        return lambda: following.arrive(shop_id, "P-1", BEA, *state, locale="en")

    results = at_once(app, *(arriving(state) for state in STATES * 5))

    assert kinds(results) == [""] * 15
    assert sum(new for _amended, new in results) == 1
    db.session.rollback()
    order = db.session.query(Order).filter_by(shop_id=shop_id).one()
    assert standing(order) == {
        ("a", "weekend", "Anna"),
        ("c", "friday", ""),
        ("d", "weekend", ""),
    }
    assert order.amended_as_of == later(2)
    assert len(builders.mails_of(order, outbox.CONFIRMATION)) == 1
    assert len(builders.mails_of(order, outbox.TICKET)) == 1


def test_a_state_that_is_refused_changes_nothing(shop: Shop) -> None:
    order = arrive(shop, tickets("a", "b"), later(0)).order
    before = shown(order)
    with pytest.raises(InvalidTickets):
        arrive(shop, tickets("a", "c", c={"first_name": "Carla"}), later(1))
    assert shown(order) == before
    assert order.amended_as_of == later(0)


def test_what_is_not_the_shops_stays(shop: Shop) -> None:
    order = arrive(shop, tickets("a"), later(0)).order
    amending.add_tickets(order, [Line("friday", 1)], builders.ORGANISER)
    arrive(shop, tickets("b"), later(1))
    assert standing(order) == {(None, "friday", ""), ("b", "weekend", "")}


def test_a_booker_hears_that_the_shop_named_the_last_one(shop: Shop) -> None:
    order = arrive(shop, tickets("a", "b", b=BOB), later(0)).order
    arrive(shop, tickets("a", "b", a=ANNA), later(1))
    assert len(builders.mails_of(order, outbox.ALL_READY)) == 1


def test_a_shared_link_of_a_ticket_that_the_shop_named_is_over(shop: Shop) -> None:
    order = arrive(shop, tickets("a"), later(0)).order
    builders.share(order.tickets[0])
    db.session.rollback()
    arrive(shop, tickets("a", a=ANNA), later(1))
    db.session.expire_all()
    assert order.tickets[0].share is None
    assert [share.ended_by for share in order.tickets[0].shares] == ["claimed"]
