"""Countries, currencies and timezones that an event can have, with their names."""

from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

import phonenumbers
from babel import Locale
from babel.numbers import get_currency_name, get_territory_currencies

from ticketing.asking import names

_CONTINENTS: Final = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)
# Dialling codes that are no country of ISO 3166.
_NO_COUNTRIES: Final = {"AC", "TA"}


@lru_cache(maxsize=16)
def countries(locale: str) -> list[tuple[str, str]]:
    """(ISO 3166 code, name) of those whose phone numbers we can read, by name."""
    known = Locale.parse(locale).territories
    codes = phonenumbers.SUPPORTED_REGIONS - _NO_COUNTRIES
    return sorted(
        ((code, known.get(code, code)) for code in codes), key=lambda each: names.folded(each[1])
    )


@lru_cache(maxsize=16)
def currencies(locale: str) -> list[tuple[str, str]]:
    """(ISO 4217 code, "EUR – Euro") of those that are legal tender somewhere today, by code."""
    codes = {
        code
        for country in phonenumbers.SUPPORTED_REGIONS - _NO_COUNTRIES
        for code in get_territory_currencies(country)
    }
    return [(code, f"{code} – {get_currency_name(code, locale=locale)}") for code in sorted(codes)]


@lru_cache(maxsize=1)
def timezones() -> list[str]:
    """The IANA names to choose from, by name."""
    return ["UTC", *sorted(each for each in available_timezones() if each.startswith(_CONTINENTS))]


def timezone(typed: str) -> str | None:
    """The IANA name that somebody means by "Europe/Amsterdam" or "new york"; None if unclear."""
    wanted = names.folded(typed.strip()).replace(" ", "_")
    if not wanted:
        return None
    by_name, by_city = _spoken()
    return by_name.get(wanted) or by_city.get(wanted)


@lru_cache(maxsize=1)
def _spoken() -> tuple[dict[str, str], dict[str, str]]:
    by_name = {each.lower(): each for each in timezones()}
    cities: dict[str, list[str]] = {}
    for each in timezones():
        cities.setdefault(each.rpartition("/")[2].lower(), []).append(each)
    return by_name, {city: found[0] for city, found in cities.items() if len(found) == 1}
