"""Guessing passwords: limited for an account and from an address, for nobody for long."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from passlib.hash import argon2

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from ticketing.members import attempts, passwords
from ticketing.models import LimitUse, Shop, User
from ticketing.storing.transactions import write

SIGN_IN = "/backoffice/sign-in"
EMAIL = "olga@example.org"
WRONG = "wrong horse battery"


@pytest.fixture
def user(shop: Shop) -> User:
    return builders.make_user(shop.organiser, email=EMAIL, password=PASSWORD)


def signs_in(browser: Browser, email: str = EMAIL, password: str = PASSWORD, **at: Any) -> bool:
    data = {**browser.fields(SIGN_IN), "email": email, "password": password}
    answer = browser.post(SIGN_IN, data, **at)
    assert answer.status_code in {302, 422}
    return answer.status_code == 302


def guess(app: Flask, times: int, email: str = EMAIL, **at: Any) -> None:
    browser = Browser(app)
    for _ in range(times):
        assert not signs_in(browser, email, WRONG, **at)


def minutes_pass(minutes: int) -> None:
    with write() as session:
        for row in session.query(LimitUse):
            row.spent_until -= minutes * 60 * 1000


def from_(address: str) -> dict[str, Any]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


def test_after_ten_guesses_the_right_one_is_not_looked_at(app: Flask, user: User) -> None:
    guess(app, 10)
    stranger = Browser(app)
    assert not signs_in(stranger)
    minutes_pass(2)
    assert signs_in(stranger), "a try has come back"


def test_guessing_on_and_on_locks_nobody_out_for_longer(app: Flask, user: User) -> None:
    guess(app, 25)
    minutes_pass(2)
    assert signs_in(Browser(app))


def test_addresses_make_no_difference_to_an_account(app: Flask, user: User) -> None:
    for number in range(10):
        guess(app, 1, **from_(f"192.0.2.{number}"))
    assert not signs_in(Browser(app), **from_("192.0.2.99"))


def test_who_was_signed_in_before_gets_in_all_the_same(
    app: Flask, shop: Shop, olga: Browser
) -> None:
    """Nobody can keep somebody out by guessing at their account."""
    olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
    guess(app, 12, **from_("192.0.2.1"))
    assert not signs_in(Browser(app))
    assert signs_in(olga)
    for _ in range(10):
        olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
        assert signs_in(olga), "right ones are never counted"


def test_a_known_browser_has_ten_guesses_too(app: Flask, olga: Browser) -> None:
    olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
    for _ in range(10):
        signs_in(olga, password=WRONG)
    assert not signs_in(olga)
    assert signs_in(Browser(app)), "others are counted apart"


def test_a_forged_browser_is_not_known(app: Flask, user: User, olga_cookie: str) -> None:
    guess(app, 10, **from_("192.0.2.1"))
    for value in ("x", "", olga_cookie[:-1], olga_cookie.replace(".", "x")):
        browser = Browser(app)
        browser.client.set_cookie("browser", value)
        assert not signs_in(browser)


@pytest.fixture
def olga_cookie(app: Flask, user: User) -> str:
    browser = Browser(app)
    assert signs_in(browser)
    cookie = browser.client.get_cookie("browser")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    return cookie.value


def test_choosing_a_new_password_by_mail_lets_one_in(app: Flask, user: User) -> None:
    guess(app, 20)
    path = passwords.reset_url(user).partition("8000")[2]
    person = Browser(app)
    person.submit(path, password="a new boat on the river")
    assert signs_in(person, password="a new boat on the river")


def test_one_address_guesses_at_thirty_accounts(app: Flask, user: User) -> None:
    browser = Browser(app)
    for number in range(30):
        signs_in(browser, f"u{number}@example.org", WRONG, **from_("2001:db8:1:2::1"))
    assert not signs_in(browser, **from_("2001:db8:1:2::ffff")), "it is the same household"
    assert signs_in(Browser(app), **from_("2001:db8:1:3::1"))


def test_an_address_that_may_no_more_takes_nothing_from_an_account(app: Flask, user: User) -> None:
    browser = Browser(app)
    for number in range(30):
        signs_in(browser, f"u{number}@example.org", WRONG, **from_("192.0.2.1"))
    guess(app, 15, **from_("192.0.2.1"))
    assert signs_in(Browser(app), **from_("192.0.2.2"))


def test_one_account_has_a_hundred_guesses_a_day(app: Flask) -> None:
    """However patiently somebody tries, and from however many addresses."""
    tried = 0
    for number in range(130):
        tried += attempts.at_password(EMAIL, f"192.0.2.{number}", "").allowed
        with write() as session:  # ten minutes, as the limits of a quarter see it
            for row in session.query(LimitUse):
                row.spent_until -= 0 if "daily" in row.name else 10 * 60 * 1000
    assert tried == 100


def test_every_refusal_is_alike(app: Flask, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Same status, same page, same work: nobody learns which accounts there are, or that the
    limit was reached."""
    hashed = []

    def counting(which: str) -> Callable[..., Any]:
        real = getattr(argon2, which)

        def count(*arguments: Any, **named: Any) -> Any:
            hashed.append(which)
            return real(*arguments, **named)

        return count

    for which in ("hash", "verify"):
        monkeypatch.setattr(argon2, which, counting(which))
    with write() as session:
        session.add(
            User(email="off@example.org", password=user.password, active=False, fs_uniquifier="off")
        )
        session.add(User(email="none@example.org", password=None, fs_uniquifier="none"))
    guess(app, 10, "throttled@example.org", **from_("192.0.2.1"))
    answers, work = set(), set()
    for email, password in [
        (EMAIL, WRONG),
        ("nobody@example.org", WRONG),
        ("throttled@example.org", WRONG),
        ("off@example.org", PASSWORD),
        ("none@example.org", PASSWORD),
    ]:
        browser = Browser(app)
        data = {**browser.fields(SIGN_IN), "email": email, "password": password}
        hashed.clear()
        answer = browser.post(SIGN_IN, data)
        work.add(len(hashed))
        # A token holds the second in which it was made.
        page = re.sub(r'(name="csrf_token"[^>]* value=")[^"]*', r"\1…", answer.text)
        assert "…" in page
        answers.add((answer.status_code, page.replace(email, "…")))
    assert len(answers) == 1
    assert len(work) == 1, work
    assert work != {0}
