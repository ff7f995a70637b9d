"""Whatever arrives, it is an order or a refusal, never a failure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import builders
from tests.api.caller import Caller, errors_of, make_key, order_body, with_value
from tests.api.promises import promised
from tests.fuzzing import Slowest, examples
from ticketing.asking import fields, names
from ticketing.extensions import db
from ticketing.models import Shop

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# The installation is made once for all bodies of a test: each has a reference of its own.
many = settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=12,
)
PATHS = [
    "shop",
    "reference",
    "locale",
    "booker",
    "booker.first_name",
    "booker.last_name",
    "booker.email",
    "booker.phone",
    "tickets",
    "tickets.0",
    "tickets.0.type",
    "tickets.0.quantity",
    "tickets.0.holder",
    "tickets.0.external_id",
    "mail_holders",
    "something",
    "booker.something",
]
OF_ONE_TICKET = {"tickets.0.holder", "tickets.0.external_id"}
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)


@pytest.fixture(autouse=True)
def slowest(app: Flask) -> Iterator[None]:
    """None of the requests below keeps a processor busy."""
    found, serve = Slowest(), app.wsgi_app

    def timed(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with found.timed(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"):
            return serve(environ, start_response)

    app.wsgi_app = timed  # type: ignore[method-assign]
    yield
    found.tell()


@given(body=anything)
@many
def test_any_json(caller: Caller, body: Any) -> None:
    refused = caller.place(body)
    # NaN and Infinity, which Python writes, are no JSON.
    assert refused.status_code in {400, 422}
    errors_of(refused)


@given(data=st.binary(max_size=200) | st.text(st.sampled_from('{}[]",:\\u0d8e1-. truefalsn')))
@many
def test_any_bytes(caller: Caller, data: bytes | str) -> None:
    raw = data if isinstance(data, bytes) else data.encode()
    refused = caller.place_raw(raw)
    assert refused.status_code in {400, 422}
    errors_of(refused)


@given(path=st.sampled_from(PATHS), value=anything, number=st.integers(0, 10**9))
@many
def test_one_field_of_a_good_order_is_anything(
    caller: Caller, shop: Shop, path: str, value: Any, number: int
) -> None:
    body = with_value(order_body(shop, reference=f"N-{number}"), path, value)
    response = caller.place(body)
    # 200 and 409: hypothesis likes to send the same once more, and nearly the same.
    assert response.status_code in {200, 201, 400, 409, 422}
    if response.status_code == 422:
        for field in errors_of(response):
            about = field == path or field.startswith(f"{path}.") or path.startswith(field)
            # With a holder or a number of its own, two tickets in a line are wrong.
            assert about or (path in OF_ONE_TICKET and field == "tickets.0.quantity")
    db.session.rollback()


@given(first=words, last=words | st.just(""), reference=st.integers(0, 10**12))
@many
def test_every_name_is_kept_exactly_or_refused_by_its_field(
    caller: Caller, shop: Shop, first: str, last: str, reference: int
) -> None:
    body = with_value(order_body(shop, reference=f"R-{reference}"), "booker.first_name", first)
    response = caller.place(with_value(body, "booker.last_name", last))
    if response.status_code == 422:
        bad = [name for name in (first, last) if _refused(name)] or [
            name for name in (first,) if not names.tidy(name)
        ]
        assert bad, f"refused for no reason: {response.text}"
        assert errors_of(response).keys() <= {"booker.first_name", "booker.last_name"}
    elif response.status_code != 409:
        found = caller.look_up(response.get_json()["code"]).get_json()["booker"]
        for sent, kept in ((first, found["first_name"]), (last, found["last_name"])):
            assert kept == re.sub(r"\s+", " ", unicodedata.normalize("NFC", sent)).strip()


def _refused(name: str) -> bool:
    try:
        return len(names.tidy(name)) > fields.MAX_LENGTH
    except names.RefusedCharacter:
        return True


# And by its own document:

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
    allow_header_conformance,
]
# By default a bad body may not be refused for its size.
EXPECTED = SchemathesisConfig.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": ["4xx"]}}}
)
OPERATIONS = [
    (path, method)
    for path, item in promised()["paths"].items()
    for method in item
    if method in {"get", "post"} and path.startswith("/api/v1/")
]


@dataclass(frozen=True)
class Known:
    """What the document can't know: a shop, an order, and a key for both."""

    slug: str
    code: str
    key: str
    ticket: str
    event_id: int


@pytest.fixture
def known(app: Flask) -> Known:
    order = builders.make_order(tickets=2)
    key = make_key(order.organiser)
    return Known(order.shop.slug, order.code, key, order.tickets[0].code, order.shop.event_id)


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_the_document_generates(
    app: Flask, known: Known, path: str, method: str, mode: GenerationMode
) -> None:
    """Good requests and bad ones, from the schema: none fails, none is answered off the document.

    That a good body is also accepted can't be seen here, for the document doesn't say which email
    addresses exist; the tests above see it.
    """
    document = schemathesis.openapi.from_wsgi("/api/openapi.json", app, config=EXPECTED)
    operation = document[path][method]

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(many, max_examples=examples(40))
    def each(case: Any) -> None:
        if mode == GenerationMode.POSITIVE:
            _make_real(case, known)
        case.call_and_validate(
            headers={"Authorization": f"Bearer {known.key}"},
            checks=CHECKS,
        )

    each()


def _make_real(case: Any, known: Known) -> None:
    if "code" in case.path_parameters:
        case.path_parameters["code"] = known.code
    if "event_id" in case.path_parameters:
        case.path_parameters["event_id"] = known.event_id
    if "ticket" in case.path_parameters:
        case.path_parameters["ticket"] = known.ticket
    if not isinstance(case.body, dict):
        return
    case.body = deepcopy(case.body)  # what is in it may be the generator's own
    if "booker" in case.body:
        case.body["shop"] = known.slug
        case.body["booker"] |= {"email": "bea@example.org", "phone": ""}
    for line in case.body.get("tickets", []):
        line["type"] = "weekend"
        if line.get("holder"):
            line["holder"] |= {"email": "anna@example.org", "phone": "", "details": {}}
