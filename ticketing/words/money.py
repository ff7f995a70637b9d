"""How pages say what something costs, and how they read it."""

import re
import unicodedata
from decimal import Decimal
from typing import Final

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol
from flask_babel import gettext as _

from ticketing.words.formats import locale

LARGEST: Final = 2_000_000_000  # in the smallest unit: what every database's integer holds

# Spaces, what groups digits in Switzerland, and marks of direction that stand around signs.
_SPACES: Final = re.compile(r"[\s\u00a0\u2009\u202f'’\u200e\u200f\u061c]+")
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*")


def money(amount: int, currency: str) -> str:
    """An amount in the currency's smallest unit, as people write it: "€95.00", "JP¥9,500"."""
    return format_currency(major(amount, currency), currency, locale=locale())


def major(amount: int, currency: str) -> Decimal:
    """An amount in the smallest unit as a number of whole ones: 9500 cents are 95.00 euros."""
    return Decimal(amount).scaleb(-get_currency_precision(currency))


def as_typed(amount: int, currency: str) -> str:
    """An amount in the smallest unit as a form shows it: "95.00", "9500"."""
    return str(major(amount, currency))


def converted(amount: int, former: str, currency: str) -> int:
    """The amount that has the same number in another currency: 95.00 EUR as 95 JPY.

    Raises `ValueError` where its decimals can't be said there.
    """
    precision = get_currency_precision(currency)
    value = major(amount, former).scaleb(precision)
    if value != int(value):
        raise ValueError(_example(currency, precision))
    if value > LARGEST:
        raise ValueError(_("Please give at most %(most)s.", most=money(LARGEST, currency)))
    return int(value)


def read(text: str, currency: str) -> int:
    """What was typed, "95", "95,00", "€ 1.250,50" or "1,250.50", in the smallest unit.

    Nothing is 0. A separator followed by three digits groups thousands, unless the currency has
    three decimals. Raises `ValueError` with what to do about it.
    """
    precision = get_currency_precision(currency)
    typed = _plain(text, currency)
    if not typed:
        return 0
    if typed.startswith("-"):
        raise ValueError(_("A price can’t be below zero."))
    whole, decimals = _split(typed, precision)
    if decimals[precision:].strip("0"):
        raise ValueError(_example(currency, precision))
    amount = int((whole or "0") + decimals[:precision].ljust(precision, "0"))
    if amount > LARGEST:
        raise ValueError(_("Please give at most %(most)s.", most=money(LARGEST, currency)))
    return amount


def _split(typed: str, precision: int) -> tuple[str, str]:
    """The digits before and after the decimal separator."""
    grouped = _GROUPED.fullmatch(typed)
    if grouped and not (precision == 3 and len(re.findall(r"[.,]", typed)) == 1):
        return re.sub(r"[.,]", "", typed), ""
    found = re.fullmatch(r"(.*?)(?:[.,](\d*))?", typed)
    whole, decimals = (found[1], found[2] or "") if found else (typed, "")
    groups = _GROUPED.fullmatch(whole)
    # "1.250.50" separates thousands and cents alike: nobody knows what was meant.
    if groups and typed[len(whole) : len(whole) + 1] == groups[1]:
        groups = None
    if (not groups and not re.fullmatch(r"\d*", whole)) or not whole + decimals:
        raise ValueError(_("Please give the price as a number, like 95.00."))
    if len(whole) > 20 or len(decimals) > 20:
        raise ValueError(_("Please give the price as a number, like 95.00."))
    return re.sub(r"[.,]", "", whole), decimals


def _plain(text: str, currency: str) -> str:
    """Without spaces and the currency's own sign, in ASCII digits."""
    text = unicodedata.normalize("NFKC", text).replace("٫", ".").replace("٬", ",")
    text = "".join(str(unicodedata.decimal(c, c)) for c in text).replace("−", "-")
    text = _SPACES.sub("", text)
    for spoken in (locale(), "en"):
        sign = unicodedata.normalize("NFKC", get_currency_symbol(currency, locale=spoken))
        text = text.replace(_SPACES.sub("", sign), "")
    return re.sub(re.escape(currency), "", text, flags=re.IGNORECASE)


def _example(currency: str, precision: int) -> str:
    if precision == 0:
        return _("%(currency)s has no decimals: please give a whole amount.", currency=currency)
    return _("%(currency)s has at most %(n)d decimals.", currency=currency, n=precision)
