"""Pages are complete, and stay where they are while orders come and go."""

import threading

import pytest
from flask import Flask
from sqlalchemy import select

from tests import builders
from ticketing import search, sending
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.ordering import orders
from ticketing.ordering.orders import Line
from ticketing.search import Page, Wanted
from ticketing.trying import made_up

pytestmark = pytest.mark.usefixtures("way")

TEXTS = ("", "e", "example", "example 1")


def page(wanted: Wanted, size: int = 4, **cursor: int | None) -> Page:
    everything = select(Order).where(Order.organiser_id == wanted.organiser_id)
    return search.find(db.session(), everything, wanted, size=size, **cursor)


def forth(wanted: Wanted) -> list[list[int]]:
    found = [page(wanted)]
    while found[-1].after is not None:
        found.append(page(wanted, after=found[-1].after))
    return [[order.id for order in each.orders] for each in found]


def back(wanted: Wanted, last: list[int]) -> list[list[int]]:
    found: list[list[int]] = [last]
    cursor: int | None = last[0]
    while cursor is not None:
        before = page(wanted, before=cursor)
        found.insert(0, [order.id for order in before.orders])
        cursor = before.before
    return found


@pytest.mark.parametrize("sort", search.SORTS)
@pytest.mark.parametrize("text", TEXTS)
def test_each_order_once_forth_and_back(app: Flask, sort: str, text: str) -> None:
    made_up.make(30, seed=3)
    organiser_id = db.session.scalars(select(Order.organiser_id).limit(1)).one()
    wanted = Wanted(organiser_id, text=text, sort=sort)
    pages = forth(wanted)
    every = [order_id for some in pages for order_id in some]
    assert len(every) == len(set(every)) == search.count(db.session(), wanted)
    if len(pages) > 1:
        assert back(wanted, pages[-1]) == pages


@pytest.mark.parametrize("sort", search.SORTS)
@pytest.mark.parametrize("text", ["", "smit"])
def test_orders_that_come_in_meanwhile_shift_nothing(shop: Shop, sort: str, text: str) -> None:
    """Somebody leafs from page to page; whoever was there at the start is met exactly once."""
    names = ("Smit", "Bakker", "Smit", "Adams", "Zwart", "Smit", "Visser", "Smit", "Smits", "Smit")
    there = [builders.make_order(shop, tickets=1, last_name=name).id for name in names]
    wanted = Wanted(shop.organiser_id, text=text, sort=sort)
    expected = [id for id, name in zip(there, names, strict=True) if text in name.lower()]
    met: list[int] = []
    now: int | None = None
    while True:
        shown = page(wanted, size=2, after=now)
        met += [order.id for order in shown.orders]
        for name in ("Smit", "Aa", "Zz"):
            builders.make_order(shop, tickets=1, last_name=name)
        if shown.after is None or len(met) > 40:
            break
        now = shown.after
        if set(expected) <= set(met):
            break
    assert len(met) == len(set(met)), "an order was shown twice"
    assert set(expected) <= set(met), "an order was left out"


@pytest.mark.parametrize("sort", ["newest", "name"])
def test_the_order_at_the_cursor_may_have_left_the_list(shop: Shop, sort: str) -> None:
    made = [builders.make_order(shop, tickets=1, last_name="Smit") for _ in range(6)]
    wanted = Wanted(shop.organiser_id, text="smit", sort=sort)
    first = page(wanted, size=2)
    at = first.orders[-1]
    given = {"first_name": "Bea", "last_name": at.last_name + "ers", "email": "b@example.org"}
    sending.edit_contact(at, {**given, "phone": ""}, builders.ORGANISER, revision=at.revision)
    rest = page(Wanted(shop.organiser_id, text="smit", sort=sort), size=9, after=at.id)
    ids = {order.id for order in rest.orders}
    assert not ids & {order.id for order in first.orders}
    if sort == "newest":
        assert len(ids) == len(made) - 2


def test_while_several_place_orders_at_once(app: Flask, shop: Shop) -> None:
    """Nothing that was there at the start is missing or double, and at the end all are found."""
    there = {builders.make_order(shop, tickets=1).id for _ in range(8)}
    wanted, shop_id = Wanted(shop.organiser_id, text="bea", sort="oldest"), shop.id

    def place(who: int) -> None:
        with app.app_context():
            for number in range(8):
                booker = orders.Booker("Bea", "Also", "also@example.org")
                lines = [Line("weekend", 1)]
                orders.place(shop_id, f"{who}-{number}", booker, lines, locale="en")

    threads = [threading.Thread(target=place, args=(who,)) for who in range(3)]
    for thread in threads:
        thread.start()
    met: list[int] = []
    while True:
        shown = page(wanted, size=3, after=met[-1] if met else None)
        db.session.rollback()
        met += [order.id for order in shown.orders]
        if shown.after is None:
            break
    for thread in threads:
        thread.join(60)
    db.session.rollback()
    assert len(met) == len(set(met))
    assert there <= set(met)
    assert search.count(db.session(), wanted) == 8 + 24
