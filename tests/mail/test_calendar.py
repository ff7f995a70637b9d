"""The calendar file of an event."""

import datetime as dt

import icalendar
import pytest
from flask import Flask

from tests import builders
from tests.mail.reading import tokens_in
from ticketing import calendar
from ticketing.models import Event
from ticketing.transactions import write


@pytest.fixture
def event(app: Flask) -> Event:
    return builders.make_shop().event


def entry_of(ics: bytes) -> icalendar.Event:
    [entry] = icalendar.Calendar.from_ical(ics).walk("VEVENT")
    assert isinstance(entry, icalendar.Event)
    return entry


def test_it_says_what_when_and_where(event: Event) -> None:
    entry = entry_of(calendar.ics_of(event))
    assert entry["SUMMARY"] == "Riverside Festival"
    assert entry["LOCATION"] == "Rivierpark\nKade 1, 1011 AB Amsterdam"
    assert entry.decoded("DTSTART") == event.starts_at
    assert entry.decoded("DTEND") == event.ends_at


def test_its_times_are_right_wherever_it_is_opened(event: Event) -> None:
    with write():
        event.starts_at = dt.datetime(2027, 3, 28, 0, 30, tzinfo=dt.UTC)  # half an hour before
        event.ends_at = dt.datetime(2027, 3, 28, 3, 0, tzinfo=dt.UTC)  # clocks go forward
    lines = calendar.ics_of(event).decode().split("\r\n")
    assert "DTSTART:20270328T003000Z" in lines
    assert "DTEND:20270328T030000Z" in lines


def test_an_event_without_an_end_has_none(event: Event) -> None:
    with write():
        event.ends_at = None
    assert "DTEND" not in entry_of(calendar.ics_of(event))


def test_odd_names_stay_in_their_line(event: Event) -> None:
    name = "A; B, C\\n\r\nATTENDEE:mailto:x@example.org\x1b – Zoë 🎟️ " + "lang " * 25
    with write():
        event.name = name
        event.place = "Hall; 1\r\nURL:https://evil.example\nKade, 1"
    ics = calendar.ics_of(event)
    entry = entry_of(ics)
    assert "ATTENDEE" not in entry
    assert "URL" not in entry
    assert entry["SUMMARY"] == name.replace("\r\n", "  ").replace("\x1b", " ").strip()
    assert entry["LOCATION"] == "Hall; 1\nURL:https://evil.example\nKade, 1"
    assert ics.count(b"\n") == ics.count(b"\r\n")
    assert max(len(line) for line in ics.split(b"\r\n")) <= 75


def test_the_same_event_updates_its_entry(event: Event) -> None:
    other = builders.make_shop().event
    uids = [str(entry_of(calendar.ics_of(each))["UID"]) for each in (event, event, other)]
    assert uids[0] == uids[1] != uids[2]


def test_it_holds_no_link_unless_asked(event: Event) -> None:
    assert tokens_in(calendar.ics_of(event)) == []
    link = "https://tickets.example.org/t/own"
    assert entry_of(calendar.ics_of(event, url=link))["URL"] == link
