"""Signing in in two steps: a code from the phone, or a recovery code."""

import re
import time
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests import builders, seen
from tests.at_once import at_once, kinds
from tests.backoffice import phone
from tests.backoffice.browsing import Browser, forms_in
from tests.backoffice.conftest import PASSWORD
from ticketing.extensions import db
from ticketing.members import passwords, team, two_step
from ticketing.models import LimitUse, OutboxMail, RecoveryCode, Shop, User
from ticketing.posting import outbox
from ticketing.storing.transactions import write

ACCOUNT = "/backoffice/account"
SET_UP = f"{ACCOUNT}/two-step"
CODE = "/backoffice/sign-in/code"
EMAIL = "olga@example.org"


@pytest.fixture(autouse=True)
def the_clock_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, no code grows old while it is typed."""
    at = time.time()
    monkeypatch.setattr("time.time", lambda: at)


@dataclass
class Kept:
    """What a person has kept of setting it up."""

    secret: str
    recovery_codes: list[str]


def secret_in(html: str) -> str:
    [found] = re.findall(r'id="two-step-secret"[^>]*>([A-Z2-7 ]+)<', html)
    return found


def set_up(person: Browser) -> Kept:
    page = person.get(SET_UP)
    secret = secret_in(page.text)
    # With the code before the present one, so that the test may use that and the next.
    answer = person.send(SET_UP, forms_in(page.text)[SET_UP], code=phone.code(secret, steps=-1))
    assert answer.status_code == 201, answer.text
    return Kept(secret, re.findall(r"<code>([a-z2-7-]+)</code>", answer.text))


@pytest.fixture
def kept(olga: Browser) -> Kept:
    return set_up(olga)


def with_password(app: Flask, email: str = EMAIL) -> Browser:
    """Somebody has given the right password, and is asked for a code."""
    browser = Browser(app)
    answer = browser.sign_in(email, PASSWORD)
    assert answer.status_code == 302
    assert answer.location.startswith(CODE)
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/backoffice/orders").status_code == 200


def give(browser: Browser, code: str) -> TestResponse:
    return browser.submit(CODE, code=code)


def mails() -> list[str]:
    db.session.rollback()
    return [mail.kind for mail in db.session.query(OutboxMail).order_by(OutboxMail.id)]


def test_it_is_set_up_and_asked_for(app: Flask, olga: Browser) -> None:
    elsewhere = Browser(app)
    elsewhere.sign_in(EMAIL, PASSWORD)
    kept = set_up(olga)
    assert len(set(kept.recovery_codes)) == 10
    assert outbox.TWO_STEP_ON in mails()
    assert is_in(olga), "this session goes on"
    assert not is_in(elsewhere), "all others end"
    page = olga.get(ACCOUNT).text
    assert "10 recovery codes are left." in page

    person = with_password(app)
    assert not is_in(person), "the password alone opens nothing"
    answer = give(person, phone.code(kept.secret))
    assert (answer.status_code, answer.location) == (303, "/backoffice/orders")
    assert is_in(person)


def test_it_leads_back_to_where_one_wanted_to_be(app: Flask, kept: Kept) -> None:
    person = Browser(app)
    wanted = person.get("/backoffice/orders?q=zoe").location
    asked = person.sign_in(EMAIL, PASSWORD, to=wanted).location
    page = person.get(asked)
    assert "next=" in asked
    answer = person.send(CODE, forms_in(page.text)[CODE], code=phone.code(kept.secret))
    assert answer.location == "/backoffice/orders?q=zoe"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_it_never_leads_to_another_site(app: Flask, kept: Kept, elsewhere: str) -> None:
    person = with_password(app)
    answer = person.submit(CODE, code=phone.code(kept.secret), next=elsewhere)
    assert re.match(r"/[^/\\]", answer.location), answer.location


def test_a_code_works_once(app: Flask, kept: Kept) -> None:
    code = phone.code(kept.secret)
    assert give(with_password(app), code).status_code == 303
    second = with_password(app)
    answer = give(second, code)
    assert answer.status_code == 422
    assert "was used already" in answer.text
    assert not is_in(second)


def test_a_code_used_at_once_in_many_places_works_once(app: Flask, kept: Kept) -> None:
    user_id = db.session.query(User).one().id
    code = phone.code(kept.secret)
    results = at_once(app, *[lambda: two_step.check(user_id, code, locale="en")] * 5)
    assert kinds(results) == ["", *["WrongCode"] * 4]
    recovery = kept.recovery_codes[0]
    results = at_once(app, *[lambda: two_step.check(user_id, recovery, locale="en")] * 5)
    assert kinds(results) == ["", *["WrongCode"] * 4]


def test_the_code_that_set_it_up_is_used(app: Flask, olga: Browser) -> None:
    page = olga.get(SET_UP)
    code = phone.code(secret_in(page.text))
    olga.send(SET_UP, forms_in(page.text)[SET_UP], code=code)
    assert give(with_password(app), code).status_code == 422


def test_a_phone_may_be_half_a_minute_wrong(app: Flask, kept: Kept) -> None:
    user = db.session.query(User).one()
    for steps, good in [(-3, False), (3, False), (1, True)]:
        person = with_password(app)
        with write() as session:
            session.get_one(User, user.id).totp_counter = None
        answer = give(person, phone.code(kept.secret, steps=steps))
        assert (answer.status_code == 303) is good, steps


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "x" * 5000, "١٢٣٤٥٦", "a\x00b"]
)
def test_what_is_no_code_is_refused(app: Flask, kept: Kept, typed: str) -> None:
    person = with_password(app)
    answer = give(person, typed)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert not is_in(person)


def test_it_is_typed_as_the_app_shows_it(app: Flask, kept: Kept) -> None:
    code = phone.code(kept.secret)
    assert give(with_password(app), f" {code[:3]} {code[3:]} ").status_code == 303


def test_a_recovery_code_opens_once(app: Flask, kept: Kept) -> None:
    person = with_password(app)
    assert "recovery" in person.get(CODE).text
    page = person.get(f"{CODE}?with=recovery")
    typed = kept.recovery_codes[3].upper().replace("-", " ")
    assert person.send(CODE, forms_in(page.text)[CODE], code=typed).status_code == 303
    assert "9 recovery codes are left." in person.get(ACCOUNT).text
    assert outbox.RECOVERY_CODE_USED in mails()
    assert give(with_password(app), kept.recovery_codes[3]).status_code == 422
    assert give(with_password(app), kept.recovery_codes[4]).status_code == 303


def test_recovery_codes_are_renewed(app: Flask, olga: Browser, kept: Kept) -> None:
    path = f"{SET_UP}/recovery-codes"
    answer = olga.submit(path)
    assert answer.status_code == 201
    new = re.findall(r"<code>([a-z2-7-]+)</code>", answer.text)
    assert not set(new) & set(kept.recovery_codes)
    assert give(with_password(app), kept.recovery_codes[0]).status_code == 422
    assert give(with_password(app), new[0]).status_code == 303
    assert outbox.RECOVERY_CODES_RENEWED in mails()


def test_it_is_turned_off(app: Flask, olga: Browser, kept: Kept) -> None:
    elsewhere = with_password(app)
    give(elsewhere, phone.code(kept.secret))
    assert olga.submit(f"{SET_UP}/off").status_code == 303
    assert "Two-step sign-in is off." in olga.get(ACCOUNT).text
    assert not is_in(elsewhere)
    assert mails()[-1] == outbox.TWO_STEP_OFF
    assert db.session.query(RecoveryCode).count() == 0
    person = Browser(app)
    assert person.sign_in(EMAIL, PASSWORD).location == "/backoffice/orders"


def test_nothing_in_the_database_makes_a_code(app: Flask, kept: Kept) -> None:
    """Neither the secret nor a recovery code can be read from a copy of it."""
    everything = repr(sorted(seen.rows().items(), key=repr)).lower()
    secret = kept.secret.replace(" ", "").lower()
    assert secret not in everything
    for code in kept.recovery_codes:
        assert code not in everything
        assert code.replace("-", "") not in everything


def test_a_secret_moved_to_another_account_opens_nothing(
    app: Flask, shop: Shop, kept: Kept
) -> None:
    other = builders.make_user(shop.organiser, email="eve@example.org", password=PASSWORD)
    with write() as session:
        mine = session.query(User).filter_by(email=EMAIL).one()
        session.get_one(User, other.id).totp_secret = mine.totp_secret
    person = with_password(app, "eve@example.org")
    assert give(person, phone.code(kept.secret, steps=1)).status_code == 422


def test_another_accounts_form_sets_up_nothing(olga: Browser, rival: Browser) -> None:
    theirs = rival.get(SET_UP).text
    answer = olga.submit(
        SET_UP,
        sealed=forms_in(theirs)[SET_UP]["sealed"][0],
        code=phone.code(secret_in(theirs)),
    )
    assert answer.status_code == 422
    assert "two-step-secret" in answer.text
    assert db.session.query(RecoveryCode).count() == 0


def test_a_wrong_first_code_keeps_the_qr_code(olga: Browser) -> None:
    page = olga.get(SET_UP)
    answer = olga.send(SET_UP, forms_in(page.text)[SET_UP], code="000000")
    assert answer.status_code == 422
    assert secret_in(answer.text) == secret_in(page.text)


def test_looking_at_the_qr_code_changes_nothing(olga: Browser) -> None:
    before = seen.digest()
    assert secret_in(olga.get(SET_UP).text) != secret_in(olga.get(SET_UP).text)
    assert seen.digest() == before


def test_the_password_alone_is_not_enough_for_long(
    app: Flask, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = with_password(app)
    later = time.time() + 601
    with monkeypatch.context() as clock:
        clock.setattr("time.time", lambda: later)
        answer = person.get(CODE)
    assert answer.status_code == 302
    assert answer.location.startswith("/backoffice/sign-in")


def test_without_a_password_there_is_nothing_to_confirm(app: Flask, kept: Kept) -> None:
    person = Browser(app)
    answer = person.get(CODE)
    assert answer.location.startswith("/backoffice/sign-in")
    assert person.post(CODE, {"code": phone.code(kept.secret)}).status_code == 302
    assert not is_in(person)


def test_a_changed_password_ends_a_sign_in_that_is_half_done(
    app: Flask, olga: Browser, kept: Kept
) -> None:
    person = with_password(app)
    olga.submit(
        ACCOUNT, action=f"{ACCOUNT}/password", present=PASSWORD, password="a new boat on the river"
    )
    assert person.get(CODE).status_code == 302


def test_a_new_password_by_mail_does_not_get_around_it(app: Flask, kept: Kept) -> None:
    path = passwords.reset_url(db.session.query(User).one()).partition("8000")[2]
    person = Browser(app)
    person.submit(path, password=PASSWORD + "!")
    answer = person.sign_in(EMAIL, PASSWORD + "!")
    assert answer.location.startswith(CODE)


def test_guessing_codes_is_soon_over(app: Flask, kept: Kept) -> None:
    """Of ten wrong codes, the eleventh isn't looked at, though it is right; later it is."""
    person = with_password(app)
    for guess in range(10):
        assert give(person, f"{guess:06}").status_code == 422
    answer = give(person, phone.code(kept.secret))
    assert answer.status_code == 422
    with write() as session:
        for row in session.query(LimitUse):
            row.spent_until -= 15 * 60 * 1000
    assert give(person, phone.code(kept.secret)).status_code == 303


# ---- A team that asks for it ----


def test_an_owner_requires_it_of_everybody(app: Flask, shop: Shop, olga: Browser) -> None:
    builders.make_user(shop.organiser, email="d@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("d@example.org", PASSWORD)
    assert is_in(desk)
    set_up(olga)
    assert olga.submit("/backoffice/people/two-step").status_code == 303
    answer = desk.get("/backoffice/orders")  # at once, not at the next sign-in
    assert (answer.status_code, answer.location) == (303, SET_UP)
    answer = desk.get("/backoffice/orders", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == SET_UP
    assert "Everybody here signs in in two steps." in desk.get(SET_UP).text
    set_up(desk)
    assert is_in(desk)
    answer = desk.submit(f"{SET_UP}/off")
    assert answer.status_code == 409
    assert "Your team asks for it" in answer.text

    olga.submit("/backoffice/people/two-step")
    assert desk.submit(f"{SET_UP}/off").status_code == 303


def test_an_owner_resets_it_for_who_lost_their_phone(app: Flask, shop: Shop, olga: Browser) -> None:
    user = builders.make_user(shop.organiser, email="d@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("d@example.org", PASSWORD)
    set_up(desk)
    member_id = user.memberships[0].id
    path = f"/backoffice/people/{member_id}/two-step"
    assert path in olga.get("/backoffice/people").text
    assert olga.submit(path).status_code == 303
    assert not is_in(desk)
    assert mails()[-1] == outbox.TWO_STEP_OFF
    assert desk.sign_in("d@example.org", PASSWORD).location == "/backoffice/orders"


def test_an_owner_cannot_weaken_an_account_of_others(app: Flask, shop: Shop, olga: Browser) -> None:
    user = builders.make_user(shop.organiser, email="d@example.org", password=PASSWORD)
    team.found("Their own", user)
    desk = Browser(app)
    desk.sign_in("d@example.org", PASSWORD)
    set_up(desk)
    member = next(each for each in user.memberships if each.organiser_id == shop.organiser_id)
    answer = olga.submit(f"/backoffice/people/{member.id}/two-step")
    assert answer.status_code == 409
    assert "flask user reset-two-step" in answer.text
    assert is_in(desk)
    runner = app.test_cli_runner()
    result = runner.invoke(args=["user", "reset-two-step", "D@example.org"])
    assert result.exit_code == 0, result.output
    assert not is_in(desk)
    assert runner.invoke(args=["user", "reset-two-step", "d@example.org"]).exit_code == 1
