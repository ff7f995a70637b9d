"""An event's details: what a good one is, and how they change."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from ticketing.asking import names
from ticketing.models import Event, Organiser, TicketType, now
from ticketing.organising import images
from ticketing.organising.images import Picture
from ticketing.organising.shops import local_moment
from ticketing.privacy.endings import USUAL
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.words import money, places

MAX_NAME: Final = 200
MAX_ADDRESS: Final = 500
DETAILS: Final = (
    "name",
    "place",
    "address",
    "starts_at",
    "ends_at",
    "timezone",
    "country",
    "currency",
)


@dataclass(slots=True)
class InvalidEvent(Exception):
    """Some details can't be right: {detail: what to do about it}."""

    errors: dict[str, str] = field(default_factory=dict)


def create(organiser: Organiser, given: Mapping[str, str]) -> Event:
    """A new event of what was typed; `given` has a text for each of `DETAILS`.

    Raises `InvalidEvent`.
    """
    cleaned = clean(given)
    organiser_id = organiser.id
    with write() as session:
        event = Event(
            organiser_id=organiser_id, retention_days=USUAL, keeping_changed_at=now(), **cleaned
        )
        session.add(event)
    return event


def change(event: Event, given: Mapping[str, str], *, revision: int) -> Event:
    """Change an event's details to what was typed; `given` has a text for each of `DETAILS`.

    In another currency prices keep their number: 95.00 EUR become 95.00 USD. `revision` is the
    event's when the form was drawn. Raises `InvalidEvent`, and `EditedMeanwhile` if somebody
    changed the details since: then nothing is written.
    """
    cleaned = clean(given)
    event_id = event.id
    with write() as session:
        event = lock(session, Event, event_id)
        if event.revision != revision:
            raise EditedMeanwhile
        if cleaned["currency"] != event.currency:
            _convert(event.ticket_types, event.currency, cleaned["currency"])
        if (cleaned["starts_at"], cleaned["ends_at"]) != (event.starts_at, event.ends_at):
            event.keeping_changed_at = now()
        for column, value in cleaned.items():
            setattr(event, column, value)
        event.revision += 1
    return event


def set_picture(event: Event, picture: Picture | None, *, seen: int) -> Event:
    """Show this picture, or none, in place of the one there is.

    `seen` is the id of the picture that the form showed, 0 for none. Raises `EditedMeanwhile` if
    there is another one by now.
    """
    event_id = event.id
    with write() as session:
        event = lock(session, Event, event_id)
        former = event.image
        if (former.id if former else 0) != seen:
            raise EditedMeanwhile
        event.image = images.store(session, event.organiser_id, picture) if picture else None
        session.flush()
        if former is not None:
            session.delete(former)
    return event


def as_typed(event: Event) -> dict[str, str]:
    """The details as a form shows them."""
    place, _line, address = event.place.partition("\n")
    return {
        "name": event.name,
        "place": place,
        "address": address,
        "starts_at": _clock(event.starts_at, event.timezone),
        "ends_at": _clock(event.ends_at, event.timezone),
        "timezone": event.timezone,
        "country": event.country,
        "currency": event.currency,
    }


def clean(given: Mapping[str, str]) -> dict[str, Any]:
    """The details by column, as they are stored; raises `InvalidEvent`."""
    zone = places.timezone(given.get("timezone", ""))
    readers: dict[str, Callable[[str], Any]] = {
        "name": lambda text: _line_of(text, _("Please give the event a name.")),
        "place": lambda text: _line_of(text, _("Please say where it is.")),
        "address": _address,
        "starts_at": lambda text: _start(text, zone or "UTC"),
        "ends_at": lambda text: local_moment(text, zone or "UTC"),
        "timezone": lambda _text: _known(zone, _("Please choose a timezone from the list.")),
        "country": lambda text: _known(_country(text), _("Please choose a country.")),
        "currency": lambda text: _known(_currency(text), _("Please choose a currency.")),
    }
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for detail, read in readers.items():
        try:
            found[detail] = read(given.get(detail, ""))
        except names.RefusedCharacter:
            errors[detail] = _("This holds a character that can’t be printed. Please type it anew.")
        except ValueError as error:
            errors[detail] = str(error)
    if found.get("ends_at") and found.get("starts_at") and found["ends_at"] <= found["starts_at"]:
        errors["ends_at"] = _("It can’t end before it starts.")
    if errors:
        raise InvalidEvent(errors)
    address = found.pop("address")
    found["place"] = f"{found['place']}\n{address}" if address else found["place"]
    return found


def _convert(types: list[TicketType], former: str, currency: str) -> None:
    """Say the same numbers in another currency, which may have fewer decimals."""
    for each in types:
        try:
            each.price = money.converted(each.price, former, currency)
        except ValueError as error:
            price = money.money(each.price, former)
            text = _("“%(type)s” costs %(price)s.", type=each.name, price=price)
            raise InvalidEvent({"currency": f"{text} {error}"}) from None


def _clock(moment: dt.datetime | None, timezone: str) -> str:
    return moment.astimezone(ZoneInfo(timezone)).strftime("%Y-%m-%dT%H:%M") if moment else ""


def _line_of(text: str, missing: str) -> str:
    line = names.tidy(text)
    if not line:
        raise ValueError(missing)
    if len(line) > MAX_NAME:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_NAME))
    return line


def _address(text: str) -> str:
    lines = [tidy for line in text.splitlines() if (tidy := names.tidy(line))]
    address = "\n".join(lines)
    if len(address) > MAX_ADDRESS:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_ADDRESS))
    return address


def _start(text: str, timezone: str) -> dt.datetime:
    moment = local_moment(text, timezone)
    if moment is None:
        raise ValueError(_("Please say when it starts."))
    return moment


def _known(value: str | None, missing: str) -> str:
    if value is None:
        raise ValueError(missing)
    return value


def _country(text: str) -> str | None:
    return next((code for code, _name in places.countries("en") if code == text), None)


def _currency(text: str) -> str | None:
    return next((code for code, _name in places.currencies("en") if code == text), None)
