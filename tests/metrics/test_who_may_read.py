"""Numbers are for those who run the installation; for others there is nothing here."""

import dataclasses
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ticketing.config import Settings

TOKEN = "a-long-secret-of-the-monitoring"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    return dataclasses.replace(settings, **getattr(request, "param", {}))


def status(client: FlaskClient, address: str = "127.0.0.1", **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = client.get("/metrics", headers=named, environ_base={"REMOTE_ADDR": address})
    assert ("passalong_" in answer.text) is (answer.status_code == 200)
    return answer.status_code


def test_without_a_token_this_machine_alone(client: FlaskClient) -> None:
    assert status(client) == 200
    assert status(client, "::1") == 200
    assert status(client, "127.8.9.10") == 200
    for elsewhere in ("203.0.113.7", "10.0.0.1", "2001:db8::1", "", "unix:"):
        assert status(client, elsewhere) == 404


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Real_IP", "Forwarded", "Via"])
def test_a_proxy_on_this_machine_reads_nothing_for_others(client: FlaskClient, header: str) -> None:
    assert status(client, **{header: "127.0.0.1"}) == 404


@pytest.mark.parametrize("settings", [{"proxies": 1}], indirect=True)
def test_behind_a_proxy_nobody_without_a_token(client: FlaskClient) -> None:
    assert status(client) == 404
    assert status(client, X_Forwarded_For="127.0.0.1") == 404


@pytest.mark.parametrize(
    "settings", [{"metrics_token": TOKEN}, {"metrics_token": TOKEN, "proxies": 1}], indirect=True
)
def test_with_a_token_whoever_has_it(client: FlaskClient) -> None:
    good: dict[str, Any] = {"Authorization": f"Bearer {TOKEN}"}
    assert status(client, "203.0.113.7", **good) == 200
    assert status(client, **good) == 200
    for bad in (
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer ",
        "ü",
    ):
        assert status(client, Authorization=bad) == 404
    assert status(client) == 404


def test_who_may_not_sees_what_everybody_sees_at_an_unknown_address(
    app: Flask, client: FlaskClient
) -> None:
    away = {"REMOTE_ADDR": "203.0.113.7"}
    nothing = client.get("/nothing", environ_base=away)
    refused = client.get("/metrics", environ_base=away)
    assert (refused.status_code, refused.data) == (nothing.status_code, nothing.data)
