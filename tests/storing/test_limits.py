"""Trying something too often: counted for all processes, for nobody longer than it has to be."""

import datetime as dt

import pytest
from flask import Flask

from tests.at_once import at_once
from ticketing.extensions import db
from ticketing.models import LimitUse
from ticketing.storing import limits
from ticketing.storing.transactions import write

QUARTER = dt.timedelta(minutes=15)


def tries(subject: str, count: int, *, name: str = "test", most: int = 5) -> list[bool]:
    return [limits.hit(name, subject, most, QUARTER) for _ in range(count)]


def give_back(subject: str) -> None:
    with write() as session:
        limits.give_back(session, "test", subject, 5, QUARTER)


def later(by: dt.timedelta) -> None:
    """Time passes: what was used up is used up that much less."""
    with write() as session:
        for row in session.query(LimitUse):
            row.spent_until -= int(by.total_seconds() * 1000)


def test_so_many_and_no_more(app: Flask) -> None:
    assert tries("anna", 8) == [True] * 5 + [False] * 3


def test_everybody_has_their_own(app: Flask) -> None:
    tries("anna", 6)
    assert tries("bob", 1) == [True]
    assert tries("anna", 1, name="another") == [True]


def test_trying_on_and_on_makes_it_no_longer(app: Flask) -> None:
    """Nobody is locked out: after a fifth of the window there is one try again."""
    tries("anna", 5)
    tries("anna", 50)
    assert 0 < limits.wait("test", "anna", 5, QUARTER) <= 180
    later(dt.timedelta(minutes=3))
    assert limits.wait("test", "anna", 5, QUARTER) == 0
    assert tries("anna", 3) == [True, False, False]
    later(QUARTER)
    assert tries("anna", 6) == [True] * 5 + [False]


def test_what_was_no_wrong_guess_is_given_back(app: Flask) -> None:
    for _ in range(20):
        assert limits.hit("test", "anna", 5, QUARTER)
        give_back("anna")
    assert tries("anna", 6) == [True] * 5 + [False]
    give_back("nobody")
    assert tries("nobody", 6) == [True] * 5 + [False]


def test_looking_counts_nothing(app: Flask) -> None:
    for _ in range(9):
        assert limits.wait("test", "anna", 5, QUARTER) == 0
    assert tries("anna", 6) == [True] * 5 + [False]


def test_of_many_at_once_only_so_many_get_through(app: Flask) -> None:
    results = at_once(app, *[lambda: limits.hit("test", "anna", 5, QUARTER)] * 12)
    assert sorted(results) == [False] * 7 + [True] * 5


def test_a_clock_that_went_wrong_locks_nobody_out(app: Flask) -> None:
    """As if a machine had lived in next year for a moment."""
    tries("anna", 5)
    later(dt.timedelta(days=-365))
    assert limits.wait("test", "anna", 5, QUARTER) == 0
    assert tries("anna", 6) == [True] * 5 + [False]


def test_what_is_over_is_forgotten(app: Flask) -> None:
    tries("anna", 1)
    later(QUARTER)
    tries("bob", 1)
    limits.prune()
    assert db.session.query(LimitUse).count() == 1


def test_nothing_in_the_table_tells_who_it_was(app: Flask) -> None:
    tries("anna@example.org", 1)
    row = db.session.query(LimitUse).one()
    assert "anna" not in row.subject
    assert len(row.subject) == 24


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_whom_an_address_stands_for(address: str, network: str) -> None:
    assert limits.network_of(address) == network
