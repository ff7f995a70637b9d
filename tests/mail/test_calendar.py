"""The calendar file of an event."""

import datetime as dt
from zoneinfo import ZoneInfo

import icalendar
import pytest
import vobject
from flask import Flask

from tests import builders
from tests.mail.reading import tokens_in
from ticketing.carried import calendar
from ticketing.models import Event
from ticketing.organising import events
from ticketing.storing.transactions import write


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


def test_another_reader_understands_it_too(event: Event) -> None:
    """vobject has a parser of its own."""
    with write():
        event.name = "Żółć; Fest, 2027 🎟️ " + "very long " * 12
    read = vobject.readOne(calendar.ics_of(event).decode())
    assert read.version.value == "2.0"
    assert read.method.value == "PUBLISH"
    assert read.vevent.summary.value == event.name.strip()
    assert read.vevent.location.value == "Rivierpark\nKade 1, 1011 AB Amsterdam"
    assert read.vevent.dtstart.value == event.starts_at
    assert read.vevent.dtend.value == event.ends_at
    assert vobject.readOne(read.serialize()).vevent.dtstart.value == event.starts_at


@pytest.mark.parametrize(
    ("zone", "local"),
    [
        ("Europe/Amsterdam", "2027-03-28T01:30"),  # half an hour before clocks go forward
        ("Europe/Amsterdam", "2027-10-31T02:30"),  # an hour that comes twice
        ("Europe/Dublin", "2027-01-15T20:00"),
        ("America/Sao_Paulo", "2027-02-06T22:00"),
        ("Asia/Kathmandu", "2027-06-12T19:00"),
        ("Australia/Lord_Howe", "2027-04-04T01:45"),
        ("Pacific/Kiritimati", "2027-12-31T23:00"),
    ],
)
def test_a_festival_of_days_keeps_its_moments_in_every_zone(
    event: Event, zone: str, local: str
) -> None:
    starts = dt.datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone))
    with write():
        event.timezone = zone
        event.starts_at, event.ends_at = starts, starts + dt.timedelta(days=3, hours=5)
    ics = calendar.ics_of(event)
    entry, other = entry_of(ics), vobject.readOne(ics.decode()).vevent
    for read in (entry.decoded("DTSTART"), other.dtstart.value):
        assert read.astimezone(ZoneInfo(zone)).isoformat() == starts.isoformat()
    for read in (entry.decoded("DTEND"), other.dtend.value):
        assert read == event.ends_at


def test_the_same_event_updates_its_entry(event: Event) -> None:
    other = builders.make_shop().event
    uids = [str(entry_of(calendar.ics_of(each))["UID"]) for each in (event, event, other)]
    assert uids[0] == uids[1] != uids[2]


def test_a_change_of_the_event_makes_its_entry_the_newer_one(event: Event) -> None:
    before = entry_of(calendar.ics_of(event))
    later = {**events.as_typed(event), "starts_at": "2030-06-01T20:00", "ends_at": ""}
    event = events.change(event, later, revision=event.revision)
    after = entry_of(calendar.ics_of(event))
    assert before["UID"] == after["UID"]
    assert (before["SEQUENCE"], after["SEQUENCE"]) == (0, 1)
    assert after.decoded("DTSTAMP") >= before.decoded("DTSTAMP")


def test_it_links_nowhere_and_rings_for_nobody(event: Event) -> None:
    ics = calendar.ics_of(event)
    assert tokens_in(ics) == []
    assert not {"URL", "ATTENDEE", "ORGANIZER"} & entry_of(ics).keys()
    assert b"VALARM" not in ics
