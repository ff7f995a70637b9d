"""What the API refuses to take for an order, and how it says so."""

import gzip
import json
from typing import Any

import pytest

from tests import seen
from tests.api.caller import Caller, errors_of, order_body, with_value
from ticketing.models import Shop

WRONG = [
    ("shop", ...),
    ("shop", ""),
    ("shop", 7),
    ("shop", None),
    ("shop", "no-such-shop"),
    ("shop", "a\0b"),
    ("reference", ...),
    ("reference", ""),
    ("reference", " "),
    ("reference", " 1"),
    ("reference", "1 "),
    ("reference", "1\n"),
    ("reference", "x" * 101),
    ("reference", "web:1"),
    ("reference", "1\x002"),
    ("reference", "1\r\nBcc: x@example.org"),
    ("reference", "\u202e321"),
    ("reference", "\ud800"),
    ("reference", 123),
    ("reference", ["1"]),
    ("locale", 1),
    ("locale", "e" * 36),
    ("booker", ...),
    ("booker", None),
    ("booker", "Bea"),
    ("booker", []),
    ("booker.first_name", ...),
    ("booker.first_name", ""),
    ("booker.first_name", "   "),
    ("booker.first_name", "x" * 201),
    ("booker.first_name", "x" * 500_000),
    ("booker.first_name", "B\0ea"),
    ("booker.first_name", "B\x1bea"),
    ("booker.first_name", "\u202eaeB"),
    ("booker.first_name", "\udfff"),
    ("booker.first_name", {"de": "Bea"}),
    ("booker.last_name", None),
    ("booker.last_name", "x" * 201),
    ("booker.email", ...),
    ("booker.email", ""),
    ("booker.email", "bea"),
    ("booker.email", "bea@"),
    ("booker.email", "bea@example.org\nBcc: x@example.org"),
    ("booker.email", "bea@example.org, x@example.org"),
    ("booker.email", "b" * 400 + "@example.org"),
    ("booker.email", ["bea@example.org"]),
    ("booker.phone", "12"),
    ("booker.phone", "+31 call me"),
    ("booker.phone", 31687654321),
    ("booker.age", 40),
    ("tickets", ...),
    ("tickets", []),
    ("tickets", {}),
    ("tickets", None),
    ("tickets", [{"type": "weekend", "quantity": 1}] * 501),
    ("tickets", [{"type": "weekend", "quantity": 500}] * 2),
    ("tickets.0", None),
    ("tickets.0", "weekend"),
    ("tickets.0.type", ...),
    ("tickets.0.type", ""),
    ("tickets.0.type", "gold"),
    ("tickets.0.type", "week\0end"),
    ("tickets.0.type", 1),
    ("tickets.0.quantity", ...),
    ("tickets.0.quantity", 0),
    ("tickets.0.quantity", -1),
    ("tickets.0.quantity", 501),
    ("tickets.0.quantity", 100_000),
    ("tickets.0.quantity", 10**30),
    ("tickets.0.quantity", 1.5),
    ("tickets.0.quantity", 1e308),
    ("tickets.0.quantity", "1"),
    ("tickets.0.quantity", True),
    ("tickets.0.quantity", None),
    ("tickets.0.price", 0),
    ("paid", True),
    ("", 1),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=lambda each: str(each)[:30])
def test_the_wrong_field_is_named(caller: Caller, shop: Shop, path: str, value: Any) -> None:
    before = seen.digest()
    refused = caller.place(with_value(order_body(shop), path, value))
    assert refused.status_code == 422
    assert list(errors_of(refused)) == [path]
    assert seen.digest() == before


def test_everything_wrong_is_said_at_once(caller: Caller, shop: Shop) -> None:
    assert errors_of(caller.place({"colour": "red", "booker": {}, "tickets": [{}]})).keys() == {
        "colour",
        "shop",
        "reference",
        "booker.first_name",
        "booker.email",
        "tickets.0.type",
        "tickets.0.quantity",
    }
    body = order_body(
        shop,
        booker={"first_name": " ", "email": "bea@", "phone": "12"},
        tickets=[
            {"type": "weekend", "quantity": 499},
            {"type": "gold", "quantity": 2},
            {"type": "silver", "quantity": 1},
        ],
    )
    assert errors_of(caller.place(body)).keys() == {
        "booker.first_name",
        "booker.email",
        "booker.phone",
        "tickets",
        "tickets.1.type",
        "tickets.2.type",
    }


@pytest.mark.parametrize("body", [[], "order", 1, True, None, [[]], {}])
def test_other_json_is_no_order(caller: Caller, body: Any) -> None:
    refused = caller.place_raw(json.dumps(body).encode())
    assert refused.status_code == 422
    errors_of(refused)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"{'shop': 1}",
        b'{"shop": "a"} {}',
        b'{"shop": NaN}',
        b'{"shop": -Infinity}',
        b'{"shop": "a", "shop": "b"}',
        b'{"shop": "a", "booker": {"email": "a", "email": "b"}}',
        b'{"shop": "\xff"}',
        '{"shop": "a"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"shop": "a"}',
        b'{"shop": ' + b"9" * 10_000 + b"}",
        b"[" * 1_000_000,
        b'{"a":' * 200_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"\0" * 1000,
    ],
    ids=lambda data: repr(data[:20]),
)
def test_what_is_no_json_is_a_bad_request(caller: Caller, data: bytes) -> None:
    refused = caller.place_raw(data)
    assert refused.status_code == 400
    assert list(errors_of(refused)) == ["request"]


def test_json_nested_as_deep_as_can_be_read_is_refused_as_well(caller: Caller) -> None:
    for depth in (50, 200, 400, 600, 800, 900, 950, 990):
        refused = caller.place_raw(b'{"shop":' + b"[" * depth + b"]" * depth + b"}")
        assert refused.status_code in {400, 422}
        errors_of(refused)


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json"],
)
def test_only_json_is_taken(caller: Caller, shop: Shop, content_type: str) -> None:
    refused = caller.place_raw(json.dumps(order_body(shop)).encode(), content_type)
    assert refused.status_code == 415
    errors_of(refused)


def test_the_content_type_may_name_its_charset(caller: Caller, shop: Shop) -> None:
    data = json.dumps(order_body(shop), ensure_ascii=False).encode()
    assert caller.place_raw(data, "application/json; charset=utf-8").status_code == 201


def test_a_compressed_body_is_refused(caller: Caller, shop: Shop) -> None:
    data = gzip.compress(json.dumps(order_body(shop)).encode())
    refused = caller.place_raw(data, **{"Content-Encoding": "gzip"})
    assert refused.status_code == 415
    errors_of(refused)


@pytest.mark.parametrize("megabytes", [2.1, 10])
def test_a_large_body_is_refused(caller: Caller, shop: Shop, megabytes: float) -> None:
    body = order_body(shop, reference="x" * int(megabytes * 1024 * 1024))
    refused = caller.place(body)
    assert refused.status_code == 413
    errors_of(refused)


@pytest.mark.parametrize(
    "body",
    [
        {f"field {n}": n for n in range(60_000)},
        {"tickets": [{}] * 200_000},
        {"tickets": [{"type": "x", "quantity": 0}] * 40_000},
        {"x" * 1_900_000: 1},
        {"\ud800": 1},
    ],
    ids=["unknown fields", "empty lines", "bad lines", "a long name", "half a character"],
)
def test_an_answer_stays_short_whatever_came(caller: Caller, body: Any) -> None:
    refused = caller.place(body)
    assert refused.status_code == 422
    assert len(errors_of(refused)) <= 50
    assert len(refused.data) < 20_000
    refused.data.decode("utf-8")
    assert "\\ud8" not in refused.text
