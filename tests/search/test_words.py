"""How words are found: anywhere from three characters on, at a word's beginning below that."""

import pytest
from flask import Flask
from sqlalchemy import update

from tests import builders
from tests.hostile import FORMULAS, MARKUP, TEMPLATES
from ticketing import search
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.search import Wanted, texts
from ticketing.search.index import entries
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("way")


def found(shop: Shop, text: str) -> list[int]:
    wanted = Wanted(shop.organiser_id, text=text, sort="oldest", regions=("NL",))
    ids = search.ids_after(db.session(), wanted, None, 50)
    assert search.count(db.session(), wanted) == len(ids)
    return ids


def forget_code(order: Order) -> None:
    """Have it found by all but its code, which by chance may begin with what is asked for."""
    lines = texts.text_of(order).partition("\n" + texts.MARK)[0]
    text = texts.with_beginnings(lines.replace(order.code.lower(), "777777"))
    with write():
        db.session.execute(update(entries).where(entries.c.order_id == order.id).values(text=text))


@pytest.mark.parametrize(
    ("first", "last", "queries"),
    [
        ("Zoë", "van den Berg", ["zoe", "den", "ber", "erg", "b", "v", "zo", "berg zoë", "Z B"]),
        ("Seán", "O’Connor", ["connor", "o’c", "o", "co", "sean o"]),
        ("Żaneta", "Żółć-Łoś", ["zolc", "ŻÓŁĆ", "lo", "olc-los", "z l"]),
        ("Γιώργος", "Παπαδόπουλος", ["γιωρ", "πα", "δοπ", "ΓΙΏ"]),
        ("Ольга", "Иванова", ["ива", "и", "ольга", "нова"]),
        ("נועה", "כהן", ["כהן", "נו", "ועה"]),
        ("محمد", "الفارسي", ["الف", "مح", "فارس"]),
        ("प्रिया", "शर्मा", ["शर्मा", "प्रिया", "प्र"]),
        ("小明", "王", ["小明", "明", "王", "小", "小明 王"]),
        ("王小明", "", ["小明", "王小明", "明", "小"]),
        ("さくら", "田中", ["さくら", "田中", "くら", "ら"]),
        ("지우", "김", ["지우", "김", "우", "김 지"]),
        ("𠮷野", "🎟️", ["𠮷", "𠮷野", "🎟️", "🎟"]),
        ("Ｆｕｌｌ", "ﬃnger", ["full", "ffinger", "ffi", "fu"]),
        ("100%", "a_b\\c", ["100%", "00%", "a_b\\c", "b\\c", "b\\"]),
    ],
)
def test_names_in_every_script(shop: Shop, first: str, last: str, queries: list[str]) -> None:
    forget_code(
        builders.make_order(shop, first_name="Quirijn", last_name="Xu", email="q@example.net")
    )
    order = builders.make_order(shop, first_name=first, last_name=last, email="who@nowhere.test")
    for query in queries:
        assert order.id in found(shop, query), query
        assert len(found(shop, query)) == 1, query


def test_short_words_begin_a_word_of_whatever_is_known(shop: Shop) -> None:
    order = builders.make_order(
        shop, first_name="Quirijn", last_name="de Wit", email="post.bus@under.example"
    )
    other = builders.make_order(shop, first_name="Ada", last_name="Ox", email="o@oxo.net")
    builders.claim(order.tickets[0], first_name="Ilse", last_name="Uyl", email="ilse@wx.test")
    code = order.code.lower()
    for query in ("q", "qu", "w", "wi", "po", "bu", "un", "il", "uy", "wx", code[0], code[:2]):
        assert order.id in found(shop, query), query
    for query in ("ui", "os", "us", "ri", "yl"):  # no code has these letters
        assert order.id not in found(shop, query), query
    assert found(shop, "ox") == [other.id]


def test_all_words_must_be_found(shop: Shop) -> None:
    both = builders.make_order(shop, first_name="Anna", last_name="Smit")
    builders.make_order(shop, first_name="Anna", last_name="Bakker")
    builders.make_order(shop, first_name="Bob", last_name="Smit")
    assert found(shop, "smit anna") == [both.id]
    assert found(shop, "s anna") == [both.id]
    assert found(shop, "anna smit bakker") == []


@pytest.mark.parametrize("number", ["0612345678", "+31612345678", "06-1234 5678", "1234567"])
def test_phone_numbers_in_any_spelling(shop: Shop, number: str) -> None:
    order = builders.make_order(shop, phone="+31612345678")
    builders.make_order(shop, phone="+31612345699")
    assert found(shop, number) == [order.id]
    assert found(shop, f"bea {number}") == [order.id]
    assert found(shop, f"{number} nobody") == []


NONSENSE = [
    *("NEAR", "NEAR(bea booker)", "bea AND booker", "bea OR nobody", "NOT bea", "bea NOT booker"),
    *('"', '""', '"bea', 'be"a', "bea*", "*", "^bea", "-bea", "- bea", "+bea", "+ +"),
    *("text:bea", "{text}: bea", "(bea", ")", "()", "bea)", "'", "bea'--", "; drop table orders"),
    *("%", "_", "\\", "be%", "b_a", "%%%", "___", "\\%", "be\\a", "{bea,booker}", "@>", "[1:2]"),
]


@pytest.mark.parametrize("query", NONSENSE)
def test_what_an_engine_may_understand_is_a_word_like_others(shop: Shop, query: str) -> None:
    builders.make_order(shop, first_name="Bea", last_name="Booker", phone="")
    assert found(shop, query) == []
    named = builders.make_order(shop, first_name=query, last_name="Odd", phone="")
    assert found(shop, query) == [named.id]


@pytest.mark.parametrize(
    ("query", "plain"),
    [
        ("be\x00a", "bea"),
        ("be\u200ba", "bea"),
        ("\ue000b", "b"),
        ("\ue000\ue000b", "b"),
        ("\ue001\U000f0000\U000f0001bea", "bea"),
        ("bea\ud800", "bea"),
        ("\x00", ""),
        (" \t\n\u3000", ""),
    ],
)
def test_what_no_order_can_hold_is_no_part_of_a_word(shop: Shop, query: str, plain: str) -> None:
    builders.make_order(shop, first_name="Bea", last_name="Booker")
    builders.make_order(shop, first_name="Anna", last_name="Visser", email="anna@example.org")
    assert found(shop, query) == found(shop, plain) != []


def test_hundreds_of_hostile_texts_are_found_as_they_are(shop: Shop) -> None:
    every = [each for each in (*FORMULAS, *MARKUP, *TEMPLATES) if len("".join(each.split())) > 2]
    order = builders.make_order(shop)
    for text in every[::4]:
        assert order.id not in found(shop, f"zz{text}")
    longest = "".join(dict.fromkeys("".join(every)))[:200]
    assert found(shop, longest) == []
    assert found(shop, " ".join(longest)) == []


def test_it_keeps_to_the_organiser(app: Flask, shop: Shop) -> None:
    rival = builders.make_shop(organiser_name="Rival Nights")
    ours, theirs = builders.make_order(shop), builders.make_order(rival)
    for text in ("bea", "b", "", "+31687654321"):
        assert found(shop, text) == [ours.id]
        assert found(rival, text) == [theirs.id]
    wanted = Wanted(shop.organiser_id, event_id=rival.event_id)
    assert search.ids_after(db.session(), wanted, None, 50) == []
    wanted = Wanted(shop.organiser_id, shop_id=rival.id)
    assert search.count(db.session(), wanted) == 0


def test_a_cursor_of_another_organiser_is_none(shop: Shop) -> None:
    theirs = builders.make_order(builders.make_shop(organiser_name="Rival Nights"))
    ours = builders.make_order(shop)
    everything = db.select(Order).where(Order.organiser_id == shop.organiser_id)
    for cursor in ({"after": theirs.id}, {"before": theirs.id}, {"after": 2**62}):
        page = search.find(db.session(), everything, Wanted(shop.organiser_id), size=5, **cursor)
        assert [each.id for each in page.orders] == [ours.id]
        assert (page.before, page.after) == (None, None)
