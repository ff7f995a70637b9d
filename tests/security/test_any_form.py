"""S15: whatever is sent to any form or address, it is an answer, never a failure of ours."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests import builders, hostile
from tests.api.caller import make_key
from tests.backoffice.browsing import Browser, Fields, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.test_scope import ids_of, path_of, rules_of
from tests.fuzzing import Slowest, examples
from tests.security import hostile_orders
from tests.security.test_odd_values import public_paths
from ticketing import links
from ticketing.carried import calendar

# Each ends what the next case needs: the session, or the account that it is of.
LEFT_ALONE = ("/sign-out", "/second-step")
MARK = "<x-mark\"'>"  # in no page of ours; as it stands in none at all
PARAMETERS = (
    "after archived as before colour event for from kind lang name organiser_id past q reference "
    "shop show since slug sort state theme to updated_since limit accent radius placed v download"
).split()
BODIES: list[dict[str, Any]] = [
    {},
    {"data": {MARK: MARK, "csrf_token": MARK}},
    {"json": {MARK: [MARK]}},
    {"data": b"\xff\xfe\x00", "content_type": "application/json"},
    {"data": b"[" * 20_000, "content_type": "application/json"},
    {"data": b"%ff=%00&=&&&==", "content_type": "application/x-www-form-urlencoded"},
    {"data": b"--x\r\n\r\n", "content_type": "multipart/form-data; boundary=x"},
    {"data": b"x" * 600_000, "content_type": "application/x-www-form-urlencoded"},
]
many = settings(
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
texts = (
    st.sampled_from([*hostile.STRINGS, MARK, f"Anna {MARK}", f"{MARK}@example.org"])
    | st.text(max_size=60)
    | st.integers(-(2**70), 2**70).map(str)
    | st.sampled_from(["", " ", "0", "1", "2", "true", "y", "on", "2027-02-29", "09:99", "#fff"])
    | st.sampled_from(["a@example.org", "+31612345678", "https://example.org", "x" * 50_000])
)
headers = st.fixed_dictionaries(
    {},
    optional={
        "HX-Request": st.just("true"),
        "HX-Target": st.sampled_from(["dialog", "main", "ticket-1", "x" * 300]),
        "HX-Current-URL": st.sampled_from(["http://[", "//x", "é", "http://localhost/o?a#b"]),
        "Accept-Language": st.sampled_from(["nl", "xx-YY;q=9", ",;=" * 50, "é"]),
        "User-Agent": st.sampled_from(["", "WhatsApp/2", "x" * 5000]),
        "If-None-Match": st.sampled_from(["*", '"x"', "W/"]),
        "Last-Event-ID": st.sampled_from(["0", "-1", "9" * 50, "x"]),
        "Range": st.sampled_from(["bytes=0-0", "bytes=9-1", "bytes=-", "x"]),
        "X-Request-ID": st.sampled_from(["a" * 8, "<x>", "\t"]),
    },
)


@dataclass
class World:
    """Everything that has a form, and somebody signed in who may send each of them."""

    olga: Browser
    key: dict[str, str]
    ids: dict[str, Any]
    forms: list[tuple[str, Fields]]
    slowest: Slowest

    def ask(self, method: str, path: str, **named: Any) -> TestResponse:
        with self.slowest.timed(f"{method} {path}"):
            answer = self.olga.request(method, path, **named)
            if answer.mimetype == "text/event-stream":
                answer.close()
        assert answer.status_code < 500 or answer.status_code == 503, (answer.status, path)
        if answer.mimetype == "text/html":
            assert MARK not in answer.text, path
            assert MARK.encode("ascii", "xmlcharrefreplace") not in answer.data, path
        return answer


@pytest.fixture
def world(app: Flask) -> World:
    shop = hostile_orders.make_shop()
    order = builders.make_order(shop, tickets=6)
    builders.make_user(shop.organiser, password=PASSWORD)
    olga = Browser(app)
    olga.sign_in("olga@example.org", PASSWORD)
    key = {"Authorization": f"Bearer {make_key(shop.organiser)}"}
    found = World(olga, key, {}, [], Slowest())
    ids = ids_of(order)
    desk = [path_of(app, rule, ids) for rule in rules_of(app) if "GET" in (rule.methods or ())]
    for path in public_paths(order) + desk:
        page = olga.get(path)
        if page.mimetype == "text/html":
            for action, known in forms_in(page.text).items():
                if not action.endswith(LEFT_ALONE):
                    found.forms.append((action, known))
    found.ids = {
        **ids,
        "token": links.order_token(order),
        "slug": shop.slug,
        "code": order.code,
    }
    assert len(found.forms) > 60
    calendar.ics_of(shop.event)  # its library is loaded at first use, which is no request's fault
    return found


@given(data=st.data())
@settings(many, max_examples=examples(150))
def any_form(world: World, data: st.DataObject) -> None:
    action, known = data.draw(st.sampled_from(world.forms))
    sent: dict[str, Any] = {}
    for name, old in known.items():
        if name == "csrf_token":
            sent[name] = data.draw(st.just(old) | st.just(old) | st.lists(texts, max_size=2))
        else:
            sent[name] = data.draw(st.just(old) | st.lists(texts, min_size=1, max_size=2))
    sent |= data.draw(st.dictionaries(st.text(min_size=1, max_size=20), texts, max_size=2))
    for gone in data.draw(st.lists(st.sampled_from(sorted(sent) or [""]), max_size=2)):
        sent.pop(gone, None)
    world.ask("POST", action, data=sent, headers=data.draw(headers))


def test_any_form(world: World) -> None:
    any_form(world)
    world.slowest.tell()


@given(data=st.data())
@settings(many, max_examples=examples(150))
def any_address(app: Flask, world: World, data: st.DataObject) -> None:
    rule: Rule = data.draw(st.sampled_from(routes(app)))
    filled = rule.rule
    for name in sorted(rule.arguments):
        good = st.just(str(world.ids.get(name, 1)))
        value = data.draw(good | good | texts.filter(lambda text: len(text) < 500))
        filled = replaced(filled, name, quote(value, safe=""))
    query = data.draw(st.dictionaries(st.sampled_from(PARAMETERS), texts, max_size=4))
    method = data.draw(st.sampled_from(sorted(rule.methods or ())))
    body: dict[str, Any] = {}
    if method not in {"GET", "HEAD", "OPTIONS"}:
        body = data.draw(st.sampled_from(BODIES))
    world.ask(
        method,
        filled,
        query_string={name: text[:4000] for name, text in query.items()},
        headers={**data.draw(headers), **data.draw(st.sampled_from([{}, {}, world.key]))},
        **body,
    )


def test_any_address(app: Flask, world: World) -> None:
    any_address(app, world)
    world.slowest.tell()


def routes(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if not rule.rule.endswith((*LEFT_ALONE, "sign-in"))
    ]


def replaced(rule: str, name: str, value: str) -> str:
    start = rule.index("<")
    end = rule.index(">", start)
    for _ in range(rule.count("<")):
        if rule[start + 1 : end].rpartition(":")[2] == name:
            return f"{rule[:start]}{value}{rule[end + 1 :]}"
        start = rule.index("<", end)
        end = rule.index(">", start)
    raise AssertionError(f"{rule} has no {name}")
