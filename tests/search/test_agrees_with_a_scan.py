"""Whatever stands in the orders and whatever is asked: the index finds what a scan finds."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import update
from sqlalchemy.orm import Session

from tests import builders
from tests.search import scan
from ticketing import search
from ticketing.extensions import db
from ticketing.models import Shop
from ticketing.search import Wanted, texts
from ticketing.search.index import entries
from ticketing.trying import made_up

ORDERS = 12
FIRST = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
# A few letters of many scripts, so that texts have much in common; and what queries are made of.
LETTERS = "abñé ßſøŁπжДא محप्िรำ小明龍さﾊ김지우🎟️👩‍👩𝔸𠮷ǅ"
SIGNS = "\"'*^()-+:{}%_\\/&|!~.,;@#=<>[]$?`\x00\n\ue000\ue001\u200b"
words = st.text(st.sampled_from(LETTERS + SIGNS), min_size=1, max_size=6)
moments = st.integers(0, 3 * 365 * 24).map(lambda hours: FIRST + dt.timedelta(hours=hours))


def stored(some: list[str]) -> str:
    """As `texts.text_of` writes it; control characters are no part of what is stored."""
    return texts.with_beginnings("\n".join(texts.asked(each) for each in some))


@pytest.fixture
def some_orders(app: Flask, shop: Shop) -> list[int]:
    return [builders.make_order(shop, tickets=1).id for _ in range(ORDERS)]


@pytest.mark.usefixtures("way")
def test_any_text(app: Flask, shop: Shop, some_orders: list[int]) -> None:
    session = db.session()

    @how(max_examples=40, deadline=None)
    @given(
        lines=st.lists(st.lists(words, max_size=4), min_size=ORDERS, max_size=ORDERS),
        query=st.lists(words, min_size=1, max_size=3),
        data=st.data(),
    )
    def agrees(lines: list[list[str]], query: list[str], data: st.DataObject) -> None:
        _write(session, some_orders, [{"text": stored(each)} for each in lines])
        rows = scan.rows(session)
        known = data.draw(st.sampled_from(["".join(each) for each in lines]))
        begin = data.draw(st.integers(0, max(0, len(known) - 1)))
        piece = known[begin : begin + data.draw(st.integers(1, 6))]
        for text in (" ".join(query), piece, f"{piece} {query[0]}"):
            for sort in ("newest", "name"):
                wanted = Wanted(shop.organiser_id, text=text, sort=sort)
                cleaned = Wanted(shop.organiser_id, text=texts.asked(text), sort=sort)
                assert scan.found(session, wanted) == scan.ids(rows, cleaned), text
        session.rollback()

    agrees()


@pytest.mark.usefixtures("way")
def test_any_filter(app: Flask, shop: Shop, some_orders: list[int]) -> None:
    session = db.session()
    shop_ids = [shop.id, shop.id + 1, shop.id + 40_000]
    organiser_ids = [shop.organiser_id, shop.organiser_id + 1]
    entry = st.fixed_dictionaries(
        {
            "organiser_id": st.sampled_from(organiser_ids),
            "shop_id": st.sampled_from(shop_ids),
            "progress": st.sampled_from(search.STATES),
            "name": st.text("abc", max_size=2),
        }
    )

    @how(max_examples=40, deadline=None)
    @given(
        values=st.lists(entry, min_size=ORDERS, max_size=ORDERS),
        at=st.lists(moments, min_size=ORDERS, max_size=ORDERS),
        text=st.sampled_from(["", "", "bea", "b", "xyz"]),
        state=st.sampled_from(["", *search.STATES]),
        shop_id=st.sampled_from([None, None, *shop_ids, 0, 2**62]),
        since=st.none() | moments,
        until=st.none() | moments,
    )
    def agrees(values: list[dict[str, Any]], at: list[dt.datetime], **filters: Any) -> None:
        # Orders come in one after the other.
        for each, moment in zip(values, sorted(at), strict=True):
            each["created_at"] = moment
        _write(session, some_orders, values)
        rows = scan.rows(session)
        for organiser_id in organiser_ids:
            for sort in search.SORTS:
                wanted = Wanted(organiser_id, sort=sort, **filters)
                expected = scan.ids(rows, wanted)
                assert scan.found(session, wanted) == expected
                assert search.count(session, wanted) == len(expected)
        session.rollback()

    agrees()


def _write(session: Session, order_ids: list[int], values: list[dict[str, Any]]) -> None:
    for order_id, each in zip(order_ids, values, strict=True):
        session.execute(update(entries).where(entries.c.order_id == order_id).values(each))


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("sort", search.SORTS)
def test_any_piece_of_what_people_are_called(app: Flask, sort: str) -> None:
    """Names as they are, in many scripts, by each of their pieces."""
    made_up.make(150, seed=7)
    session = db.session()
    rows = scan.rows(session)
    organiser_id = rows[0]["organiser_id"]
    asked: set[str] = set()
    for row in rows[::10]:
        for line in row["text"].partition("\n" + texts.MARK)[0].split("\n"):
            for length in (1, 2, 3, 5, 40):
                asked.add(line[len(line) // 3 :][:length].strip())
    assert len(asked) > 150
    for text in sorted(asked - {""}):
        wanted = Wanted(organiser_id, text=text, sort=sort)
        if not any(c.isdigit() for c in text):  # numbers have spellings of their own
            assert scan.found(session, wanted, size=7) == scan.ids(rows, wanted), text
