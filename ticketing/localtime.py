"""How pages, mails and tickets say when something is: always in the event's own timezone."""

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_interval
from flask_babel import get_locale

from ticketing.models import Event


def event_day(event: Event) -> str:
    """ "Saturday, 12 June 2027", where the event is."""
    return format_date(event.starts_at.astimezone(_zone(event)).date(), "full", locale=_locale())


def event_when(event: Event) -> str:
    """ "Saturday, 12 June 2027, 14:00 – 23:00 (CEST)", where the event is."""
    zone = _zone(event)
    starts = event.starts_at.astimezone(zone)
    zone_name = starts.strftime("%Z")
    if event.ends_at is None:
        return f"{event_day(event)}, {clock(starts, event)} ({zone_name})"
    ends = event.ends_at.astimezone(zone)
    if is_one_evening(event):
        return f"{event_day(event)}, {clock(starts, event)} – {clock(ends, event)} ({zone_name})"
    days = format_interval(starts.date(), ends.date(), "yMMMEd", locale=_locale())
    return f"{days}, {clock(starts, event)} ({zone_name})"


def is_one_evening(event: Event) -> bool:
    """Whether it is over within a day: an evening that ends after midnight is still one."""
    return event.ends_at is None or event.ends_at - event.starts_at < dt.timedelta(hours=20)


def clock(moment: dt.datetime, event: Event) -> str:
    """The time of day at the event: "21:04"."""
    return moment.astimezone(_zone(event)).strftime("%H:%M")


def moment(at: dt.datetime, event: Event) -> str:
    """A day and time at the event: "12 Jun 2027, 21:04"."""
    day = format_date(at.astimezone(_zone(event)).date(), "medium", locale=_locale())
    return f"{day}, {clock(at, event)}"


def moment_in(at: dt.datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """A moment that belongs to no event, with its timezone: "12 Jun 2027, 21:04 (CEST)"."""
    there = at.astimezone(zone)
    day = format_date(there.date(), "medium", locale=_locale())
    return f"{day}, {there.strftime('%H:%M:%S' if seconds else '%H:%M')} ({there.strftime('%Z')})"


def day_short(date: dt.date) -> str:
    """ "12 Jun 2027"."""
    return format_date(date, "medium", locale=_locale())


def _zone(event: Event) -> ZoneInfo:
    return ZoneInfo(event.timezone)


def _locale() -> str:
    # Our English is everybody's: the day before the month, as most of its readers expect.
    locale = str(get_locale() or "en")
    return "en_GB" if locale == "en" else locale
