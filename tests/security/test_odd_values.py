"""Values that a database can't hold or be asked for: PostgreSQL refuses NUL and what is too long,
and no number is larger than its column. Nobody meets an error of ours because of that.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from werkzeug.routing.converters import NumberConverter

from tests import builders
from tests.api.caller import make_key
from tests.backoffice.browsing import Browser, Fields, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.test_scope import ids_of, path_of, rules_of
from ticketing import links
from ticketing.models import Order, Shop
from ticketing.web.around import protection

# The third is twice as long once it is normalised, the fourth is folded into a sentence.
TEXTS = ["a\0b", "x" * 5_000, "\u0958" * 200, "\ufdfa" * 150]
NUMBERS = ["2147483648", "9223372036854775808"]
# Whatever our pages read of a query.
PARAMETERS = (
    "after archived as before colour event for from kind lang name organiser_id past q reference "
    "shop show since slug sort state theme to updated_since limit accent radius placed v"
).split()


@pytest.fixture
def olga(app: Flask, shop: Shop) -> Browser:
    builders.make_user(shop.organiser, password=PASSWORD)
    browser = Browser(app)
    browser.sign_in("olga@example.org", PASSWORD)
    return browser


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    return builders.make_order(shop)


def public_paths(order: Order) -> list[str]:
    shared = builders.share(order.tickets[1])
    holder = links.ticket_url(builders.claim(order.tickets[0]))
    overview = f"/o/{links.order_token(order)}"
    return [
        overview,
        f"{overview}/changes",
        f"{overview}/tickets/3/claim",
        f"{overview}/tickets/3/share",
        shared,
        holder[holder.index("/t/") :],
        f"/shop/{order.shop.slug}",
        "/backoffice/sign-in",
        "/backoffice/new-password",
    ]


def paths(app: Flask, order: Order) -> list[str]:
    ids = ids_of(order)
    backoffice = [
        path_of(app, rule, ids) for rule in rules_of(app) if "GET" in (rule.methods or ())
    ]
    return public_paths(order) + backoffice + ["/api/v1/orders", "/api/v1/shops"]


def odd_queries() -> Iterator[str]:
    for value in [*TEXTS, *NUMBERS]:
        yield "&".join(f"{name}={quote(value)}" for name in PARAMETERS)


def test_in_a_query(app: Flask, olga: Browser, order: Order) -> None:
    key = {"Authorization": f"Bearer {make_key(order.organiser)}"}
    for path in paths(app, order):
        for query in odd_queries():
            answer = olga.get(f"{path}?{query}", headers=key)
            assert answer.status_code < 500, (path, query[:40])


@pytest.mark.engine("postgresql")
def test_in_an_address(app: Flask, olga: Browser, order: Order) -> None:
    key = {"Authorization": f"Bearer {make_key(order.organiser)}"}
    with app.test_request_context():
        adapter = app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            if rule.endpoint == "static" or not rule.arguments:
                continue
            for value in [*TEXTS, *NUMBERS]:
                number = int(value) if value.isdecimal() else 1
                odd = {
                    name: number if isinstance(kind, NumberConverter) else value
                    for name, kind in rule._converters.items()
                }
                path = adapter.build(rule.endpoint, odd)
                sent: Any = {"json" if path.startswith(protection.PROGRAMS_PATHS) else "data": {}}
                for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                    answer = olga.request(method, path, headers=key, **sent)
                    assert answer.status_code < 500, (method, rule.rule, value[:10])


@pytest.mark.engine("postgresql")
def test_in_every_form(app: Flask, olga: Browser, order: Order) -> None:
    for path in paths(app, order):
        page = olga.get(path)
        if page.mimetype != "text/html":
            continue
        for action, known in forms_in(page.text).items():
            if action == "/backoffice/sign-out":
                continue
            for value in [*TEXTS[:3], NUMBERS[1]]:
                answer = olga.post(action, filled(known, value))
                assert answer.status_code < 500, (action, value[:10])


def filled(known: Fields, value: str) -> Fields:
    """Every field but the form's own token says this; one at a time would take hours."""
    return {key: old if key == "csrf_token" else [value] for key, old in known.items()}


def test_a_parameter_given_twice_confuses_nobody(olga: Browser, order: Order) -> None:
    """ASVS 15.3.7: of one name the first counts; a form's fields don't come from the address."""
    found, both = (
        olga.get(f"/backoffice/orders?{query}").text
        for query in (f"q={order.code}", f"q={order.code}&q=nobody")
    )
    assert order.code in found
    assert order.code in both
    path = f"/backoffice/orders/{order.id}/cancel"
    answer = olga.post(f"{path}?csrf_token={olga.token()}&reason=x", {})
    assert answer.status_code == 422
    page = olga.post(
        path, {"csrf_token": [olga.token(), "guessed"], "reason": ["Said first", "Said second"]}
    )
    assert page.status_code == 303
    history = olga.get(f"/backoffice/orders/{order.id}").text
    assert "Said first" in history
    assert "Said second" not in history
