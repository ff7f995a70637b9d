"""Somebody signs in with another email address from now on: confirmed by a link sent there."""

import datetime as dt
import re

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.smtp import SmtpServer, smtp_server
from ticketing import links
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.members import email_changes, passwords
from ticketing.models import EmailChange, OutboxMail, Shop, User
from ticketing.posting import delivery, outbox
from ticketing.running.logs import redact
from ticketing.storing.transactions import write

__all__ = ["smtp_server"]

ASK = "/backoffice/account/email"
OLD, NEW = "olga@example.org", "olga.new@example.org"


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    return smtp_server.settings(settings)


def ask(by: Browser, email: str = NEW) -> None:
    assert by.submit(ASK, email=email).status_code == 303


def path_of_change() -> str:
    db.session.rollback()
    change = db.session.query(EmailChange).one()
    return links.email_change_url(change).partition("8000")[2]


def email_of(user_id: int) -> str:
    db.session.rollback()
    return db.session.get_one(User, user_id).email


def test_the_link_in_the_mail_changes_it(
    app: Flask, smtp_server: SmtpServer, olga: Browser, stranger: Browser
) -> None:
    user_id = db.session.query(User).one().id
    ask(olga, " Olga.New@Example.org ")
    assert NEW in olga.get("/backoffice/account").text
    assert email_of(user_id) == OLD, "nothing changes yet"
    delivery.deliver_waiting()
    mail = smtp_server.received[-1]
    assert mail.recipients == [NEW]
    [url] = set(re.findall(r"http\S+/backoffice/new-email/\S+", mail.text))
    assert "olga" not in url
    path = url[url.index("/backoffice") :]

    before = seen.digest()
    for method in ("GET", "HEAD"):
        assert Browser(app).request(method, path).status_code == 200
    assert seen.digest() == before

    answer = stranger.submit(path)
    assert (answer.status_code, answer.location) == (303, "/backoffice/sign-in")
    assert email_of(user_id) == NEW
    assert olga.get("/backoffice/orders").status_code == 302  # every session ended
    assert stranger.sign_in(OLD, PASSWORD).status_code == 422
    assert stranger.sign_in(NEW, PASSWORD).status_code == 302
    delivery.deliver_waiting()
    notice = next(each for each in smtp_server.received if each.recipients == [OLD])
    assert notice.message["Subject"] == "Your email address was changed"
    assert NEW not in notice.text
    for answer in (stranger.get(path), stranger.post(path)):
        assert answer.status_code == 410
        assert NEW not in answer.text


def test_an_address_that_has_an_account_is_answered_alike(
    app: Flask, olga: Browser, rival: Browser
) -> None:
    pages = []
    for email in ("free@example.org", "RITA@example.org"):
        ask(olga, email)
        page = olga.get("/backoffice/account").text
        pages.append(re.sub(r'value="[^"]*"', "", page).replace(email.lower(), "…"))
    assert pages[0] == pages[1]
    assert db.session.query(OutboxMail).filter_by(recipient="rita@example.org").count() == 0
    assert db.session.query(EmailChange).count() == 0


def test_who_takes_the_address_meanwhile_keeps_it(app: Flask, olga: Browser, shop: Shop) -> None:
    ask(olga)
    path = path_of_change()
    builders.make_user(shop.organiser, email=NEW, password=PASSWORD)
    assert Browser(app).submit(path).status_code == 410
    assert db.session.query(User).filter_by(email=OLD).count() == 1


@pytest.mark.parametrize("typed", ["", "olga", "a\r\nBcc: x@example.org", "x" * 5000, "a@b@c"])
def test_what_is_no_address_is_said(olga: Browser, typed: str) -> None:
    answer = olga.submit(ASK, email=typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


def test_it_is_over_after_an_hour(app: Flask, olga: Browser) -> None:
    ask(olga)
    path = path_of_change()
    with write() as session:
        session.query(EmailChange).one().asked_at -= dt.timedelta(minutes=61)
    assert Browser(app).get(path).status_code == 410
    assert Browser(app).post(path).status_code == 410
    assert delivery.deliver_waiting().withdrawn == 1


def test_asking_again_replaces_it(app: Flask, olga: Browser) -> None:
    ask(olga)
    first = path_of_change()
    ask(olga, "other@example.org")
    assert Browser(app).get(first).status_code == 410
    assert Browser(app).get(path_of_change()).status_code == 200


@pytest.mark.parametrize("end", ["password", "sign out"])
def test_whoever_gets_the_account_back_ends_it(app: Flask, olga: Browser, end: str) -> None:
    """An intruder who asked for another address has nothing of it."""
    ask(olga)
    path = path_of_change()
    if end == "password":
        user = db.session.query(User).one()
        passwords.change(user, PASSWORD, "a new boat on the river", locale="en")
    else:
        olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
    assert Browser(app).post(path).status_code == 410


def test_two_who_confirm_at_once_confirm_once(app: Flask, olga: Browser) -> None:
    ask(olga)
    token = path_of_change().rpartition("/")[2]
    results = at_once(app, *[lambda: email_changes.confirm(token, locale="en")] * 3)
    assert kinds(results) == ["", "EmailChangeOver", "EmailChangeOver"]
    db.session.rollback()
    mails = db.session.query(OutboxMail).filter_by(kind=outbox.EMAIL_CHANGED).count()
    assert mails == 1


def test_two_who_want_one_address_at_once_get_one(
    app: Flask, olga: Browser, rival: Browser
) -> None:
    ask(olga)
    ask(rival)
    db.session.rollback()
    tokens = [
        links.email_change_url(each).rpartition("/")[2] for each in db.session.query(EmailChange)
    ]
    results = at_once(app, *[lambda t=t: email_changes.confirm(t, locale="en") for t in tokens])
    assert kinds(results) == ["", "EmailChangeOver"]


def test_it_needs_its_form(app: Flask, olga: Browser) -> None:
    ask(olga)
    answer = Browser(app).post(path_of_change())
    assert answer.status_code == 422
    assert db.session.query(EmailChange).count() == 1


def test_nobody_is_flooded(olga: Browser) -> None:
    statuses = [olga.submit(ASK, email=NEW).status_code for _ in range(5)]
    assert statuses == [303, 303, 303, 422, 422]


def test_forged_links_are_unknown(app: Flask, olga: Browser) -> None:
    ask(olga)
    good = path_of_change()
    for forged in (good[:-1], f"{good}x", "/backoffice/new-email/" + "A" * 36):
        assert Browser(app).get(forged).status_code == 404
    assert redact(f"GET {good} 200") == "GET /backoffice/new-email/… 200"
