"""Orders, and what they are sold by, changed by several people at once."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests import builders, seen
from tests.at_once import kinds, meeting_at
from tests.races.holding import hold
from ticketing import history, personalisation, reminders
from ticketing.asking import missing, needs
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import (
    PERSONALISED,
    Event,
    HistoryEntry,
    Order,
    Shop,
    Ticket,
    TicketType,
)
from ticketing.ordering import amending, following, orders
from ticketing.ordering.arriving import NewTicket
from ticketing.ordering.orders import Booker, Line
from ticketing.organising import shop_lifecycle, ticket_types

pytestmark = [pytest.mark.engine("postgresql"), pytest.mark.usefixtures("consistent")]

BEA = Booker("Bea", "Booker", "bea@example.org")
_references = itertools.count(1)


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


def order_ids(shop_id: int) -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Order.id).where(Order.shop_id == shop_id)))


def place(shop_id: int) -> int:
    order, _new = orders.place(
        shop_id, f"M-{next(_references)}", BEA, [Line("weekend", 1)], locale="en"
    )
    return order.id


def ask_no_names(type_id: int) -> None:
    """The type no longer needs personal data."""
    found = db.session.get_one(TicketType, type_id)
    given = {**ticket_types.as_typed(found, "EUR"), "needs_personal_data": ""}
    ticket_types.change(found, given, builders.ORGANISER, revision=found.revision, confirmed=True)


def test_a_claim_meets_its_type_ready_without_names(app: Flask, shop: Shop) -> None:
    order = builders.make_order(shop, tickets=2)
    ticket_id, type_id = order.tickets[0].id, order.tickets[0].ticket_type_id

    def claim() -> str:
        return builders.claim(db.session.get_one(Ticket, ticket_id)).first_name

    results = meeting_at(app, hold("orders", order.id), claim, lambda: ask_no_names(type_id))
    assert results == ["Anna", None]
    db.session.rollback()
    assert [each.state for each in order.tickets] == [PERSONALISED, PERSONALISED]
    assert [each.first_name for each in order.tickets] == ["Anna", ""]


def test_added_tickets_meet_their_type_ready_without_names(app: Flask, shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    order_id, type_id = order.id, order.tickets[0].ticket_type_id

    def add() -> int:
        found = db.session.get_one(Order, order_id)
        return len(amending.add_tickets(found, [Line("weekend", 2)], history.SHOP).added)

    results = meeting_at(app, hold("orders", order_id), add, lambda: ask_no_names(type_id))
    assert results == [2, None]
    db.session.rollback()
    assert {each.state for each in order.tickets} == {PERSONALISED}


def test_a_followed_order_meets_its_type_ready_without_names(app: Flask, shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    order_id, type_id = order.id, order.tickets[0].ticket_type_id
    at = order.created_at

    def follow() -> int:
        found = db.session.get_one(Order, order_id)
        return len(following.follow(found, [NewTicket("weekend", external_id="1")], at).added)

    results = meeting_at(app, hold("orders", order_id), follow, lambda: ask_no_names(type_id))
    assert results == [1, None]


def test_tickets_are_opened_while_their_type_gets_ready_without_names(
    app: Flask, shop: Shop
) -> None:
    order = builders.make_order(shop, tickets=2)
    order_id, type_id = order.id, order.tickets[0].ticket_type_id
    chosen = {builders.claim(each).id: each.revision for each in order.tickets}

    def reopen() -> None:
        found = db.session.get_one(Order, order_id)
        personalisation.reopen(found, chosen, "mix-up", builders.ORGANISER)

    results = meeting_at(
        app, hold("organisers", shop.organiser_id), reopen, lambda: ask_no_names(type_id)
    )
    assert results == [None, None]
    db.session.rollback()
    assert {each.state for each in order.tickets} == {PERSONALISED}, "nobody is asked for a name"


def test_a_booker_stops_reminders_from_two_orders(app: Flask, shop: Shop) -> None:
    """Each of them turns off both, so the two meet."""
    both = [builders.make_order(shop, tickets=1).id for _ in range(2)]

    def stop(order_id: int) -> None:
        reminders.turn(db.session.get_one(Order, order_id), off=True)

    actions = [lambda i=i: stop(i) for i in reversed(both)]
    assert meeting_at(app, hold("orders", *both), *actions) == [None, None]
    db.session.rollback()
    assert None not in set(db.session.scalars(select(Order.reminders_off_at)))
    actions_noted = list(db.session.scalars(select(HistoryEntry.action)))
    assert actions_noted.count("reminders_off") == 2, "once for each order"


def test_one_holder_is_asked_alone_and_with_all_others(app: Flask, shop: Shop) -> None:
    made = [builders.make_order(shop, tickets=1, email=f"b{n}@example.org") for n in range(2)]
    for order in made:
        builders.claim(order.tickets[0], phone="")  # Anna has a ticket in each
    event_id, ids = shop.event_id, [order.id for order in made]
    ticket_id = made[1].tickets[0].id
    builders.require(shop.event, phone="required")
    by = By("organiser", "Olga")

    def ask_her() -> Any:
        return missing.ask(db.session.get_one(Ticket, ticket_id), by)

    def ask_all() -> Any:
        return missing.ask_all(db.session.get_one(Event, event_id), by, select(Ticket))

    results = meeting_at(app, hold("orders", ids[1]), ask_her, ask_all)
    assert results == ["anna@example.org", 1], "the other one was asked already"
    for order in made:
        assert seen.actions(order).count(missing.ASKED) == 1


def test_an_archived_shop_takes_no_order_that_comes_later(app: Flask, shop: Shop) -> None:
    """When it says that it is archived, whoever was at it is done."""
    shop_id, organiser_id = shop.id, shop.organiser_id
    places_it = lambda: place(shop_id)  # noqa: E731 - one of two that meet

    def archive() -> int:
        shop_lifecycle.archive(db.session.get_one(Shop, shop_id))
        return len(order_ids(shop_id))

    placed, at_that_moment = meeting_at(app, hold("organisers", organiser_id), places_it, archive)
    assert isinstance(placed, int)
    assert at_that_moment == 1
    assert order_ids(shop_id) == [placed]


def test_two_orders_draw_the_same_code(
    app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rarer than anything: the one who comes second draws another."""
    drawn = ["333334", "333333", "333333"]
    monkeypatch.setattr(orders, "any_code", drawn.pop)
    shop_id = shop.id
    twice = [lambda: place(shop_id)] * 2
    results = meeting_at(app, hold("organisers", shop.organiser_id), *twice)
    assert kinds(results) == ["", ""]
    assert len(order_ids(shop_id)) == 2
    assert drawn == []


def test_a_type_is_changed_while_it_is_deleted(app: Flask, shop: Shop) -> None:
    event_id, type_id = shop.event_id, shop.event.ticket_types[1].id

    def rename(found: TicketType) -> Any:
        return ticket_types.change(found, BACKSTAGE, builders.ORGANISER, revision=1)

    def do(action: Callable[[TicketType], Any]) -> Any:
        return action(db.session.get_one(TicketType, type_id))

    for action in (rename, ask_for_nothing, lambda found: ticket_types.move(found, 1)):
        both = [lambda a=each: do(a) for each in (ticket_types.delete, action)]
        assert kinds(meeting_at(app, hold("ticket_types", type_id), *both)) == [
            "",
            "EditedMeanwhile",
        ]
        db.session.rollback()
        type_id = ticket_types.create(db.session.get_one(Event, event_id), BACKSTAGE).id


def ask_for_nothing(found: TicketType) -> Any:
    return needs.change_type(found, {**needs.of_type(found), "phone": "off"}, revision=1)


BACKSTAGE = {"name": "Backstage", "code": "backstage", "price": "20", "needs_personal_data": "y"}
