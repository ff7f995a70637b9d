"""Addresses that all sites have in common: whom to tell of a hole, where a password is changed."""

import dataclasses
import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.backoffice.browsing import Browser
from ticketing.config import Settings

SECURITY_TXT = "/.well-known/security.txt"


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The installation's, with what a test says of its contact."""
    return dataclasses.replace(settings, security_contact=getattr(request, "param", ""))


def fields_of(text: str) -> dict[str, str]:
    lines = [line.partition(": ") for line in text.splitlines()]
    assert len({name for name, _colon, _value in lines}) == len(lines), "each field once"
    return {name: value for name, _colon, value in lines}


@pytest.mark.parametrize(
    "settings", ["mailto:holes@tickets.example", "https://tickets.example/holes"], indirect=True
)
def test_who_finds_a_hole_is_told_where_to_go(client: FlaskClient, settings: Settings) -> None:
    """RFC 9116: plain text in UTF-8, a contact, and a day within a year until it is good."""
    answer = client.get(SECURITY_TXT)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert "Set-Cookie" not in answer.headers
    said = fields_of(answer.text)
    assert said["Contact"] == settings.security_contact
    assert said["Canonical"] == f"{settings.base_url}{SECURITY_TXT}"
    left = dt.datetime.fromisoformat(said["Expires"]) - dt.datetime.now(dt.UTC)
    assert dt.timedelta(days=60) < left < dt.timedelta(days=365)


def test_without_a_contact_there_is_none(client: FlaskClient) -> None:
    assert client.get(SECURITY_TXT).status_code == 404


def test_password_managers_find_where_a_password_is_changed(app: Flask) -> None:
    answer = Browser(app).get("/.well-known/change-password")
    assert answer.status_code == 303
    assert answer.location == "/backoffice/account"
