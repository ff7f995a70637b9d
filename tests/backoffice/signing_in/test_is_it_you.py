"""Dangerous acts ask people to show that it is them; nothing typed is lost on the way."""

import datetime as dt
import re
import time

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import builders
from tests.backoffice import phone
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.people.test_roles import DESK, TABLE, name_of
from tests.backoffice.signing_in.test_two_step import Kept, set_up
from tests.backoffice.test_scope import ids_of, path_of, rules_of
from ticketing.extensions import db
from ticketing.models import ApiKey, Invitation, LimitUse, Order, SignIn
from ticketing.storing.transactions import write
from ticketing.web.backoffice.confirming import asked_of

PEOPLE = "/backoffice/people"
INVITE = f"{PEOPLE}/invitations"
KEYS = "/backoffice/api-keys/new"
ASKED = "Is it you?"

# Who may get at the data, and data that leaves in bulk. Not: opening tickets again, which the desk
# does all day in front of a queue, and which the history undoes.
DANGEROUS = {
    "invite", "resend_invitation", "change_role", "remove_member", "sign_out_member",
    "reset_two_step", "require_two_step",
    "change_email", "turn_on_two_step", "turn_off_two_step", "renew_recovery_codes",
    "end_sign_in", "end_other_sign_ins", "confirm",
    "new_api_key", "revoke_api_key",
    "new_webhook", "edit_webhook", "renew_webhook_secret", "delete_webhook",
    "apple_wallet", "apple_wallet_request", "stop_apple_wallet", "google_wallet",
    "stop_google_wallet",
    "event_privacy", "erase_event", "person_file", "erase_person", "privacy_notice",
}  # fmt: skip
DANGEROUS_TO_LOOK_AT = {
    "invitation_link", "export_orders", "export_csv", "export_xlsx",
    # Its forms take files, which a question after them would lose.
    "wallet", "audit_file"}  # fmt: skip


@pytest.fixture
def tired(olga: Browser) -> Browser:
    """Olga, who showed that it is her eleven minutes ago."""
    eleven_minutes_pass()
    return olga


def eleven_minutes_pass() -> None:
    with write() as session:
        for each in session.query(SignIn):
            each.confirmed_at -= dt.timedelta(minutes=11)


def question(answer: TestResponse) -> dict[str, list[str]]:
    """The form of the question; it leads to where the first one was going."""
    assert answer.status_code == 403, answer.status
    assert ASKED in answer.text
    [form] = [form for form in forms_in(answer.text).values() if "confirm_with" in form]
    return form


def test_what_was_typed_goes_on_after_the_question(tired: Browser) -> None:
    typed = {"email": "zoë@example.org", "role": "manager"}
    answer = tired.submit(PEOPLE, action=INVITE, **typed)
    form = question(answer)
    assert {key: form[key] for key in typed} == {key: [value] for key, value in typed.items()}
    assert db.session.query(Invitation).count() == 0
    answer = tired.send(INVITE, form, confirm_with=PASSWORD)
    assert (answer.status_code, answer.location) == (303, PEOPLE)
    invitation = db.session.query(Invitation).one()
    assert (invitation.email, invitation.role) == ("zoë@example.org", "manager")


def test_several_values_of_one_field_go_on(tired: Browser) -> None:
    scopes = ["orders:read", "orders:write"]
    answer = tired.submit(KEYS, name='Till <&> "1"', scopes=scopes)
    answer = tired.send(KEYS, question(answer), confirm_with=PASSWORD)
    assert answer.status_code == 201
    key = db.session.query(ApiKey).one()
    assert (key.name, key.scopes) == ('Till <&> "1"', scopes)


def test_it_is_asked_once_in_ten_minutes(tired: Browser) -> None:
    question_ = question(tired.submit(PEOPLE, action=INVITE, email="a@example.org", role="desk"))
    tired.send(INVITE, question_, confirm_with=PASSWORD)
    answer = tired.submit(PEOPLE, action=INVITE, email="b@example.org", role="desk")
    assert answer.status_code == 303
    eleven_minutes_pass()
    question(tired.submit(PEOPLE, action=INVITE, email="c@example.org", role="desk"))


def test_a_wrong_password_loses_nothing_either(tired: Browser) -> None:
    form = question(tired.submit(KEYS, name="Till", scopes=["orders:read"]))
    again = tired.send(KEYS, form, confirm_with="wrong horse battery")
    form = question(again)
    assert "That isn’t your password." in again.text
    assert "wrong horse battery" not in again.text
    assert form["name"] == ["Till"]
    assert db.session.query(ApiKey).count() == 0
    assert tired.send(KEYS, form, confirm_with=PASSWORD).status_code == 201


def test_guessing_at_it_is_limited_as_at_the_sign_in(tired: Browser) -> None:
    form = question(tired.submit(KEYS, name="Till", scopes=["orders:read"]))
    for _ in range(10):
        tired.send(KEYS, form, confirm_with="wrong horse battery")
    question(tired.send(KEYS, form, confirm_with=PASSWORD))
    with write() as session:
        for row in session.query(LimitUse):
            row.spent_until -= 15 * 60 * 1000
    assert tired.send(KEYS, form, confirm_with=PASSWORD).status_code == 201


def test_a_forged_answer_is_none(tired: Browser) -> None:
    """Another site can't answer it, though it knew the password."""
    question(tired.post(KEYS, {"name": "x", "scopes": "orders:read", "confirm_with": PASSWORD}))
    answer = tired.post(f"{PEOPLE}/two-step", {"required": "yes", "confirm_with": PASSWORD})
    assert answer.status_code == 400
    question(tired.submit(KEYS, name="x", scopes=["orders:read"]))


def test_the_cookie_changes_with_the_answer(app: Flask, tired: Browser) -> None:
    """A copy from before it is worth nothing any more, least of all a fresh session."""
    cookie = tired.client.get_cookie("session")
    assert cookie is not None
    thief = Browser(app)
    thief.client.set_cookie("session", cookie.value)
    assert thief.get("/backoffice/orders").status_code == 200
    form = question(tired.submit(KEYS, name="Till", scopes=["orders:read"]))
    tired.send(KEYS, form, confirm_with=PASSWORD)
    assert thief.get("/backoffice/orders").status_code == 302
    assert tired.get("/backoffice/orders").status_code == 200


def test_with_two_steps_it_asks_for_a_code(olga: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    at = time.time()
    monkeypatch.setattr("time.time", lambda: at)
    kept: Kept = set_up(olga)
    eleven_minutes_pass()
    form = question(olga.submit(KEYS, name="Till", scopes=["orders:read"]))
    question(olga.send(KEYS, form, confirm_with=PASSWORD))
    code = phone.code(kept.secret)
    assert olga.send(KEYS, form, confirm_with=code).status_code == 201
    eleven_minutes_pass()
    question(olga.send(KEYS, form, confirm_with=code))  # it was used
    assert olga.send(KEYS, form, confirm_with=kept.recovery_codes[0]).status_code == 201


def test_in_a_dialog_it_is_asked_in_the_dialog(tired: Browser) -> None:
    htmx = {"HX-Request": "true", "HX-Target": "dialog"}
    path = f"{PEOPLE}/two-step"
    answer = tired.submit(path, headers=htmx)
    form = question(answer)
    assert "<!doctype" not in answer.text
    assert f'data-hx-post="{path}"' in answer.text
    answer = tired.send(path, form, htmx, confirm_with=PASSWORD)
    assert answer.headers["HX-Redirect"] == PEOPLE


def test_a_file_is_asked_for_before_it_is_handed_out(tired: Browser, order: Order) -> None:
    path = "/backoffice/orders/export.csv?q=bea"
    answer = tired.get(path)
    form = question(answer)
    assert order.email not in answer.text
    answer = tired.send("/backoffice/confirm", form, confirm_with=PASSWORD)
    assert (answer.status_code, answer.location) == (303, path)
    assert order.email in tired.get(path).text


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "", "\\\\evil"])
def test_it_never_leads_to_another_site(olga: Browser, elsewhere: str) -> None:
    answer = olga.post("/backoffice/confirm", {"csrf_token": olga.token(), "next": elsewhere})
    assert answer.status_code == 303
    assert re.match(r"/[^/\\]", answer.location), answer.location


def test_the_dangerous_are_these(app: Flask, tired: Browser, order: Order) -> None:
    """Each of them asks, and no other: a new route has to be thought about here."""
    ids = ids_of(order)
    for rule in rules_of(app):
        name, asked = name_of(rule.endpoint), asked_of(rule.endpoint)
        assert ("POST" in asked) is (name in DANGEROUS | DANGEROUS_TO_LOOK_AT), name
        assert ("GET" in asked) is (name in DANGEROUS_TO_LOOK_AT), name
        if name in DANGEROUS_TO_LOOK_AT:
            question(tired.get(path_of(app, rule, ids)))
    assert {*DANGEROUS, *DANGEROUS_TO_LOOK_AT} <= TABLE.keys()
    assert not DESK & (DANGEROUS | DANGEROUS_TO_LOOK_AT), "the desk isn't held up"


@pytest.mark.parametrize("path", [f"{PEOPLE}/two-step", KEYS, f"{PEOPLE}/invitations"])
def test_whoever_may_not_is_not_even_asked(app: Flask, order: Order, path: str) -> None:
    builders.make_user(order.shop.organiser, email="d@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("d@example.org", PASSWORD)
    eleven_minutes_pass()
    answer = desk.post(path, {"confirm_with": PASSWORD})
    assert answer.status_code == 403
    assert ASKED not in answer.text
