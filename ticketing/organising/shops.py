"""A shop's settings: what a good one is, and how they change."""

import datetime as dt
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from ticketing.asking import fields, names
from ticketing.models import Event, Shop
from ticketing.organising import images
from ticketing.organising.images import Picture
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.words import languages

MAX_NAME: Final = 200
MAX_NOTE: Final = 1000
MAX_ORIGINS: Final = 20
SETTINGS: Final = (
    "name",
    "download_enabled",
    "delivery_note",
    "personalisation_deadline",
    "consumer_desk",
    "colour",
    "languages",
    "embed_origins",
)
_HOST: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_LOCAL: Final = {"localhost", "127.0.0.1", "[::1]"}


@dataclass(slots=True)
class InvalidSettings(Exception):
    """Some settings can't be right: {setting: what to do about it}."""

    errors: dict[str, str] = field(default_factory=dict)


def change_settings(shop: Shop, given: Mapping[str, str], *, revision: int) -> Shop:
    """Change a shop's settings to what was typed; `given` has a text for each of `SETTINGS`.

    `revision` is the shop's when the form was drawn. Raises `InvalidSettings`, and
    `EditedMeanwhile` if somebody changed the settings since: then nothing is written.
    """
    cleaned = clean(given, shop.event)
    shop_id = shop.id
    with write() as session:
        shop = lock(session, Shop, shop_id)
        if shop.revision != revision:
            raise EditedMeanwhile
        for setting, value in cleaned.items():
            setattr(shop, setting, value)
        shop.revision += 1
    return shop


def set_logo(shop: Shop, picture: Picture | None, *, seen: int) -> Shop:
    """Show this logo, or none, in place of the one there is.

    `seen` is the id of the logo that the form showed, 0 for none. Raises `EditedMeanwhile` if
    there is another one by now.
    """
    shop_id = shop.id
    with write() as session:
        shop = lock(session, Shop, shop_id)
        former = shop.logo
        if (former.id if former else 0) != seen:
            raise EditedMeanwhile
        shop.logo = images.store(session, shop.organiser_id, picture) if picture else None
        session.flush()
        if former is not None:
            session.delete(former)
    return shop


def clean(given: Mapping[str, str], event: Event) -> dict[str, Any]:
    """The settings as they are stored; raises `InvalidSettings`."""
    readers: dict[str, Callable[[str], Any]] = {
        "name": clean_name,
        "download_enabled": bool,
        "delivery_note": _note,
        "personalisation_deadline": lambda text: local_moment(text, event.timezone),
        "consumer_desk": lambda text: _desk(text, event.country),
        "colour": clean_colour,
        "languages": _languages,
        "embed_origins": _origins,
    }
    cleaned: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for setting, read in readers.items():
        try:
            cleaned[setting] = read(given.get(setting, ""))
        except names.RefusedCharacter:
            errors[setting] = _(
                "This holds a character that can’t be printed. Please type it anew."
            )
        except ValueError as error:
            errors[setting] = str(error)
    if errors:
        raise InvalidSettings(errors)
    return cleaned


def as_typed(shop: Shop) -> dict[str, str]:
    """The settings as a form shows them."""
    deadline = shop.personalisation_deadline
    zone = ZoneInfo(shop.event.timezone)
    return {
        "name": shop.name,
        "download_enabled": "y" if shop.download_enabled else "",
        "delivery_note": shop.delivery_note,
        "personalisation_deadline": deadline.astimezone(zone).strftime("%Y-%m-%dT%H:%M")
        if deadline
        else "",
        "consumer_desk": shop.consumer_desk or "",
        "colour": shop.colour,
        "languages": " ".join(shop.languages),
        "embed_origins": "\n".join(shop.embed_origins),
    }


def local_moment(text: str, timezone: str) -> dt.datetime | None:
    """The moment at which clocks in the timezone show this; None for nothing.

    Of an hour that comes twice the first is meant; one that is skipped is refused, for it never
    comes. Raises `ValueError`.
    """
    if not text.strip():
        return None
    try:
        typed: dt.datetime | None = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        typed = None
    if typed is None or typed.tzinfo is not None or not 2000 <= typed.year <= 2100:
        raise ValueError(_("Please give day and time like 2027-06-12 18:00."))
    moment = typed.replace(tzinfo=ZoneInfo(timezone)).astimezone(dt.UTC)
    if moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) != typed:
        raise ValueError(
            _("This time doesn’t exist: the clocks go forward over it. Please choose another.")
        )
    return moment


def clean_origin(text: str) -> str:
    """A page's origin, `https://host` or `https://host:port`; raises `ValueError`.

    It stands in a header of every page, so nothing but exact origins gets through.
    """
    problem = _(
        "%(origin)s isn’t an origin: it needs the form https://www.example.org, with nothing "
        "after the name.",
        origin=text[:100],
    )
    if re.search(r"\s", text):  # urlsplit would silently drop some of it
        raise ValueError(problem)
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode().lower()
    except (ValueError, UnicodeError):
        raise ValueError(problem) from None
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(problem)
    host = f"[{host}]" if _is_ipv6(host) else host
    if host != "[::1]" and not _HOST.fullmatch(host):
        raise ValueError(problem)
    if parts.scheme == "http" and host not in _LOCAL:
        raise ValueError(_("%(origin)s must begin with https://.", origin=text[:100]))
    if parts.scheme not in {"http", "https"}:
        raise ValueError(problem)
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, usual} else "")


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def clean_name(text: str) -> str:
    """A shop's name as it is stored; raises `ValueError`."""
    name = names.tidy(text)
    if not name:
        raise ValueError(_("Please give the shop a name."))
    if len(name) > MAX_NAME:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_NAME))
    return name


def _note(text: str) -> str:
    note = "\n".join(names.tidy(line) for line in text.splitlines()).strip()
    if len(note) > MAX_NOTE:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_NOTE))
    return note


def _desk(text: str, region: str) -> str | None:
    number = names.tidy(text)
    return fields.clean_phone(number, region) if number else None


def clean_colour(text: str) -> str:
    """A colour as `#rrggbb`; raises `ValueError`."""
    colour = text.strip().lower()
    if re.fullmatch(r"#?[0-9a-f]{3}", colour):
        colour = "".join(2 * digit for digit in colour.lstrip("#"))
    if not re.fullmatch(r"#?[0-9a-f]{6}", colour):
        raise ValueError(_("Please give the colour like #4f46e5."))
    return f"#{colour.lstrip('#')}"


def _languages(text: str) -> list[str]:
    """The first is spoken to who asked for none of them; the others stand in our own order."""
    chosen = text.split()
    unknown = [each for each in chosen if each not in languages.CONTENT]
    if not chosen or unknown:
        raise ValueError(_("Please choose at least one language."))
    return list(dict.fromkeys([chosen[0], *(each for each in languages.CONTENT if each in chosen)]))


def _origins(text: str) -> list[str]:
    found = dict.fromkeys(clean_origin(line) for line in text.split())
    if len(found) > MAX_ORIGINS:
        raise ValueError(_("Please name at most %(n)d pages.", n=MAX_ORIGINS))
    return list(found)
