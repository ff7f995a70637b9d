"""How pages, mails and tickets say when something is: always in the event's own timezone."""

import datetime as dt
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_skeleton,
    format_time,
    get_timezone_gmt,
    get_timezone_name,
)

from ticketing.models import Event
from ticketing.words.formats import locale


def event_day(event: Event) -> str:
    """ "Saturday, 12 June 2027", where the event is."""
    return format_date(event.starts_at.astimezone(_zone(event)).date(), "full", locale=locale())


def event_when(event: Event) -> str:
    """ "Saturday, 12 June 2027, 14:00 – 23:00 (CEST)", where the event is; over several days
    "Fri, 28 May, 16:00 – Sun, 30 May 2027, 23:00 (CEST)"."""
    zone = _zone(event)
    starts = event.starts_at.astimezone(zone)
    zone_name = _zone_name(starts)
    if event.ends_at is None:
        return f"{event_day(event)}, {clock(starts, event)} ({zone_name})"
    ends = event.ends_at.astimezone(zone)
    zone_then = _zone_name(ends)
    if is_one_evening(event):
        first, last = f"{event_day(event)}, {clock(starts, event)}", clock(ends, event)
    else:
        with_year = starts.year != ends.year
        first = f"{_short_day(starts, with_year=with_year)}, {clock(starts, event)}"
        last = f"{_short_day(ends, with_year=True)}, {clock(ends, event)}"
    if zone_name != zone_then:  # the clocks are changed in between
        first = f"{first} ({zone_name})"
    return f"{first} – {last} ({zone_then})"


def _short_day(there: dt.datetime, *, with_year: bool) -> str:
    # The month in full where the language has that with the day of the week: Polish and Spanish,
    # which say "28 maja" and "28 de mayo"; the others have their usual short one.
    skeleton = "yMMMMEd" if with_year else "MMMMEd"
    return format_skeleton(skeleton, there.replace(tzinfo=None), locale=locale())


def day_and_month(event: Event) -> tuple[str, str]:
    """ "12" and "Jun": the day on which it begins, where the event is."""
    date = event.starts_at.astimezone(_zone(event)).date()
    return (
        format_date(date, "d", locale=locale()),
        format_date(date, "LLL", locale=locale()).rstrip("."),
    )


def is_one_evening(event: Event) -> bool:
    """Whether it is over within a day: an evening that ends after midnight is still one."""
    return event.ends_at is None or event.ends_at - event.starts_at < dt.timedelta(hours=20)


def clock(moment: dt.datetime, event: Event) -> str:
    """The time of day at the event: "21:04"."""
    return clock_in(moment, _zone(event))


def clock_in(moment: dt.datetime, zone: ZoneInfo) -> str:
    """The time of day in a timezone: "21:04"."""
    return format_time(moment, "short", tzinfo=zone, locale=locale())


def moment(at: dt.datetime, event: Event) -> str:
    """A day and time at the event: "12 Jun 2027, 21:04"."""
    return f"{day_short(at.astimezone(_zone(event)).date())}, {clock(at, event)}"


def moment_in(at: dt.datetime, zone: ZoneInfo, *, seconds: bool = False) -> str:
    """A moment that belongs to no event, with its timezone: "12 Jun 2027, 21:04 (CEST)"."""
    there = at.astimezone(zone)
    time = format_time(there, "medium" if seconds else "short", tzinfo=zone, locale=locale())
    return f"{day_short(there.date())}, {time} ({_zone_name(there)})"


def day_short(date: dt.date) -> str:
    """ "12 Jun 2027".

    In Polish "12 maja 2027": its May has no short form, and a whole word is declined.
    """
    return format_date(date, "long" if locale() == "pl" else "medium", locale=locale())


def _zone(event: Event) -> ZoneInfo:
    return ZoneInfo(event.timezone)


def _zone_name(moment: dt.datetime) -> str:
    """ "CEST", in German "MESZ"; "GMT-03:00" where neither language nor zone names it."""
    names = (get_timezone_name(moment, "short", locale=locale()), moment.strftime("%Z"))
    named = (name for name in names if any(map(str.isalpha, name)))
    return next(named, None) or get_timezone_gmt(moment, "long", locale=locale())
