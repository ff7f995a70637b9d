"""An event as a calendar file."""

import datetime as dt
import hashlib
import unicodedata

from ticketing.config import settings
from ticketing.models import Event, now


def ics_of(event: Event) -> bytes:
    """The event as an iCalendar file, RFC 5545.

    It names nobody and links nowhere: calendars are shared with colleagues and copied to other
    services, and whoever has a ticket's link has the ticket. A later file has the same UID and,
    after the organiser changed something, a higher SEQUENCE: calendars update their entry
    instead of adding a second one.
    """
    import icalendar  # only here: it would be a twentieth of the server's start

    entry = icalendar.Event()
    entry.add("uid", uid_of(event))
    entry.add("dtstamp", now())
    entry.add("sequence", event.revision - 1)
    # UTC needs no VTIMEZONE, which calendars read differently, Outlook most of all, and which
    # icalendar makes with the hour around a change of clocks wrong. Each shows its own time.
    entry.add("dtstart", event.starts_at.astimezone(dt.UTC))
    if event.ends_at is not None:
        entry.add("dtend", event.ends_at.astimezone(dt.UTC))
    entry.add("summary", _printable(event.name))
    entry.add("location", "\n".join(_printable(line) for line in event.place.splitlines()))
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Passalong//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(entry)
    return bytes(calendar.to_ical())


def uid_of(event: Event) -> str:
    """Stable, and doesn't tell how many events an installation holds."""
    digest = hashlib.sha256(f"{settings().base_url} event {event.id}".encode()).hexdigest()
    return f"{digest[:32]}@passalong"


def _printable(line: str) -> str:
    """RFC 5545 allows no control characters in a text."""
    return "".join(" " if unicodedata.category(c) == "Cc" else c for c in line).strip()
