"""Accounts, made and changed by several people at once."""

import pytest
from flask import Flask

from tests import builders
from tests.at_once import kinds, meeting_at
from tests.backoffice.conftest import PASSWORD
from tests.races.holding import hold
from ticketing.extensions import db
from ticketing.members import passwords, users
from ticketing.models import Organiser, User

pytestmark = pytest.mark.engine("postgresql")


def test_a_password_is_changed_by_two_who_know_it(app: Flask) -> None:
    """The second proved a password that is none any more."""
    user_id = builders.make_user(None, password=PASSWORD).id

    def change(wanted: str) -> None:
        passwords.change(db.session.get_one(User, user_id), PASSWORD, wanted, locale="en")

    first, second = "a new boat on the river", "an old boat in the harbour"
    actions = [lambda w=each: change(w) for each in (first, second)]
    assert kinds(meeting_at(app, hold("users", user_id), *actions)) == ["", "WrongPassword"]
    db.session.rollback()
    assert passwords.fits(db.session.get_one(User, user_id), first)


def test_an_account_is_made_twice(app: Flask) -> None:
    organiser_id = builders.make_shop(organiser_name="Riverside").organiser_id

    def make() -> None:
        users.create("olga@example.org", "Riverside", "owner", PASSWORD)

    results = meeting_at(app, hold("organisers", organiser_id), make, make)
    assert kinds(results) == ["", "CannotCreate"]


def test_an_organiser_is_founded_by_two(app: Flask) -> None:
    def make(email: str) -> None:
        users.create(email, "Riverside", "owner", PASSWORD)

    actions = [lambda e=each: make(e) for each in ("olga@example.org", "carl@example.org")]
    everything = "LOCK TABLE organisers IN EXCLUSIVE MODE"  # reading goes on, founding waits
    assert kinds(meeting_at(app, everything, *actions)) == ["", ""]
    db.session.rollback()
    assert [each.name for each in db.session.query(Organiser)] == ["Riverside"]
