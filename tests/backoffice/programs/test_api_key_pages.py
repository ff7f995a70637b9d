"""*API keys*: an owner makes them, sees which still live, and revokes them."""

import datetime as dt
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.api.caller import Caller
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.seen import digest
from ticketing.extensions import db
from ticketing.members import api_keys
from ticketing.models import ApiKey, Order, Shop, now

LIST = "/backoffice/api-keys"
NEW = f"{LIST}/new"
PLAIN = re.compile(r"psl_[0-9a-f]{12}_[0-9a-f]{48}")


def the_key() -> ApiKey:
    db.session.rollback()
    return db.session.query(ApiKey).populate_existing().one()


@pytest.fixture
def key(shop: Shop) -> ApiKey:
    return api_keys.issue(shop.organiser_id, "Till", api_keys.SCOPES)[0]


def test_a_key_is_made_used_and_revoked(olga: Browser, order: Order, client: FlaskClient) -> None:
    assert "No keys yet" in olga.get(LIST).text
    made = olga.submit(NEW, name="  Box   office ", scopes=["orders:read"])
    assert made.status_code == 201
    [plain] = set(PLAIN.findall(made.text))
    key = the_key()
    assert (key.name, key.scopes) == ("Box office", ["orders:read"])

    listed = olga.get(LIST).text
    for words in ("Box office", f"psl_{key.prefix}_…", "Read orders", "Never", "In force"):
        assert words in listed
    assert "Place and cancel orders" not in listed
    caller = Caller(client, plain)
    assert caller.look_up(order.code).status_code == 200
    assert "Never" not in olga.get(LIST).text

    page = f"{LIST}/{key.id}/revoke"
    assert "This is for good" in olga.get(page).text
    answer = olga.submit(page)
    assert (answer.status_code, answer.location) == (303, LIST)
    listed = olga.get(LIST).text
    assert "was revoked" in listed
    assert "Revoked" in listed
    assert page not in listed
    assert caller.look_up(order.code).status_code == 401
    assert olga.get(page).status_code == 404  # it can't be revoked twice


def test_it_is_shown_exactly_once(olga: Browser, shop: Shop) -> None:
    """On the page after the form alone: no address, cookie or later page knows it."""
    made = olga.submit(NEW, name="Till", scopes=["orders:write"])
    [plain] = set(PLAIN.findall(made.text))
    secret = plain.rpartition("_")[2]
    assert made.headers["Cache-Control"] == "no-store"
    assert "Location" not in made.headers
    assert 'autocomplete="off"' in made.text
    cookies = [*made.headers.getlist("Set-Cookie")]
    with olga.client.session_transaction() as session:
        cookies.append(repr(dict(session)))
    assert secret not in "".join(cookies)
    for page in (LIST, NEW, f"{LIST}/{the_key().id}/revoke", "/backoffice/orders"):
        assert secret not in olga.get(page).text


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "Please give it a name"),
        ("  \u200b ", "Please give it a name"),
        ("x" * 101, "at most 100 characters"),
        ("evil\u202egnp", "can’t be printed"),
        ("nul\x00", "can’t be printed"),
    ],
)
def test_a_wrong_name_is_refused_and_the_rest_kept(
    olga: Browser, shop: Shop, name: str, told: str
) -> None:
    before = digest()
    answer = olga.submit(NEW, name=name, scopes=["orders:read"])
    assert answer.status_code == 422
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert forms_in(answer.text)[NEW]["scopes"] == ["orders:read"]
    assert digest() == before


@pytest.mark.parametrize("scopes", [None, ["everything"], ["", "orders:*"]])
def test_a_key_that_may_nothing_is_not_made(
    olga: Browser, shop: Shop, scopes: list[str] | None
) -> None:
    answer = olga.submit(NEW, name="Till", scopes=scopes)
    assert answer.status_code == 422
    assert "Please choose at least one." in answer.text
    assert forms_in(answer.text)[NEW]["name"] == ["Till"]
    assert db.session.query(ApiKey).count() == 0


def test_an_unknown_scope_beside_a_known_one_is_left_out(olga: Browser, shop: Shop) -> None:
    assert olga.submit(NEW, name="Till", scopes=["orders:read", "root"]).status_code == 201
    assert the_key().scopes == ["orders:read"]


def test_a_form_that_is_too_old_loses_nothing(olga: Browser, shop: Shop) -> None:
    answer = olga.submit(NEW, name="Till", scopes=["orders:read"], csrf_token="old")
    assert answer.status_code == 422
    assert "Nothing is lost" in answer.text
    assert forms_in(answer.text)[NEW]["name"] == ["Till"]


def test_fifty_in_force_are_as_many_as_go(olga: Browser, shop: Shop) -> None:
    for n in range(api_keys.MOST_KEYS):
        key, _plain = api_keys.issue(shop.organiser_id, f"Till {n}", api_keys.SCOPES)
    answer = olga.submit(NEW, name="One more", scopes=["orders:read"])
    assert answer.status_code == 422
    assert "You have 50 keys" in answer.text
    api_keys.revoke(key)
    assert olga.submit(NEW, name="One more", scopes=["orders:read"]).status_code == 201


def test_the_list_says_how_to_change_over(olga: Browser, key: ApiKey) -> None:
    assert "both work side by side" in olga.get(LIST).text


def test_a_name_is_no_markup(olga: Browser, shop: Shop) -> None:
    made = olga.submit(NEW, name="<b>Till</b>", scopes=["orders:read"])
    pages = (made.text, olga.get(LIST).text, olga.get(f"{LIST}/{the_key().id}/revoke").text)
    for page in pages:
        assert "<b>Till" not in page
        assert "&lt;b&gt;Till" in page


def test_use_is_noted_to_the_hour(key: ApiKey) -> None:
    then = dt.datetime(2027, 6, 12, 21, 4, 59, tzinfo=dt.UTC)
    api_keys.note_use(key, at=then)
    hour = then.replace(minute=0, second=0)
    assert the_key().last_used_at == hour
    before = digest()
    api_keys.note_use(the_key(), at=then + dt.timedelta(minutes=50))
    api_keys.note_use(the_key(), at=then - dt.timedelta(hours=5))  # a clock that was set back
    assert the_key().last_used_at == hour
    assert digest() == before
    api_keys.note_use(the_key(), at=then + dt.timedelta(hours=1))
    assert the_key().last_used_at == hour + dt.timedelta(hours=1)


def test_only_a_key_that_is_good_counts_as_used(
    app: Flask, shop: Shop, order: Order, client: FlaskClient
) -> None:
    _key, plain = api_keys.issue(shop.organiser_id, "Till", ["orders:write"])
    wrong = Caller(client, plain[:-1] + ("0" if plain[-1] != "0" else "1"))
    assert wrong.look_up(order.code).status_code == 401
    assert the_key().last_used_at is None
    # One that may less than it asks for is in somebody's hands all the same.
    assert Caller(client, plain).look_up(order.code).status_code == 403
    used = the_key().last_used_at
    assert used is not None
    assert used.minute == used.second == used.microsecond == 0
    assert dt.timedelta(0) <= now() - used < dt.timedelta(hours=1, minutes=1)


def test_managers_neither_see_nor_reach_them(app: Flask, shop: Shop, key: ApiKey) -> None:
    builders.make_user(shop.organiser, email="carl@example.org", role="manager", password=PASSWORD)
    carl = Browser(app)
    carl.sign_in("carl@example.org", PASSWORD)
    assert LIST not in carl.get("/backoffice/orders").text
    for page in (LIST, NEW, f"{LIST}/{key.id}/revoke"):
        assert carl.get(page).status_code == 403


def test_another_organisers_are_not_there(rival: Browser, key: ApiKey) -> None:
    assert "No keys yet" in rival.get(LIST).text
    token = rival.token()
    before = digest()
    page = f"{LIST}/{key.id}/revoke"
    assert rival.get(page).status_code == 404
    assert rival.post(page, {"csrf_token": token}).status_code == 404
    assert digest() == before
