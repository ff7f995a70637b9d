import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import event

from tests import builders
from tests.backoffice.browsing import Browser
from ticketing import cancelling
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.storing.transactions import write

LIST = "/backoffice/orders"


def found(browser: Browser, query: str) -> list[str]:
    """The codes that the list shows, in its order."""
    answer = browser.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer.status
    return re.findall(r'href="/backoffice/orders/\d+">(\w{6})</a>', answer.text)


@pytest.fixture
def zoe(shop: Shop) -> Order:
    """The order of Zoë Ärmel, two of whose five tickets have a holder."""
    order = builders.make_order(
        shop,
        tickets=5,
        first_name="Zoë",
        last_name="Ärmel",
        email="zoe.armel@example.org",
        phone="+31612345678",
    )
    builders.claim(order.tickets[0], phone="+33612345699")
    builders.claim(
        order.tickets[1], first_name="李", last_name="小龍", email="li@example.org", phone=""
    )
    return order


@pytest.mark.parametrize(
    "words",
    [
        "zoë",
        "ZOE armel",
        "ärmel zoë",
        "zoe.armel@example.org",
        "example.org 小龍",
        "anna visser",
        "+31612345678",
        "+31 6 1234 5678",
        "06 12345678",
        "0612345678",
        "061234",
        "(06) 1234-5678",
        "zoe 06-12345678",
        "+33612345699",
    ],
)
def test_it_finds_an_order_by_what_people_know_of_it(
    olga: Browser, zoe: Order, order: Order, words: str
) -> None:
    assert found_by(olga, words) == [zoe.code]


def found_by(browser: Browser, words: str) -> list[str]:
    answer = browser.get(LIST, query_string={"q": words})
    return re.findall(r'href="/backoffice/orders/\d+">(\w{6})</a>', answer.text)


def test_it_finds_codes_and_references(olga: Browser, zoe: Order, order: Order) -> None:
    for words in (
        zoe.code,
        zoe.code.lower(),
        zoe.code[:4],
        f"{zoe.code}-3",
        zoe.reference,
        f"{zoe.reference} zoe",
    ):
        assert found_by(olga, words) == [zoe.code], words


@pytest.mark.parametrize("words", ["zoe booker", "%", "_", "\\", "zo%l", "' or 1=1 --", "06999999"])
def test_it_finds_nothing_else(olga: Browser, zoe: Order, order: Order, words: str) -> None:
    assert found_by(olga, words) == []


def test_strange_queries_do_no_harm(olga: Browser, zoe: Order) -> None:
    for query in (
        {"q": "\x00zo\x00e"},
        {"q": "zoe" * 500},
        {"event": "x", "shop": "-1"},
        {"event": "9" * 40},
        {"from": "yesterday", "to": "2026-13-45", "sort": "sideways", "state": "none' or"},
        {"from": "0001-01-01", "to": "9999-12-31"},
        {"after": "x", "before": "99999999999999999999999"},
    ):
        assert olga.get(LIST, query_string=query).status_code == 200, query


def test_it_filters_by_shop_and_event(olga: Browser, shop: Shop, order: Order) -> None:
    with write() as session:
        other = Shop(
            organiser_id=shop.organiser_id, event_id=shop.event_id, slug="second", name="Second"
        )
        session.add(other)
    second = builders.make_order(other)
    assert found(olga, f"shop={shop.id}") == [order.code]
    assert found(olga, f"shop={other.id}") == [second.code]
    assert set(found(olga, f"event={shop.event_id}")) == {order.code, second.code}
    assert found(olga, "event=0") == []


def test_it_filters_by_how_far_personalisation_is(olga: Browser, shop: Shop, zoe: Order) -> None:
    none = builders.make_order(shop)
    everything = builders.make_order(shop, tickets=1)
    builders.claim(everything.tickets[0])
    cancelled = builders.make_order(shop)
    cancelling.cancel_order(cancelled, builders.ORGANISER)
    assert found(olga, "state=none") == [none.code]
    assert found(olga, "state=some") == [zoe.code]
    assert found(olga, "state=all") == [everything.code]
    assert found(olga, "state=cancelled") == [cancelled.code]


def test_an_order_cancelled_ticket_by_ticket_is_found_as_cancelled(
    olga: Browser, shop: Shop
) -> None:
    order = builders.make_order(shop, tickets=2)
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    assert found(olga, "state=none") == [order.code]
    assert found(olga, "state=cancelled") == []
    cancelling.cancel_ticket(order.tickets[1], builders.ORGANISER)
    assert found(olga, "state=cancelled") == [order.code]
    for state in ("none", "some", "all"):
        assert found(olga, f"state={state}") == []


def test_days_are_those_of_the_event(olga: Browser, order: Order) -> None:
    """Half past eleven at night in UTC is the next day in Amsterdam."""
    builders.placed_at(order, dt.datetime(2026, 7, 1, 23, 30, tzinfo=dt.UTC))
    assert found(olga, "from=2026-07-02&to=2026-07-02") == [order.code]
    assert found(olga, "from=2026-07-01&to=2026-07-01") == []
    assert found(olga, "from=2026-07-03") == []


def test_it_shows_how_far_each_order_is(olga: Browser, zoe: Order) -> None:
    text = olga.get(LIST).text
    assert "2 of 5 personalised" in text
    assert "Zoë Ärmel" in text
    assert "Riverside Festival" in text


@pytest.mark.parametrize("sort", ["newest", "oldest", "name", "code"])
def test_pages_go_forth_and_back(
    olga: Browser, shop: Shop, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every order once, whatever the sorting, with equal sort keys too; back the same way."""
    monkeypatch.setattr("ticketing.web.backoffice.orders.orders.PAGE_SIZE", 3)
    made = [
        builders.make_order(shop, tickets=1, last_name=name)
        for name in ("Smit", "Smit", "Bakker", "Visser", "Smit", "Adams", "Visser", "Zwart")
    ]
    for number, order in enumerate(made):
        builders.placed_at(order, dt.datetime(2026, 1, 1 + number // 3, tzinfo=dt.UTC))
    forth, back = [], []
    url = f"{LIST}?sort={sort}"
    while url:
        answer = olga.get(url)
        forth.append(re.findall(r'href="/backoffice/orders/\d+">(\w{6})</a>', answer.text))
        last, url = url, _link(answer.text, "next")
    url = last
    while url:
        answer = olga.get(url)
        back.append(re.findall(r'href="/backoffice/orders/\d+">(\w{6})</a>', answer.text))
        url = _link(answer.text, "prev")
    assert [len(page) for page in forth] == [3, 3, 2]
    every = [code for page in forth for code in page]
    assert sorted(every) == sorted(order.code for order in made)
    assert back == forth[::-1]
    if sort == "code":
        assert every == sorted(every)


def _link(html: str, rel: str) -> str:
    match = re.search(rf'href="([^"]+)" rel="{rel}"', html)
    return match[1].replace("&amp;", "&") if match else ""


def test_the_address_keeps_the_query(olga: Browser, zoe: Order) -> None:
    answer = olga.get(f"{LIST}?q=zoe&event=&shop=&state=some&from=&to=&sort=newest")
    assert answer.headers["HX-Replace-Url"] == f"{LIST}?q=zoe&state=some"
    assert 'value="zoe"' in answer.text
    assert '<option value="some" selected>' in answer.text


def test_typing_swaps_the_results_alone(olga: Browser, zoe: Order) -> None:
    answer = olga.get(f"{LIST}?q=zoe", headers={"HX-Request": "true", "HX-Target": "results"})
    assert "<html" not in answer.text
    assert answer.text.count('id="results"') == 1
    assert zoe.code in answer.text


def test_an_empty_list_says_what_to_do(olga: Browser) -> None:
    assert "No orders yet" in olga.get(LIST).text
    assert "No order fits" in olga.get(f"{LIST}?q=xyz").text


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.startswith("SELECT"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_thirty_orders_take_as_many_queries_as_three(app: Flask, olga: Browser, shop: Shop) -> None:
    counts = []
    for more in (3, 27):
        for _n in range(more):
            builders.make_order(shop, tickets=2)
        with counting(app) as statements:
            assert olga.get(LIST).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] <= 11
