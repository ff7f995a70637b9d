"""How numbers, lists and names are written where the reader is."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from babel.lists import format_list
from babel.numbers import format_decimal
from flask_babel import get_locale
from flask_babel import gettext as _

from ticketing.words import languages

_RIGHT_TO_LEFT: Final = {"R", "AL"}


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


def labelled(label: str, text: str) -> str:
    """ "Phone: required"; in French "Téléphone : obligatoire"."""
    return f"{_('%(label)s:', label=label)} {text}"


def apart(name: str) -> str:
    """Something that people wrote, fit for a sentence that goes the other way.

    Its signs would be carried off else: https://www.unicode.org/reports/tr9/ (FSI, PDI).
    """
    strong = [unicodedata.bidirectional(c) for c in name]
    there = {kind for kind in strong if kind in {"L", *_RIGHT_TO_LEFT}}
    usual = _RIGHT_TO_LEFT if languages.is_right_to_left(locale()) else {"L"}
    return f"\u2068{name}\u2069" if there - usual else name
