"""Who may call the API, and what a key of another organiser sees."""

import re
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient

from tests import seen
from tests.api.caller import Caller, errors_of, make_key, order_body
from ticketing.members import api_keys
from ticketing.models import ApiKey, Shop, now
from ticketing.storing.transactions import write

CALLS = [
    ("POST", "/api/v1/orders"),
    ("GET", "/api/v1/orders/K7XQ9P"),
    ("POST", "/api/v1/orders/K7XQ9P/cancel"),
    ("POST", "/api/v1/orders/K7XQ9P/tickets"),
    ("POST", "/api/v1/orders/K7XQ9P/tickets/K7XQ9P-1/cancel"),
    ("GET", "/api/v1/orders"),
    ("GET", "/api/v1/shops"),
    ("GET", "/api/v1/events"),
    ("GET", "/api/v1/events/1/refused-barcodes"),
    ("POST", "/api/v1/events/1/check-ins"),
]
MORE = {"tickets": [{"type": "weekend", "external_id": "1"}]}


@pytest.mark.parametrize(("method", "path"), CALLS)
@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer psl_000000000000_" + "0" * 48,
        "Bearer \u00e9\u00e9",
        "Bearer " + "x" * 5000,
        "Basic ZGVtbzpkZW1v",
        "psl_000000000000_" + "0" * 48,
    ],
)
def test_without_a_valid_key_nothing_is_told(
    client: FlaskClient, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    refused = client.open(path, method=method, headers=headers, json={})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith('Bearer realm="Passalong"')
    assert list(errors_of(refused)) == ["request"]


def test_the_prefix_alone_opens_nothing(caller: Caller, shop: Shop) -> None:
    caller.key = caller.key[:-1] + ("0" if caller.key[-1] != "0" else "1")
    assert caller.place(order_body(shop)).status_code == 401


def test_a_revoked_key_is_as_an_unknown_one(caller: Caller, shop: Shop) -> None:
    with write() as session:
        session.query(ApiKey).filter_by(organiser_id=shop.organiser_id).one().revoked_at = now()
    revoked = caller.place(order_body(shop))
    caller.key = api_keys.generate()
    unknown = caller.place(order_body(shop))
    assert revoked.status_code == unknown.status_code == 401
    assert revoked.data == unknown.data
    assert "invalid_token" in revoked.headers["WWW-Authenticate"]


def test_two_keys_live_at_once(caller: Caller, shop: Shop) -> None:
    second = Caller(caller.client, make_key(shop.organiser))
    code = caller.place(order_body(shop)).get_json()["code"]
    assert second.place(order_body(shop)).status_code == 200
    assert second.look_up(code).status_code == 200


def test_a_key_does_only_what_its_scopes_say(caller: Caller, shop: Shop) -> None:
    code = caller.place(order_body(shop)).get_json()["code"]
    reader = Caller(caller.client, make_key(shop.organiser, "orders:read"))
    writer = Caller(caller.client, make_key(shop.organiser, "orders:write"))
    nothing = Caller(caller.client, make_key(shop.organiser, "events:read"))
    assert reader.look_up(code).status_code == 200
    assert writer.place(order_body(shop)).status_code == 200
    assert reader.list_orders().status_code == reader.list_shops().status_code == 200
    before = seen.digest()
    for refused in (
        reader.place(order_body(shop, reference="new")),
        reader.cancel(code),
        reader.add(code, MORE),
        reader.cancel_ticket(f"{code}-1"),
        writer.look_up(code),
        writer.list_orders(),
        writer.list_shops(),
        nothing.look_up(code),
    ):
        assert refused.status_code == 403
        assert 'error="insufficient_scope", scope="orders:' in refused.headers["WWW-Authenticate"]
        errors_of(refused)
    assert seen.digest() == before


def test_a_key_in_the_address_is_no_key(caller: Caller) -> None:
    answer = caller.client.get(f"/api/v1/orders/K7XQ9P?access_token={caller.key}")
    assert answer.status_code == 401


def test_the_database_holds_no_key(caller: Caller) -> None:
    assert re.fullmatch(r"psl_[0-9a-f]{12}_[0-9a-f]{48}", caller.key)
    secret = caller.key.rpartition("_")[2]
    assert secret not in repr(seen.rows())


# Another organiser's:


def test_another_organisers_shop_is_an_unknown_one(
    shop: Shop, stranger: Caller, caller: Caller
) -> None:
    caller.place(order_body(shop))  # the reference is taken there, which tells nothing either
    theirs = stranger.place(order_body(shop))
    unknown = stranger.place(order_body(shop, shop="no-such-shop"))
    assert theirs.status_code == unknown.status_code == 422
    assert list(errors_of(theirs)) == ["shop"]
    assert theirs.data == unknown.data


def test_another_organisers_order_is_not_there(
    shop: Shop, stranger: Caller, caller: Caller
) -> None:
    code = caller.place(order_body(shop)).get_json()["code"]
    before = seen.digest()
    for theirs, unknown in (
        (stranger.look_up(code), stranger.look_up("K7XQ9P")),
        (stranger.cancel(code), stranger.cancel("K7XQ9P")),
        (stranger.add(code, MORE), stranger.add("K7XQ9P", MORE)),
        (stranger.cancel_ticket(f"{code}-1"), stranger.cancel_ticket("K7XQ9P-1")),
    ):
        assert theirs.status_code == unknown.status_code == 404
        assert theirs.data == unknown.data
        errors_of(theirs)
    assert seen.digest() == before


# Without ids: each shows or takes the key's own alone.
LISTS = {"api.openapi", "api.place", "api.list_orders", "api.list_shops", "api.list_events"}
BODIES: dict[str, Any] = {"api.add": MORE, "api.check_in": {"barcode": "A" * 120}}


def test_every_route_there_is_hides_another_organisers(
    app: Flask, shop: Shop, stranger: Caller, caller: Caller
) -> None:
    """A new route fails here until it hides them too."""
    code = caller.place(order_body(shop)).get_json()["code"]
    before = seen.digest()
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.endpoint.startswith("api."):
            continue
        assert bool(rule.arguments) == (rule.endpoint not in LISTS), rule.rule
        known = {"code": code, "ticket": f"{code}-1", "event_id": shop.event_id}
        ids: dict[str, Any] = {each: known[each] for each in rule.arguments}
        with app.test_request_context():
            path = url_for(rule.endpoint, **ids)
        for method in (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            body: dict[str, Any] = {}
            if method == "POST":
                body = {"json": BODIES.get(rule.endpoint, {})}
            answer = stranger.client.open(path, method=method, headers=stranger.headers, **body)
            assert code not in answer.text, rule.rule
            if rule.arguments:
                assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status}"
                tried += 1
    assert tried >= 4
    assert seen.digest() == before


def test_another_shop_of_the_same_organiser_may_use_the_key(caller: Caller, shop: Shop) -> None:
    with write() as session:
        second = Shop(
            organiser_id=shop.organiser_id, event_id=shop.event_id, slug="second", name="Second"
        )
        session.add(second)
    assert caller.place(order_body(second)).status_code == 201
