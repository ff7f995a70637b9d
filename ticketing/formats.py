"""How numbers and lists are written where the reader is."""

from collections.abc import Sequence

from babel.lists import format_list
from babel.numbers import format_decimal
from flask_babel import get_locale

from ticketing import languages


def locale() -> str:
    """The current one, for Babel's formats."""
    found = str(get_locale() or languages.FIRST)
    # Our English is everybody's: the day before the month, as most of its readers expect.
    return "en_GB" if found == languages.FIRST else found


def number(value: float, *, decimals: int | None = None) -> str:
    """ "12,345"; with a fixed number of decimals "4.5"."""
    pattern = None if decimals is None else "#,##0" + "." * bool(decimals) + "0" * decimals
    return format_decimal(value, format=pattern, locale=locale())


def listed(words: Sequence[str]) -> str:
    """ "A, B and C"."""
    return format_list(list(words), locale=locale())
