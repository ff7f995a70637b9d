"""A shop's program asks which orders there are, and what is sold."""

import datetime as dt
from typing import Any

import pytest

from tests import builders, seen
from tests.api.caller import Caller, errors_of, make_key, order_body
from ticketing.extensions import db
from ticketing.models import Order, Shop, now
from ticketing.storing.transactions import write


@pytest.fixture
def orders(caller: Caller, shop: Shop) -> list[str]:
    """Five of them, as they were placed."""
    return [
        caller.place(order_body(shop, reference=f"R-{number}")).get_json()["code"]
        for number in range(5)
    ]


def listed(caller: Caller, **parameters: Any) -> list[str]:
    answer = caller.list_orders(**parameters)
    assert answer.status_code == 200, answer.text
    return [each["code"] for each in answer.get_json()["orders"]]


def test_a_list_says_what_is_most_asked(caller: Caller, shop: Shop, orders: list[str]) -> None:
    order = db.session.query(Order).filter_by(code=orders[0]).one()
    builders.claim(order.tickets[0])
    caller.cancel_ticket(f"{orders[0]}-2")
    found = caller.list_orders(reference="R-0").get_json()["orders"][0]
    shown = caller.look_up(orders[0]).get_json()
    assert found.pop("tickets") == {"open": 0, "personalised": 2, "checked_in": 0, "cancelled": 1}
    assert found == {key: shown[key] for key in found}
    assert "/o/" not in caller.list_orders().text


def test_page_after_page(caller: Caller, orders: list[str]) -> None:
    found: list[str] = []
    after: dict[str, str] = {}
    for size in (2, 2, 1):
        page = caller.list_orders(limit=2, **after).get_json()
        assert len(page["orders"]) == size
        found += [each["code"] for each in page["orders"]]
        after = {"after": page["next"]}
    assert page["next"] is None
    assert found == orders


def test_what_changes_while_somebody_reads_comes_again_and_nothing_is_missed(
    caller: Caller, orders: list[str]
) -> None:
    first = caller.list_orders(limit=2).get_json()
    caller.cancel_ticket(f"{orders[0]}-1")
    caller.cancel(orders[1])  # the very order that the cursor names
    caller.cancel(orders[3])
    rest = listed(caller, after=first["next"])
    assert rest == [orders[2], orders[4], orders[0], orders[1], orders[3]]


def test_orders_of_one_moment_have_their_sequence(caller: Caller, orders: list[str]) -> None:
    with write() as session:
        session.query(Order).update({"updated_at": now()})
    found: list[str] = []
    after: dict[str, str] = {}
    for _page in range(5):
        page = caller.list_orders(limit=1, **after).get_json()
        found += [each["code"] for each in page["orders"]]
        after = {"after": page["next"]}
    assert found == orders


def test_filters(caller: Caller, shop: Shop, orders: list[str]) -> None:
    with write() as session:
        second = Shop(
            organiser_id=shop.organiser_id, event_id=shop.event_id, slug="second", name="Second"
        )
        session.add(second)
    other = caller.place(order_body(second, reference="R-1")).get_json()["code"]
    caller.cancel(orders[2])
    assert listed(caller, shop="second") == [other]
    assert set(listed(caller, reference="R-1")) == {orders[1], other}
    assert listed(caller, shop=shop.slug, reference="R-1") == [orders[1]]
    assert listed(caller, state="cancelled") == [orders[2]]
    assert len(listed(caller, state="placed")) == 5
    assert listed(caller, reference="R-%") == []


def test_what_changed_since(caller: Caller, orders: list[str]) -> None:
    moment = caller.look_up(orders[3]).get_json()["updated_at"]
    assert listed(caller, updated_since=moment) == orders[3:]
    east = dt.datetime.fromisoformat(moment).astimezone(dt.timezone(dt.timedelta(hours=5)))
    assert listed(caller, updated_since=east.isoformat()) == orders[3:]
    builders.claim(db.session.query(Order).filter_by(code=orders[0]).one().tickets[0])
    assert listed(caller, updated_since=moment) == [*orders[3:], orders[0]]


def test_another_organisers_orders_are_not_in_it(
    caller: Caller, stranger: Caller, shop: Shop, orders: list[str]
) -> None:
    assert listed(stranger) == []
    refused = stranger.list_orders(shop=shop.slug)
    assert refused.data == stranger.list_orders(shop="no-such-shop").data
    cursor = caller.list_orders(limit=1).get_json()["next"]
    assert stranger.list_orders(after=cursor).status_code == 422


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shop", "no-such-shop"),
        ("shop", "a\0b"),
        ("state", "open"),
        ("state", ""),
        ("updated_since", "yesterday"),
        ("updated_since", "2026-05-01"),
        ("updated_since", "2026-05-01T12:00:00"),
        ("updated_since", "2026-05-01T12:00:00 02:00"),
        ("updated_since", "0001-01-01T00:00:00+14:00"),
        ("updated_since", "9999-12-31T23:59:59-14:00"),
        ("after", "1"),
        ("after", "1.K7XQ9P"),
        ("after", "9" * 16 + ".K7XQ9P"),
        ("after", ""),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "-1"),
        ("limit", "1.5"),
        ("limit", "²"),
        ("limit", "9" * 5000),
        ("page", "2"),
        ("reference", "x" * 101),
    ],
)
def test_the_wrong_parameter_is_named(
    caller: Caller, orders: list[str], name: str, value: str
) -> None:
    refused = caller.list_orders(**{name: value})
    assert refused.status_code == 422
    assert list(errors_of(refused)) == [name]


def test_a_hundred_large_orders_cost_few_queries(caller: Caller, shop: Shop) -> None:
    for number in range(3):
        caller.place(order_body(shop, reference=str(number)))
    before = seen.digest()
    assert len(listed(caller)) == 3
    assert seen.digest() == before


# Shops:


def test_shops_say_what_is_sold_and_asked(caller: Caller, shop: Shop) -> None:
    with write():
        shop.event.fields = {"city": "optional", "gender": "required"}
        shop.event.ticket_types[1].archived_at = now()
    (found,) = caller.list_shops().get_json()["shops"]
    types = found.pop("ticket_types")
    starts = dt.datetime.fromisoformat(found["event"].pop("starts_at"))
    ends = dt.datetime.fromisoformat(found["event"].pop("ends_at"))
    assert (starts, ends) == (shop.event.starts_at, shop.event.ends_at)
    assert found == {
        "slug": shop.slug,
        "name": "Riverside tickets",
        "archived": False,
        "languages": ["en"],
        "event": {
            "name": "Riverside Festival",
            "place": "Rivierpark\nKade 1, 1011 AB Amsterdam",
            "timezone": "Europe/Amsterdam",
            "currency": "EUR",
        },
    }
    assert [(each["code"], each["price"], each["archived"]) for each in types] == [
        ("weekend", 9500, False),
        ("friday", 4500, True),
        ("parking", 0, False),
    ]
    assert types[2]["asks"] == []
    asked = {each["key"]: each for each in types[0]["asks"]}
    assert [(key, each["required"]) for key, each in asked.items()] == [
        ("first_name", True),
        ("last_name", True),
        ("email", True),
        ("phone", False),
        ("gender", True),
        ("city", False),
    ]
    assert [each["key"] for each in asked["gender"]["choices"]] == [
        "female",
        "male",
        "other",
        "unsaid",
    ]


def test_what_a_shop_says_it_asks_is_what_it_takes(caller: Caller, shop: Shop) -> None:
    builders.require(shop.event, date_of_birth="required", city="optional")
    builders.ask(shop.event, "Diet", "choice", "Vegan", "Halal", need="required")
    type_ = caller.list_shops().get_json()["shops"][0]["ticket_types"][0]
    answers = {
        "text": "Anna",
        "email": "anna@example.org",
        "phone": "+31612345678",
        "date": "1990-12-31",
    }
    holder: dict[str, Any] = {"details": {}}
    for each in type_["asks"]:
        into = holder if each["key"] in ("first_name", "last_name", "email", "phone") else None
        answer = each["choices"][0]["key"] if each["choices"] else answers[each["kind"]]
        (holder["details"] if into is None else into)[each["key"]] = answer
    line = {"type": type_["code"], "holder": holder}
    placed = caller.place(order_body(shop, tickets=[line]))
    assert placed.status_code == 201, placed.text


def test_archived_shops_stand_last_and_others_nowhere(
    caller: Caller, stranger: Caller, shop: Shop
) -> None:
    with write() as session:
        shop.archived_at = now()
        session.add(
            Shop(
                organiser_id=shop.organiser_id, event_id=shop.event_id, slug="second", name="Second"
            )
        )
    slug = shop.slug
    found = caller.list_shops().get_json()["shops"]
    assert [(each["slug"], each["archived"]) for each in found] == [
        ("second", False),
        (slug, True),
    ]
    assert slug not in [each["slug"] for each in stranger.list_shops().get_json()["shops"]]


def test_a_key_that_may_only_read_reads(caller: Caller, shop: Shop, orders: list[str]) -> None:
    reader = Caller(caller.client, make_key(shop.organiser, "orders:read"))
    assert listed(reader) == orders
    assert reader.list_shops().status_code == 200
