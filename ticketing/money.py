"""How pages say what something costs."""

from decimal import Decimal

from babel.numbers import format_currency, get_currency_precision
from flask_babel import get_locale


def money(amount: int, currency: str) -> str:
    """An amount in the currency's smallest unit, as people write it: "€95.00", "¥9,500"."""
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=str(get_locale() or "en"))
