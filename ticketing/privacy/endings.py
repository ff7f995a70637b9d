"""When an event is over, and until when people's details are needed for it."""

import datetime as dt
from typing import Final

from ticketing.models import Event, now

OPEN_END: Final = dt.timedelta(days=1)  # how long an event without an end counts as going on
# Days that an organiser can choose. An event that is set up anew begins with `USUAL`: time enough
# for complaints and refunds, and for the next edition's organiser to have counted.
CHOICES: Final = (7, 30, 90, 180, 365, 730, 3650)
USUAL: Final = 90
# A slip in a date, or in the days, can be put right for so long before it erases anybody.
CHANGE_WAITS: Final = dt.timedelta(days=1)


def end_of(event: Event) -> dt.datetime:
    return event.ends_at or event.starts_at + OPEN_END


def kept_until(event: Event) -> dt.datetime | None:
    """From when on nobody's details are kept; None: until somebody erases them.

    Not before `CHANGE_WAITS` after the event's dates or days were changed.
    """
    if event.retention_days is None:
        return None
    until = end_of(event) + dt.timedelta(days=event.retention_days)
    if event.keeping_changed_at is None:
        return until
    return max(until, event.keeping_changed_at + CHANGE_WAITS)


def is_needed(event: Event) -> bool:
    """Whether people's details are needed still: until the event is over, and where a law wants
    names on tickets and their changes on record, for as long as the event keeps them."""
    if end_of(event) > now():
        return True
    until = kept_until(event)
    return bool(event.names_rule) and (until is None or until > now())
