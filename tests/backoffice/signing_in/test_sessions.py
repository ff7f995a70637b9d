"""Where somebody is signed in: seen, ended, and over by itself. Copies of cookies die with it."""

import datetime as dt
import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from tests import builders, seen
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from ticketing.extensions import db
from ticketing.mailing import mails
from ticketing.members import sessions
from ticketing.models import Membership, OutboxMail, Shop, SignIn, User
from ticketing.posting import outbox
from ticketing.storing.transactions import write
from ticketing.web.browsers import in_words

ACCOUNT = "/backoffice/account"
EMAIL = "olga@example.org"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


def is_in(browser: Browser) -> bool:
    return browser.get("/backoffice/orders").status_code == 200


def copy_of(browser: Browser, app: Flask) -> Browser:
    """Somebody has got hold of the cookie."""
    cookie = browser.client.get_cookie("session")
    assert cookie is not None
    thief = Browser(app)
    thief.client.set_cookie("session", cookie.value)
    return thief


def shift(column: str, by: dt.timedelta) -> None:
    """So much time passes for all sessions."""
    with write() as session:
        for each in session.query(SignIn):
            setattr(each, column, getattr(each, column) - by)


@pytest.fixture
def elsewhere(app: Flask, olga: Browser) -> Browser:
    """Olga at another computer."""
    browser = Browser(app)
    browser.sign_in(EMAIL, PASSWORD)
    return browser


def test_one_sees_where_one_is_signed_in(app: Flask, olga: Browser) -> None:
    other = Browser(app)
    other.post(
        "/backoffice/sign-in",
        {**other.fields("/backoffice/sign-in"), "email": EMAIL, "password": PASSWORD},
        headers={"User-Agent": FIREFOX},
    )
    page = olga.get(ACCOUNT).text
    assert "Firefox, Linux" in page
    assert page.count("this one") == 1
    assert page.count('/end"') == 1


def test_one_session_is_ended(app: Flask, olga: Browser, elsewhere: Browser) -> None:
    thief = copy_of(elsewhere, app)
    [action] = re.findall(rf'action="({ACCOUNT}/sign-ins/\d+/end)"', olga.get(ACCOUNT).text)
    assert olga.post(action, {"csrf_token": olga.token()}).status_code == 303
    assert not is_in(elsewhere)
    assert not is_in(thief)
    assert is_in(olga)


def test_all_others_are_ended(app: Flask, olga: Browser, elsewhere: Browser) -> None:
    answer = olga.submit(ACCOUNT, action=f"{ACCOUNT}/sign-ins/end-others")
    assert answer.status_code == 303
    assert not is_in(elsewhere)
    assert is_in(olga)
    assert "end-others" not in olga.get(ACCOUNT).text


def test_nobody_ends_anothers_session(app: Flask, olga: Browser, rival: Browser) -> None:
    for row in db.session.query(SignIn).join(User).filter(User.email == EMAIL):
        answer = rival.post(f"{ACCOUNT}/sign-ins/{row.id}/end", {"csrf_token": rival.token()})
        assert answer.status_code == 404
    assert is_in(olga)


@pytest.mark.parametrize(
    "end",
    [
        lambda user: sessions.end_all(user.id),
        lambda user: _change(user, active=False),
        lambda user: _change(user, fs_uniquifier="another"),
    ],
    ids=["signed out", "disabled", "renewed"],
)
def test_a_copied_cookie_opens_nothing_afterwards(
    app: Flask, olga: Browser, end: Callable[[User], None]
) -> None:
    thief = copy_of(olga, app)
    assert is_in(thief)
    end(db.session.query(User).one())
    assert not is_in(thief)
    assert not is_in(olga)


def _change(user: User, **values: object) -> None:
    with write() as session:
        session.execute(update(User).where(User.id == user.id).values(**values))


def test_signing_out_ends_copies_too(app: Flask, olga: Browser) -> None:
    thief = copy_of(olga, app)
    olga.post("/backoffice/sign-out", {"csrf_token": olga.token()})
    assert not is_in(thief)
    assert db.session.query(SignIn).count() == 0


def test_a_session_from_before_the_sign_in_is_worth_nothing(app: Flask, shop: Shop) -> None:
    """Whoever has put a cookie into somebody's browser isn't signed in with it."""
    builders.make_user(shop.organiser, password=PASSWORD)
    victim = Browser(app)
    victim.get("/backoffice/sign-in")
    planted = copy_of(victim, app)
    victim.sign_in(EMAIL, PASSWORD)
    assert is_in(victim)
    assert not is_in(planted)


def test_it_is_over_after_three_hours_without_use(app: Flask, olga: Browser) -> None:
    shift("last_used_at", dt.timedelta(hours=2, minutes=50))
    assert is_in(olga)
    shift("last_used_at", dt.timedelta(hours=2, minutes=50))
    assert is_in(olga), "it was used meanwhile"
    shift("last_used_at", dt.timedelta(hours=3, minutes=1))
    answer = olga.get("/backoffice/orders")
    assert answer.location.startswith("/backoffice/sign-in")


def test_it_is_over_after_twelve_hours_in_any_case(app: Flask, olga: Browser) -> None:
    shift("begun_at", dt.timedelta(hours=11, minutes=59))
    assert is_in(olga)
    shift("begun_at", dt.timedelta(minutes=2))
    assert not is_in(olga)
    sessions.prune()
    assert db.session.query(SignIn).count() == 0


def test_looking_around_writes_once_in_a_while(app: Flask, olga: Browser) -> None:
    before = seen.digest()
    for _ in range(3):
        assert is_in(olga)
    row = db.session.query(SignIn).one()
    used = row.last_used_at
    assert seen.digest() == before
    shift("last_used_at", dt.timedelta(minutes=6))
    assert is_in(olga)
    db.session.rollback()
    assert row.last_used_at > used - dt.timedelta(minutes=1)


def test_at_most_twenty_browsers_stay_signed_in(app: Flask, olga: Browser) -> None:
    user_id = db.session.query(User).one().id
    for _ in range(sessions.MOST - 1):
        sessions.begin(user_id, "", known=True, locale="en")
    assert is_in(olga)
    sessions.begin(user_id, "", known=True, locale="en")
    assert db.session.query(SignIn).count() == sessions.MOST
    assert not is_in(olga), "the one least lately used made room"


def test_the_cookie_holds_what_the_database_does_not(app: Flask, olga: Browser) -> None:
    cookie = olga.client.get_cookie("session")
    assert cookie is not None
    row = db.session.query(SignIn).one()
    assert row.digest not in cookie.value
    thief = Browser(app)
    thief.client.set_cookie("session", row.digest)
    assert not is_in(thief)


def test_an_owner_signs_somebody_out(app: Flask, shop: Shop, olga: Browser) -> None:
    user = builders.make_user(shop.organiser, email="d@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("d@example.org", PASSWORD)
    path = f"/backoffice/people/{user.memberships[0].id}/sign-out"
    assert olga.submit(path).status_code == 303
    assert not is_in(desk)
    assert is_in(olga)
    assert desk.sign_in("d@example.org", PASSWORD).status_code == 302


def test_the_command_signs_out_one_or_everybody(
    app: Flask, olga: Browser, rival: Browser, elsewhere: Browser
) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["user", "sign-out", EMAIL]).exit_code == 0
    assert (is_in(olga), is_in(elsewhere), is_in(rival)) == (False, False, True)
    result = runner.invoke(args=["user", "sign-out", "--everybody"])
    assert "Sessions ended: 1" in result.output
    assert not is_in(rival)
    assert runner.invoke(args=["user", "sign-out"]).exit_code == 2
    assert runner.invoke(args=["user", "sign-out", "nobody@example.org"]).exit_code == 1


def test_the_command_closes_an_account(app: Flask, olga: Browser, stranger: Browser) -> None:
    runner = app.test_cli_runner()
    assert runner.invoke(args=["user", "close", EMAIL.upper()]).exit_code == 0
    assert not is_in(olga)
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 422
    assert runner.invoke(args=["user", "open", EMAIL]).exit_code == 0
    assert not is_in(olga), "a session that ended stays over"
    assert stranger.sign_in(EMAIL, PASSWORD).status_code == 302
    assert runner.invoke(args=["user", "close", "nobody@example.org"]).exit_code == 1


def test_there_is_one_set_of_commands_for_accounts(app: Flask) -> None:
    """Flask-Security's own know nothing of our rules."""
    assert not {"users", "roles"} & app.cli.commands.keys()


def test_a_role_counts_at_once(app: Flask, shop: Shop, olga: Browser) -> None:
    """Should somebody change it in the database itself: no session remembers a role."""
    assert olga.get("/backoffice/people").status_code == 200
    with write() as session:
        session.query(Membership).one().role = "desk"
    assert olga.get("/backoffice/people").status_code == 403
    with write() as session:
        session.delete(session.query(Membership).one())
    assert olga.get("/backoffice/orders").status_code == 403


def test_a_new_browser_is_told_by_mail(app: Flask, shop: Shop) -> None:
    """Not at the very first sign-in, and each browser once."""
    builders.make_user(shop.organiser, password=PASSWORD)

    def mails() -> int:
        db.session.rollback()
        return db.session.query(OutboxMail).filter_by(kind=outbox.NEW_BROWSER).count()

    first, second = Browser(app), Browser(app)
    first.sign_in(EMAIL, PASSWORD)
    assert mails() == 0
    second.sign_in(EMAIL, PASSWORD)
    assert mails() == 1
    for browser in (first, second, second):
        browser.post(
            "/backoffice/sign-out", {"csrf_token": browser.token()} if is_in(browser) else {}
        )
        browser.sign_in(EMAIL, PASSWORD)
    assert mails() == 1
    for _ in range(5):
        Browser(app).sign_in(EMAIL, PASSWORD)
    assert mails() == 3, "nobody is flooded"


def test_the_mail_says_when_as_its_reader_writes_dates(app: Flask, shop: Shop) -> None:
    """A German date is no English one with a German month: “27 November 2026” has lost its dot."""
    user = builders.make_user(shop.organiser, password=PASSWORD)
    with write() as session:
        session.get_one(User, user.id).locale = "de"
    for _ in range(2):
        Browser(app).sign_in(EMAIL, PASSWORD)
    [mail] = db.session.query(OutboxMail).filter_by(kind=outbox.NEW_BROWSER)
    at = dt.datetime.fromisoformat(mail.params["at"]).astimezone(dt.UTC)
    assert f"am {at:%d.%m.%Y, %H:%M} (UTC)" in mails.compose(mail).text


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox, Linux"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
            "Safari, iPhone",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
            "Chrome/150.0.0.0 Safari/537.36 Edg/150.0.0.0",
            "Edge, Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 16; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) "
            "SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
            "Samsung Internet, Android",
        ),
        ("curl/8.0", ""),
        ("", ""),
        ("<script>alert(1)</script>" * 100, ""),
    ],
)
def test_browsers_in_words(agent: str, words: str) -> None:
    assert in_words(agent) == words
