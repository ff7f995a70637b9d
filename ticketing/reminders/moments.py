"""On which days bookers are reminded, and at which moments that is."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from ticketing.models import Event, Shop
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write

CATCH_UP: Final = dt.timedelta(days=1)  # how late a reminder may still go out
HOUR: Final = 10  # at which they go out, where the event is
DAYTIME: Final = range(9, 20)  # hours at which people may be written to
OFFERED: Final = (30, 14, 7, 3, 1)
EARLIEST: Final = 90  # days before
MOST_DAYS: Final = 6


@dataclass(frozen=True, slots=True)
class Moment:
    """When a shop's bookers are reminded: so many days before `until`."""

    at: dt.datetime
    days: int
    until: dt.datetime


def moments(shop: Shop) -> list[Moment]:
    """When a shop's bookers are reminded, the earliest first; its event must be loaded."""
    until = shop.personalisation_deadline or shop.event.starts_at
    zone = ZoneInfo(shop.event.timezone)
    day = until.astimezone(zone).date()
    return [
        Moment(
            dt.datetime.combine(day - dt.timedelta(days=days), dt.time(HOUR), zone).astimezone(
                dt.UTC
            ),
            days,
            until,
        )
        for days in sorted(set(shop.event.reminder_days), reverse=True)
    ]


def moment_now(shop: Shop, at: dt.datetime) -> Moment | None:
    """The moment that has come, unless it is long over or people are asleep."""
    if at.astimezone(ZoneInfo(shop.event.timezone)).hour not in DAYTIME:
        return None
    come = [each for each in moments(shop) if each.at <= at < min(each.at + CATCH_UP, each.until)]
    return come[-1] if come else None


def change(event: Event, days: Sequence[str], other: str, *, revision: int) -> Event:
    """Remind so many days before; `other` is a number that isn't among those offered.

    `revision` is the event's when the form was drawn. Raises `InvalidSettings`, and
    `EditedMeanwhile` if somebody changed the event since.
    """
    chosen = _clean(days, other)
    event_id = event.id
    with write() as session:
        event = lock(session, Event, event_id)
        if event.revision != revision:
            raise EditedMeanwhile
        event.reminder_days = chosen
        event.revision += 1
    return event


def _clean(days: Sequence[str], other: str) -> list[int]:
    given = {key: _number(key) for key in days}
    if None in given.values():
        raise InvalidSettings({"days": _("Please choose from these.")})
    chosen = {each for each in given.values() if each}
    if other.strip():
        further = _number(other.strip())
        if further is None:
            raise InvalidSettings(
                {"other": _("Please give a number of days from 1 to %(most)d.", most=EARLIEST)}
            )
        chosen.add(further)
    if len(chosen) > MOST_DAYS:
        raise InvalidSettings(
            {"days": _("That is a lot of mail. Choose at most %(most)d.", most=MOST_DAYS)}
        )
    return sorted(chosen, reverse=True)


def _number(text: str) -> int | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3):
        return None
    return int(text) if 1 <= int(text) <= EARLIEST else None
