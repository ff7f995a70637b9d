"""What somebody of a team sees of their own account, and of signing in."""

import datetime as dt
import re

from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests import builders
from tests.backoffice import phone
from tests.browser.people import PASSWORD, choose, sign_in
from tests.browser.scenes import scene
from ticketing import links
from ticketing.extensions import db
from ticketing.members import email_changes, sessions
from ticketing.models import EmailChange, Organiser, SignIn, User
from ticketing.storing.transactions import write

ACCOUNT = "/backoffice/account"


def somebody(page: Page) -> User:
    """An owner who has just signed in."""
    organiser = builders.make_shop().organiser
    email = f"account-{organiser.id}@example.org"
    sign_in(page, organiser, email)
    return db.session.scalars(select(User).where(User.email == email)).one()


def wait_eleven_minutes(user: User) -> None:
    """It is too long ago that they showed that it is them."""
    with write() as session:
        for each in session.scalars(select(SignIn).where(SignIn.user_id == user.id)):
            each.confirmed_at -= dt.timedelta(minutes=11)


def turn_on(page: Page) -> str:
    """Set up two-step sign-in; returns what the phone makes its codes from."""
    page.goto(ACCOUNT)
    page.get_by_role("link", name="Set up").click()
    secret = page.locator("#two-step-secret").inner_text()
    page.get_by_label("Code", exact=True).fill(phone.code(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two-step sign-in is on")
    return secret


def give_password(page: Page, user: User) -> None:
    page.goto("/backoffice/orders")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code", exact=True)).to_be_focused()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Olga Organiser").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@scene
def account(page: Page) -> None:
    user = somebody(page)
    for browser in ("Firefox, Windows", ""):
        sessions.begin(user.id, browser, known=True, locale="en")
    page.goto(ACCOUNT)


@scene
def account_in_two_steps(page: Page) -> None:
    somebody(page)
    turn_on(page)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()


@scene
def two_step_set_up_with_a_wrong_code(page: Page) -> None:
    somebody(page)
    page.goto(f"{ACCOUNT}/two-step")
    page.get_by_label("Code", exact=True).fill("12345")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")


@scene
def recovery_codes(page: Page) -> None:
    somebody(page)
    turn_on(page)


@scene
def second_step(page: Page) -> None:
    user = somebody(page)
    turn_on(page)
    sign_out(page)
    give_password(page, user)
    page.get_by_label("Code", exact=True).fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Code", exact=True)).to_have_attribute("aria-invalid", "true")


@scene
def second_step_with_a_recovery_code(page: Page) -> None:
    user = somebody(page)
    turn_on(page)
    sign_out(page)
    give_password(page, user)
    page.get_by_role("link", name="Phone lost?").click()
    expect(page.get_by_label("Recovery code")).to_be_focused()


@scene
def is_it_you(page: Page) -> None:
    user = somebody(page)
    wait_eleven_minutes(user)
    page.goto("/backoffice/people")
    page.get_by_label("Email").fill("ingrid@example.org")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_label("Your password")).to_be_focused()


@scene
def is_it_you_in_a_dialog(page: Page) -> None:
    user = somebody(page)
    wait_eleven_minutes(user)
    page.goto(ACCOUNT)
    page.get_by_role("link", name="Change email").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("New email address").fill("new@example.org")
    dialog.get_by_role("button", name="Send the link").click()
    dialog.get_by_label("Your password").fill("not this one")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_label("Your password")).to_have_attribute("aria-invalid", "true")


@scene
def change_email(page: Page) -> None:
    somebody(page)
    page.goto(ACCOUNT)
    page.get_by_role("link", name="Change email").click()
    expect(page.get_by_role("dialog").get_by_label("New email address")).to_be_visible()


@scene
def confirm_new_email(page: Page) -> None:
    user = somebody(page)
    email_changes.ask(user, f"new-{user.id}@example.org", locale="en")
    change = db.session.scalars(select(EmailChange).where(EmailChange.user_id == user.id)).one()
    page.goto(links.email_change_url(change))


@scene
def people_with_two_steps(page: Page) -> None:
    user = somebody(page)
    organiser = db.session.get_one(Organiser, user.memberships[0].organiser_id)
    carl = builders.make_user(organiser, email=f"carl-{user.id}@example.org", password=PASSWORD)
    with write() as session:
        session.get_one(User, carl.id).totp_secret = "somebody’s own business"
    page.goto("/backoffice/people")


@scene
def require_two_steps(page: Page) -> None:
    somebody(page)
    page.goto("/backoffice/people")
    page.get_by_role("link", name="Require it").click()
    expect(page.get_by_role("dialog", name="Two-step sign-in")).to_be_visible()


@scene
def reset_two_steps(page: Page) -> None:
    people_with_two_steps(page)
    with write() as session:
        user = session.scalars(select(User).where(User.email.startswith("carl-"))).all()[-1]
        user.name = "Carl"
    page.reload()
    choose(page, re.compile("Actions for Carl"), "Reset two-step sign-in")
    expect(page.get_by_role("dialog", name="Reset two-step sign-in")).to_be_visible()
