"""The OpenAPI document is valid, complete, and true."""

import re
import sqlite3
from typing import Any

import openapi_spec_validator
import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from sqlalchemy import text

from tests.api.caller import Caller, errors_of, order_body
from tests.api.promises import promised
from ticketing.api.bodies import read
from ticketing.api.shapes.orders import OrderIn
from ticketing.extensions import db
from ticketing.models import Shop
from ticketing.storing import transactions

METHODS = {"get", "post", "put", "patch", "delete"}


def test_anybody_may_read_it(client: FlaskClient) -> None:
    response = client.get("/api/openapi.json")
    assert (response.status_code, response.mimetype) == (200, "application/json")
    assert response.get_json()["openapi"].startswith("3.1")
    assert response.get_json()["servers"] == [{"url": "http://127.0.0.1:8000"}]
    assert "Set-Cookie" not in response.headers


def test_it_is_valid(client: FlaskClient) -> None:
    found = client.get("/api/openapi.json").get_json()
    openapi_spec_validator.validate(found, cls=OpenAPIV31SpecValidator)
    with pytest.raises(OpenAPIValidationError):
        openapi_spec_validator.validate({**found, "paths": 1}, cls=OpenAPIV31SpecValidator)


def test_it_names_exactly_the_addresses_there_are(app: Flask) -> None:
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods or ()
        if method.lower() in METHODS
    }
    named = {
        (path, method)
        for path, item in promised()["paths"].items()
        for method in item
        if method in METHODS
    }
    assert served == named


def test_its_examples_are_a_good_order(app: Flask) -> None:
    def example(schema: dict[str, object]) -> object:
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            return example(promised()["components"]["schemas"][name])
        if "examples" in schema:
            return schema["examples"][0]  # type: ignore[index]
        if schema.get("type") == "array":
            return [example(schema["items"])]  # type: ignore[arg-type]
        properties: dict[str, dict[str, object]] = schema.get("properties", {})  # type: ignore[assignment]
        required: list[str] = schema.get("required", [])  # type: ignore[assignment]
        return {name: example(properties[name]) for name in required}

    body = example({"$ref": "#/components/schemas/OrderIn"})
    with app.test_request_context(json=body):
        assert read(OrderIn).tickets[0].quantity == 2


def test_its_examples_are_taken_as_they_stand(caller: Caller, shop: Shop) -> None:
    def examples(path: str) -> dict[str, Any]:
        body = promised()["paths"][path]["post"]["requestBody"]
        found = body["content"]["application/json"]["examples"]
        return {name: example["value"] for name, example in found.items()}

    for example in examples("/api/v1/orders").values():
        placed = caller.place({**example, "shop": shop.slug})
        assert placed.status_code == 201, placed.text
    for example in examples("/api/v1/orders/{code}/tickets").values():
        added = caller.add(placed.get_json()["code"], example)
        assert added.status_code == 201, added.text


# All that isn't one of its addresses is answered in JSON too:


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v2/orders", "/api/v1/orders/A/B/C"])
def test_an_unknown_address(client: FlaskClient, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        refused = client.open(path, method=method)
        assert refused.status_code == 404
        errors_of(refused)
        assert refused.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/orders", {"GET", "HEAD", "POST", "OPTIONS"}),
        ("GET", "/api/v1/orders/K7XQ9P/tickets", {"POST", "OPTIONS"}),
        ("DELETE", "/api/v1/orders/K7XQ9P/tickets/K7XQ9P-1/cancel", {"POST", "OPTIONS"}),
        ("POST", "/api/v1/shops", {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/api/v1/orders/K7XQ9P", {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/api/v1/orders/K7XQ9P/cancel", {"POST", "OPTIONS"}),
        ("POST", "/api/openapi.json", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/api/v1/orders", {"GET", "HEAD", "POST", "OPTIONS"}),
    ],
)
def test_a_wrong_method(client: FlaskClient, method: str, path: str, allowed: set[str]) -> None:
    refused = client.open(path, method=method)
    assert refused.status_code == 405
    errors_of(refused)
    assert set(refused.headers["Allow"].split(", ")) == allowed


def test_options_and_head(client: FlaskClient, caller: Caller, shop: Shop) -> None:
    options = client.options("/api/v1/orders")
    assert options.status_code == 200
    assert set(options.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}
    assert "Access-Control-Allow-Origin" not in options.headers
    code = caller.place(order_body(shop)).get_json()["code"]
    head = client.head(f"/api/v1/orders/{code}", headers=caller.headers)
    assert (head.status_code, head.data) == (200, b"")
    assert client.head(f"/api/v1/orders/{code}").status_code == 401


def test_a_page_elsewhere_can_ask_nothing_of_it(caller: Caller, shop: Shop) -> None:
    # A browser would need the key, and CORS; there is neither a cookie nor an exception.
    response = caller.place_raw(b"{}", Origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.engine("sqlite")
def test_when_the_database_is_busy_it_says_when_to_come_back(
    app: Flask, caller: Caller, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = order_body(shop)
    file = db.engine.url.database
    assert file
    db.session.rollback()
    # Another process holds the lock; nobody wants to wait the full five seconds here.
    db.engine.dispose()
    monkeypatch.setattr(transactions, "BUSY_MILLISECONDS", 50)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        refused = caller.place(body)
    finally:
        other.close()
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) >= 1
    assert list(errors_of(refused)) == ["request"]
    assert caller.place(body).status_code == 201


def test_our_own_failure_is_told_in_json_without_its_cause(
    app: Flask, caller: Caller, shop: Shop
) -> None:
    app.testing = False  # as in earnest: an exception becomes an answer
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.session.execute(text("ALTER TABLE api_keys RENAME TO elsewhere"))
    db.session.commit()
    failed = caller.client.post("/api/v1/orders", json=order_body(shop), headers=caller.headers)
    assert failed.status_code == 500
    assert list(errors_of(failed)) == ["request"]
    assert "api_keys" not in failed.text
