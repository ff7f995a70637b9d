"""A password is changed, and one that was forgotten is chosen anew by mail."""

import datetime as dt
import re
import time
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import builders, seen
from tests.at_once import at_once, kinds
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.smtp import SmtpServer, smtp_server
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.members import passwords
from ticketing.models import OutboxMail, Shop, User
from ticketing.posting import delivery, outbox
from ticketing.running.logs import redact
from ticketing.storing.transactions import write

__all__ = ["smtp_server"]

ASK = "/backoffice/new-password"
NEW = "a new boat on the river"
EMAIL = "olga@example.org"


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    return smtp_server.settings(settings)


@pytest.fixture
def user(shop: Shop) -> User:
    return builders.make_user(shop.organiser, email=EMAIL, password=PASSWORD)


def ask(by: Browser, email: str = EMAIL) -> str:
    answer = by.submit(ASK, email=email)
    assert answer.status_code == 200
    return answer.text


def link_in(server: SmtpServer) -> str:
    """The path of the link in the newest mail."""
    delivery.deliver_waiting()
    [url] = set(re.findall(r"http\S+/backoffice/new-password/\S+", server.received[-1].text))
    return url[url.index("/backoffice") :]


def test_the_mail_leads_to_a_new_password(
    app: Flask, smtp_server: SmtpServer, stranger: Browser, olga: Browser
) -> None:
    assert ASK in stranger.get("/backoffice/sign-in").text
    ask(stranger, " Olga@Example.org ")
    path = link_in(smtp_server)
    assert smtp_server.received[-1].recipients == [EMAIL]
    assert "The link works once, for 60 minutes." in smtp_server.received[-1].text

    before = seen.digest()
    for method in ("GET", "HEAD"):
        assert Browser(app).request(method, path).status_code == 200
    assert seen.digest() == before

    answer = stranger.submit(path, password=NEW)
    assert (answer.status_code, answer.location) == (303, "/backoffice/sign-in")
    assert olga.get("/backoffice/orders").status_code == 302  # every session ended
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 422
    assert stranger.sign_in(EMAIL, NEW).status_code == 302
    delivery.deliver_waiting()
    assert smtp_server.received[-1].message["Subject"] == "Your password was changed"

    for answer in (Browser(app).get(path), Browser(app).post(path, {"password": NEW})):
        assert answer.status_code == 410
        assert "This link is over" in answer.text
        assert EMAIL not in answer.text


def test_the_answer_is_the_same_for_unknown_addresses(
    app: Flask, stranger: Browser, user: User
) -> None:
    known = ask(stranger)
    unknown = ask(stranger, "nobody@example.org")
    assert known.replace(EMAIL, "X") == unknown.replace("nobody@example.org", "X")
    assert db.session.query(OutboxMail).filter_by(recipient="nobody@example.org").count() == 0
    with write() as session:
        session.get_one(User, user.id).active = False
    ask(stranger)
    assert db.session.query(OutboxMail).filter_by(recipient=EMAIL).count() == 1


def test_what_is_no_address_is_said(stranger: Browser, user: User) -> None:
    for typed in ("", "olga", "olga@", "a\nb@example.org", "x" * 5000):
        answer = stranger.submit(ASK, email=typed)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text


def test_it_asks_for_the_forms_token(stranger: Browser, user: User) -> None:
    answer = stranger.post(ASK, {"email": EMAIL})
    assert answer.status_code == 422
    assert f'value="{EMAIL}"' in answer.text
    assert db.session.query(OutboxMail).count() == 0


def test_nobody_is_flooded(stranger: Browser, user: User) -> None:
    pages = {ask(stranger) for _ in range(8)}
    assert db.session.query(OutboxMail).filter_by(kind=outbox.PASSWORD_RESET).count() == 5
    assert len({re.sub(r'value="[^"]*"', "", page) for page in pages}) == 1


def test_two_who_use_it_at_once_set_one_password(app: Flask, user: User) -> None:
    token = passwords.reset_url(user).rpartition("/")[2]
    results = at_once(
        app,
        *[
            lambda n=n: passwords.reset(token, f"password number {n}", locale="en")
            for n in range(3)
        ],
    )
    assert kinds(results) == ["", "ResetOver", "ResetOver"]


def test_it_is_over_after_an_hour(
    app: Flask, stranger: Browser, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = passwords.reset_url(user).partition("8000")[2]
    assert stranger.get(path).status_code == 200
    ahead = int(time.time()) + 3601
    monkeypatch.setattr("itsdangerous.TimestampSigner.get_timestamp", lambda _signer: ahead)
    assert stranger.get(path).status_code == 410
    assert stranger.post(path, {"password": NEW}).status_code == 410


def test_a_mail_that_waited_too_long_is_not_sent(
    smtp_server: SmtpServer, stranger: Browser, user: User
) -> None:
    ask(stranger)
    with write() as session:
        [mail] = session.query(OutboxMail).all()
        mail.created_at -= dt.timedelta(hours=2)
    assert delivery.deliver_waiting().withdrawn == 1
    assert smtp_server.received == []


def test_a_changed_password_ends_older_links(app: Flask, stranger: Browser, user: User) -> None:
    path = passwords.reset_url(user).partition("8000")[2]
    passwords.change(user, PASSWORD, NEW, locale="en")
    assert stranger.get(path).status_code == 410


def test_a_forged_link_opens_nothing(stranger: Browser, user: User) -> None:
    path = passwords.reset_url(user).partition("8000")[2]
    for forged in (path + "x", path[:-1], f"{ASK}/x", f"{ASK}/a.b.c"):
        assert stranger.get(forged).status_code == 410, forged
    assert stranger.get(f"{ASK}/%00").status_code == 404  # no link of ours could look so


def test_a_weak_one_is_refused(stranger: Browser, user: User) -> None:
    path = passwords.reset_url(user).partition("8000")[2]
    for weak in ("short", "", EMAIL, "abababababababab", "x" * 500):
        answer = stranger.submit(path, password=weak)
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.text
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 302


def test_logs_hold_no_link(user: User) -> None:
    url = passwords.reset_url(user)
    assert redact(f"GET {url} 200") == "GET http://127.0.0.1:8000/backoffice/new-password/… 200"


def test_these_mails_stand_in_nobodys_outbox(olga: Browser, stranger: Browser) -> None:
    ask(stranger)
    [mail] = db.session.query(OutboxMail).filter_by(kind=outbox.PASSWORD_RESET)
    assert mail.organiser_id is None
    assert mail.params.keys() == {"user_id"}
    assert olga.get(f"/backoffice/outbox/{mail.id}").status_code == 404


def test_without_a_mail_server_the_page_says_so(
    app: Flask, settings: Settings, stranger: Browser
) -> None:
    assert "flask user password" not in stranger.get(ASK).text
    app.extensions["passalong.settings"] = replace(settings, mail_server="")
    assert "flask user password" in stranger.get(ASK).text


def test_the_command_sets_one(app: Flask, olga: Browser, stranger: Browser) -> None:
    runner = app.test_cli_runner()
    result = runner.invoke(args=["user", "password", "OLGA@example.org", "--password", NEW])
    assert result.exit_code == 0, result.output
    assert olga.get("/backoffice/orders").status_code == 302
    assert stranger.sign_in(EMAIL, NEW).status_code == 302
    weak = runner.invoke(args=["user", "password", EMAIL, "--password", "short"])
    assert weak.exit_code == 1
    assert "at least 12 characters" in weak.output
    unknown = runner.invoke(args=["user", "password", "x@example.org", "--password", NEW])
    assert (unknown.exit_code, "has no account" in unknown.output) == (1, True)


# ---- Changing it while signed in ----

ACCOUNT = "/backoffice/account"


def change(by: Browser, present: str, wanted: str) -> TestResponse:
    return by.submit(ACCOUNT, action=f"{ACCOUNT}/password", present=present, password=wanted)


def test_it_is_changed_and_others_are_signed_out(
    app: Flask, olga: Browser, smtp_server: SmtpServer
) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in(EMAIL, PASSWORD)
    answer = change(olga, PASSWORD, NEW)
    assert (answer.status_code, answer.location) == (303, ACCOUNT)
    page = olga.get(ACCOUNT)  # stays signed in here
    assert "Your password was changed." in page.text
    assert elsewhere.get(ACCOUNT).status_code == 302
    assert elsewhere.sign_in(EMAIL, PASSWORD).status_code == 422
    assert elsewhere.sign_in(EMAIL, NEW).status_code == 302
    delivery.deliver_waiting()
    assert smtp_server.received[-1].message["Subject"] == "Your password was changed"


def test_it_asks_for_the_present_one(app: Flask, olga: Browser) -> None:
    for present, wanted, said in [
        ("wrong horse battery", NEW, "That isn’t your password."),
        ("", NEW, "That isn’t your password."),
        (PASSWORD, "short", "at least 12 characters"),
        (PASSWORD, EMAIL.upper(), "easy to guess"),
        (PASSWORD, "Olga Organiser", "easy to guess"),
    ]:
        answer = change(olga, present, wanted)
        assert answer.status_code == 422
        assert said in answer.text
    assert Browser(app).sign_in(EMAIL, PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("passwordpassword", "easy to guess"),
        ("Passalong2027!!", "easy to guess"),
        ("Riverside Collective 1", "easy to guess"),
        ("olga-organiser-77", "easy to guess"),
        ("correcthorsebatterystaple", "lists of stolen ones"),
        ("CorrectHorseBatteryStaple", "lists of stolen ones"),
        ("qwertyuiop123", "lists of stolen ones"),
        ("1q2w3e4r5t6y7u", "lists of stolen ones"),
    ],
)
def test_what_is_tried_first_is_refused(app: Flask, olga: Browser, wanted: str, said: str) -> None:
    answer = change(olga, PASSWORD, wanted)
    assert answer.status_code == 422
    assert said in answer.text
    result = app.test_cli_runner().invoke(args=["user", "password", EMAIL, "--password", wanted])
    assert result.exit_code == 1


def test_guessing_the_present_one_is_limited(olga: Browser) -> None:
    """Whoever sits at an open session finds it no sooner than at the sign-in."""
    for _ in range(10):
        change(olga, "wrong horse battery", NEW)
    assert change(olga, PASSWORD, NEW).status_code == 422


def test_a_password_of_any_script_opens(app: Flask, olga: Browser) -> None:
    """However a keyboard composes "é": it is one password."""
    change(olga, PASSWORD, "cafe\u0301 am Fluß 渡し船")
    assert Browser(app).sign_in(EMAIL, "caf\u00e9 am Fluß 渡し船").status_code == 302
