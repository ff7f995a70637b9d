"""Mails about an account speak its owner's own language, whatever the browser asks for."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests import builders
from tests.backoffice import phone
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from ticketing.extensions import db
from ticketing.members import passwords, two_step, users
from ticketing.models import OutboxMail, Shop, User
from ticketing.posting import outbox
from ticketing.storing.transactions import write

EMAIL = "olga@example.org"
NEW = "a new boat on the river"


@pytest.fixture
def user(shop: Shop) -> User:
    return builders.make_user(shop.organiser, email=EMAIL, password=PASSWORD)


def ask_for_a_new_password(app: Flask, user: User) -> None:
    Browser(app).submit("/backoffice/new-password", email=EMAIL)


def choose_it(app: Flask, user: User) -> None:
    path = passwords.reset_url(user).partition("/backoffice")[2]
    assert Browser(app).submit(f"/backoffice{path}", password=NEW).status_code == 303


def sign_in_elsewhere(app: Flask, user: User) -> None:
    Browser(app).sign_in(EMAIL, PASSWORD)
    Browser(app).sign_in(EMAIL, PASSWORD)


def use_a_recovery_code(app: Flask, user: User) -> None:
    beginning = two_step.begin(user)
    code, *_others = two_step.turn_on(
        user, beginning.sealed, phone.code(beginning.secret), locale="en"
    )
    browser = Browser(app)
    browser.sign_in(EMAIL, PASSWORD)
    browser.submit("/backoffice/sign-in/code", code=code)


def ask_for_another_address(app: Flask, user: User) -> None:
    browser = Browser(app)
    browser.sign_in(EMAIL, PASSWORD)
    browser.submit("/backoffice/account/email", email="new@example.org")


def get_one_from_the_command_line(app: Flask, user: User) -> None:
    users.set_password(EMAIL, NEW)


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        (ask_for_a_new_password, outbox.PASSWORD_RESET),
        (choose_it, outbox.PASSWORD_CHANGED),
        (sign_in_elsewhere, outbox.NEW_BROWSER),
        (use_a_recovery_code, outbox.RECOVERY_CODE_USED),
        (ask_for_another_address, outbox.EMAIL_CHANGE),
        (get_one_from_the_command_line, outbox.PASSWORD_CHANGED),
    ],
)
@pytest.mark.parametrize(("own", "spoken"), [("nl", "nl"), ("", "en")])
def test_they_speak_the_language_that_was_chosen(
    app: Flask, user: User, act: Callable[[Flask, User], None], kind: str, own: str, spoken: str
) -> None:
    with write() as session:
        session.get_one(User, user.id).locale = own
    act(app, user)
    db.session.rollback()
    locale = select(OutboxMail.locale).where(OutboxMail.kind == kind)
    assert db.session.scalars(locale).all() == [spoken]
