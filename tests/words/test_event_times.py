"""When an event is, said at its place and in the reader's language."""

import datetime as dt

import pytest
from flask import Flask
from flask_babel import force_locale

from ticketing.models import Event
from ticketing.words.localtime import event_when, moment


def at(starts: str, ends: str | None, timezone: str = "Europe/Amsterdam") -> Event:
    def moment(text: str) -> dt.datetime:
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)

    return Event(
        starts_at=moment(starts), ends_at=moment(ends) if ends else None, timezone=timezone
    )


FESTIVAL = at("2027-05-28T14:00", "2027-05-30T21:00")


def test_an_evening_has_one_day(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        said = event_when(at("2027-06-12T18:00", "2027-06-13T01:00"))
    assert said == "Saturday, 12 June 2027, 20:00 – 03:00 (CEST)"


def test_nobody_needs_to_know_the_end(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        said = event_when(at("2027-01-09T19:00", None, "America/Sao_Paulo"))
    assert said == "Saturday, 9 January 2027, 16:00 (GMT-03:00)"


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Fri 28 May, 16:00 – Sun, 30 May 2027, 23:00 (CEST)"),
        ("nl", "vr 28 mei, 16:00 – zo 30 mei 2027, 23:00 (CEST)"),
        ("de", "Fr., 28. Mai, 16:00 – So., 30. Mai 2027, 23:00 (MESZ)"),
        ("fr", "ven. 28 mai, 16:00 – dim. 30 mai 2027, 23:00 (CEST)"),
        ("es", "vie, 28 de mayo, 16:00 – dom, 30 de mayo de 2027, 23:00 (CEST)"),
        ("pl", "pt., 28 maja, 16:00 – niedz., 30 maja 2027, 23:00 (CEST)"),
    ],
)
def test_several_days_have_a_beginning_and_an_end(app: Flask, language: str, said: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert event_when(FESTIVAL) == said


def test_a_turn_of_the_year_names_both(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        said = event_when(at("2027-12-31T20:00", "2028-01-02T11:00"))
    assert said == "Fri, 31 Dec 2027, 21:00 – Sun, 2 Jan 2028, 12:00 (CET)"


def test_each_end_has_its_own_timezone_where_the_clocks_are_changed_between(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        said = event_when(at("2027-03-27T19:00", "2027-03-28T20:00"))
    assert said == "Sat 27 Mar, 20:00 (CET) – Sun, 28 Mar 2027, 22:00 (CEST)"


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        ("2027-10-31T03:00", "Saturday, 30 October 2027, 22:00 (CEST) – 04:00 (CET)"),
        ("2027-10-31T00:30", "Saturday, 30 October 2027, 22:00 – 02:30 (CEST)"),
    ],
)
def test_so_has_an_evening_in_which_they_are(app: Flask, ends: str, said: str) -> None:
    with app.test_request_context(), force_locale("en"):
        assert event_when(at("2027-10-30T20:00", ends)) == said


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "28 May 2027, 16:00"),
        ("nl", "28 mei 2027, 16:00"),
        ("de", "28.05.2027, 16:00"),
        ("fr", "28 mai 2027, 16:00"),
        ("es", "28 may 2027, 16:00"),
        ("pl", "28 maja 2027, 16:00"),
    ],
)
def test_a_moment_is_short_where_that_reads_well(app: Flask, language: str, said: str) -> None:
    with app.test_request_context(), force_locale(language):
        assert moment(FESTIVAL.starts_at, FESTIVAL) == said
