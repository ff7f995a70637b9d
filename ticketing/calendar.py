"""An event as a calendar file."""

import datetime as dt
import hashlib
import unicodedata

from ticketing.config import settings
from ticketing.models import Event, now


def ics_of(
    event: Event, *, url: str | None = None, uid: str | None = None, at: dt.datetime | None = None
) -> bytes:
    """The event as an iCalendar file, RFC 5545.

    It names nobody. `url` is the page of whoever gets the file, never somebody else's. The same
    `uid` again (default: one for each event) updates the entry instead of making a second one.
    """
    import icalendar  # only here: it would be a twentieth of the server's start

    entry = icalendar.Event()
    entry.add("uid", uid or uid_of(event))
    entry.add("dtstamp", at or now())
    # UTC needs no timezone table that a calendar may read differently; each shows its own time.
    entry.add("dtstart", event.starts_at.astimezone(dt.UTC))
    if event.ends_at is not None:
        entry.add("dtend", event.ends_at.astimezone(dt.UTC))
    entry.add("summary", _printable(event.name))
    entry.add("location", "\n".join(_printable(line) for line in event.place.splitlines()))
    if url is not None:
        entry.add("url", url)
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
