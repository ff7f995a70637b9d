"""Countries, currencies and timezones to choose from, and what people mean by what they type."""

from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from babel.numbers import get_currency_precision

from ticketing.words import places


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Europe/Amsterdam", "Europe/Amsterdam"),
        ("europe/amsterdam", "Europe/Amsterdam"),
        (" Amsterdam ", "Europe/Amsterdam"),
        ("new york", "America/New_York"),
        ("New_York", "America/New_York"),
        ("São Paulo", "America/Sao_Paulo"),
        ("america/argentina/buenos aires", "America/Argentina/Buenos_Aires"),
        ("Kolkata", "Asia/Kolkata"),
        ("utc", "UTC"),
        ("", None),
        ("  ", None),
        ("Mars/Olympus", None),
        ("Europe", None),
        ("Buenos Aires", None),  # known by two names
        ("../../etc/passwd", None),
        ("CET", None),  # no place: its summer time depends on where
        ("+02:00", None),
    ],
)
def test_a_timezone_is_found_as_people_type_it(typed: str, meant: str | None) -> None:
    assert places.timezone(typed) == meant


def test_every_timezone_on_the_list_is_understood() -> None:
    found = places.timezones()
    assert len(found) > 300
    assert len(found) == len(set(found))
    for each in found:
        assert places.timezone(each) == each
        ZoneInfo(each)


@pytest.mark.parametrize("locale", ["en", "nl", "de", "pl"])
def test_countries_are_those_whose_numbers_we_read(locale: str) -> None:
    found = places.countries(locale)
    codes = {code for code, _name in found}
    assert {"NL", "BE", "DE", "PL", "US", "JP", "XK"} <= codes
    assert codes <= phonenumbers.SUPPORTED_REGIONS
    assert all(len(code) == 2 for code in codes)
    assert len({name for _code, name in found}) == len(found), "two have the same name"
    if locale == "nl":
        assert ("DE", "Duitsland") in found


def test_countries_stand_where_people_look_for_them() -> None:
    names = [name for _code, name in places.countries("en")]
    assert names.index("Åland Islands") < names.index("Austria")


def test_currencies_are_those_of_today() -> None:
    found = dict(places.currencies("en"))
    assert {"EUR", "USD", "GBP", "JPY", "KWD"} <= found.keys()
    assert not {"DEM", "NLG", "XAU", "XXX"} & found.keys()
    assert found["JPY"] == "JPY – Japanese Yen"
    assert {get_currency_precision(code) for code in found} <= {0, 2, 3, 4}
