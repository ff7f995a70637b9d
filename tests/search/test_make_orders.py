"""`flask make-orders`: orders that nobody placed, to look around in and to measure with."""

from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from tests import builders
from ticketing import checking
from ticketing.extensions import db
from ticketing.models import Base, Order, OutboxMail, Shop, Ticket


def make_orders(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["make-orders", *arguments])


def how_many(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_orders_for_events_of_their_own(app: Flask) -> None:
    made = make_orders(app, "60", "--tickets", "2")
    assert made.exit_code == 0, made.output
    assert "60 orders with 120 tickets of Made-up Concerts" in made.output
    assert (how_many(Order), how_many(Ticket)) == (60, 120)
    assert set(db.session.scalars(select(OutboxMail.state))) == {"sent"}, "nobody gets a mail"


def test_they_are_as_the_rules_would_leave_them(app: Flask) -> None:
    assert make_orders(app, "60").exit_code == 0
    told = list(checking.problems(db.session()))
    assert not told, "\n".join(told)


def test_again_is_more_of_them(app: Flask) -> None:
    assert make_orders(app, "5").exit_code == make_orders(app, "6").exit_code == 0
    assert how_many(Order) == 11
    assert set(db.session.scalars(select(Shop.slug))) == {f"made-up-{n}" for n in range(1, 6)}


def test_not_among_orders_that_people_placed(app: Flask) -> None:
    order = builders.make_order(tickets=1)
    refused = make_orders(app, "5")
    assert refused.exit_code == 1
    assert "Name a --shop" in refused.output
    assert how_many(Order) == 1
    slug = order.shop.slug
    db.session.rollback()
    assert make_orders(app, "5", "--shop", slug).exit_code == 0
    assert how_many(Order) == 6
    assert how_many(Shop) == 1


def test_a_shop_that_is_not_there(app: Flask) -> None:
    refused = make_orders(app, "5", "--shop", "nowhere")
    assert refused.exit_code == 1
    assert "There is no shop “nowhere”." in refused.output
