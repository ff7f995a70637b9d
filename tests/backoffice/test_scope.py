"""Nobody sees or touches another organiser's data: tried on every route there is."""

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests import builders
from tests.backoffice.browsing import Browser
from tests.seen import digest
from ticketing.models import Order

# Lists: open to every organiser, each showing their own alone.
LISTS = {"backoffice.home", "backoffice.orders", "backoffice.shops", "backoffice.outbox"}
IDS = {"order_id", "ticket_id", "shop_id", "mail_id"}


def _rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("backoffice.")]


def _path(app: Flask, rule: Rule, order: Order) -> str:
    """Where the rule leads for an order of somebody else's; an id we don't know fails the test."""
    assert rule.arguments <= IDS, f"{rule.rule}: say in this test whose {rule.arguments} it takes"
    ids = {
        "order_id": order.id,
        "ticket_id": order.tickets[0].id,
        "shop_id": order.shop_id,
        "mail_id": builders.mails_of(order)[0].id,
    }
    with app.test_request_context():
        url = app.url_map.bind("localhost").build(
            rule.endpoint, {key: ids[key] for key in rule.arguments}
        )
    return url.removeprefix("http://localhost")


def _methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}


def test_another_organisers_ids_are_not_found(app: Flask, rival: Browser, order: Order) -> None:
    token = rival.token()
    builders.claim(order.tickets[0])
    before = digest()
    tried = 0
    for rule in _rules(app):
        if rule.endpoint in LISTS:
            assert not rule.arguments, rule.rule
            continue
        assert rule.arguments, f"{rule.rule} has no id: is it a list?"
        for method in _methods(rule):
            answer = rival.request(
                method,
                _path(app, rule, order),
                data={"csrf_token": token, "revision": "1"} if method != "GET" else None,
            )
            assert answer.status_code == 404, f"{method} {rule.rule}: {answer.status}"
            assert order.code not in answer.text
            tried += 1
    assert tried >= 20
    assert digest() == before


@pytest.mark.parametrize("query", ["", "?q=bea", "?sort=name", "?archived=1", "?state=waiting"])
def test_lists_show_their_own_alone(
    app: Flask, rival: Browser, olga: Browser, order: Order, query: str
) -> None:
    for endpoint in ("orders", "shops", "outbox"):
        assert order.code not in rival.get(f"/backoffice/{endpoint}{query}").text
    assert order.code in olga.get("/backoffice/orders?q=bea").text


def test_another_organisers_filters_find_nothing(rival: Browser, order: Order) -> None:
    for query in (
        f"shop={order.shop_id}",
        f"event={order.shop.event_id}",
        f"after={order.id + 1}",
        f"before={order.id - 1}",
        f"q={order.code}",
    ):
        assert f"/orders/{order.id}" not in rival.get(f"/backoffice/orders?{query}").text


def test_nobody_gets_in_without_signing_in(app: Flask, stranger: Browser, order: Order) -> None:
    before = digest()
    for rule in _rules(app):
        for method in _methods(rule):
            path = _path(app, rule, order)
            answer = stranger.request(method, path)
            assert answer.status_code == 302, f"{method} {rule.rule}: {answer.status}"
            assert answer.location.startswith("/backoffice/sign-in")
            assert stranger.request(method, path, headers={"HX-Request": "true"}).status_code == 401
    assert digest() == before


def test_nothing_changes_without_the_forms_token(app: Flask, olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    before = digest()
    tried = 0
    for rule in _rules(app):
        if "POST" in _methods(rule):
            for token in (None, "guessed"):
                answer = olga.post(
                    _path(app, rule, order),
                    {"csrf_token": token or "", "revision": "2", "first_name": "Mallory"},
                )
                assert answer.status_code in {400, 422}, f"{rule.rule}: {answer.status}"
                tried += 1
    assert tried >= 18
    assert digest() == before


def test_get_changes_nothing(app: Flask, olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    before = digest()
    for rule in _rules(app):
        if "GET" in _methods(rule) and rule.endpoint != "backoffice.ticket_file":
            path = _path(app, rule, order)
            assert olga.get(path).status_code in {200, 302}, path
            assert olga.request("HEAD", path).status_code in {200, 302}
    assert digest() == before


def test_pages_tell_browsers_to_keep_to_themselves(olga: Browser, order: Order) -> None:
    headers = olga.get(f"/backoffice/orders/{order.id}").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "strict-origin"
    assert "unsafe" not in headers["Content-Security-Policy"]
