"""What something costs, as people read and type it."""

from decimal import Decimal

import pytest
from babel.numbers import format_decimal, get_currency_precision
from flask import Flask
from flask_babel import force_locale
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from ticketing.words import money, places

QUICKLY = how(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
CURRENCIES = [code for code, _name in places.currencies("en")]
LOCALES = ["en", "nl", "de", "fr", "es", "pl", "de_CH", "ar", "fa", "sv"]
amounts = st.integers(0, money.LARGEST)
currencies = st.sampled_from(CURRENCIES)


@pytest.mark.parametrize(
    ("typed", "currency", "amount"),
    [
        ("95", "EUR", 9500),
        ("95.00", "EUR", 9500),
        ("95,00", "EUR", 9500),
        ("95,5", "EUR", 9550),
        ("95.", "EUR", 9500),
        (",50", "EUR", 50),
        ("007", "EUR", 700),
        ("€ 95", "EUR", 9500),
        ("95 €", "EUR", 9500),
        ("EUR95", "EUR", 9500),
        ("95 eur", "EUR", 9500),
        ("95.000", "EUR", 9_500_000),
        ("95.0000", "EUR", 9500),
        ("F CFA 500", "XOF", 500),
        ("1.250,50", "EUR", 125_050),
        ("1,250.50", "EUR", 125_050),
        ("1 250,50", "EUR", 125_050),
        ("1\u202f250,50", "EUR", 125_050),
        ("1’250.50", "CHF", 125_050),
        ("1.234.567", "EUR", 123_456_700),
        ("1.234.567,89", "EUR", 123_456_789),
        ("٩٥٫٥٠", "EUR", 9550),
        ("９５", "EUR", 9500),
        ("9,500", "JPY", 9500),
        ("¥9,500", "JPY", 9500),
        ("¥9500.00", "JPY", 9500),
        ("1.250", "KWD", 1250),
        ("1,250.000", "KWD", 1_250_000),
        ("1.250.000", "KWD", 1_250_000_000),
        ("0", "EUR", 0),
        ("", "EUR", 0),
        ("  ", "EUR", 0),
        ("€", "EUR", 0),
        ("20000000", "EUR", 2_000_000_000),
    ],
)
def test_it_reads_what_people_type(app: Flask, typed: str, currency: str, amount: int) -> None:
    assert money.read(typed, currency) == amount


@pytest.mark.parametrize(
    ("typed", "currency", "told"),
    [
        ("-5", "EUR", "below zero"),
        ("−5", "EUR", "below zero"),
        ("€ -5", "EUR", "below zero"),
        ("95.1234", "EUR", "at most 2 decimals"),
        ("9.5", "JPY", "whole amount"),
        ("1.2345", "KWD", "at most 3 decimals"),
        ("1.250.50", "EUR", "like 95.00"),
        ("1,25,000", "EUR", "like 95.00"),
        ("1.250,500,1", "EUR", "like 95.00"),
        ("free", "EUR", "like 95.00"),
        ("1e3", "EUR", "like 95.00"),
        ("0x10", "EUR", "like 95.00"),
        ("95 USD", "EUR", "like 95.00"),
        (".", "EUR", "like 95.00"),
        ("1-2", "EUR", "like 95.00"),
        ("½", "EUR", "like 95.00"),
        ("NaN", "EUR", "like 95.00"),
        ("20000000.01", "EUR", "at most"),
        ("9" * 5000, "EUR", "like 95.00"),
    ],
)
def test_it_says_what_is_wrong(app: Flask, typed: str, currency: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        money.read(typed, currency)


@QUICKLY
@given(amounts, currencies)
def test_what_a_form_shows_is_read_as_the_same(app: Flask, amount: int, currency: str) -> None:
    assert money.read(money.as_typed(amount, currency), currency) == amount


@QUICKLY
@given(amounts, currencies, st.sampled_from(LOCALES))
def test_what_pages_show_is_read_as_the_same(
    app: Flask, amount: int, currency: str, locale: str
) -> None:
    with app.test_request_context(), force_locale(locale):
        shown = money.money(amount, currency)
        assert money.read(shown, currency) == amount, shown


@QUICKLY
@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]), st.sampled_from(LOCALES))
def test_plain_numbers_of_any_country_are_read(
    app: Flask, amount: int, currency: str, locale: str
) -> None:
    precision = get_currency_precision(currency)
    value = Decimal(amount).scaleb(-precision)
    typed = format_decimal(value, locale=locale, format=f"#,##0.{'0' * precision}".rstrip("."))
    assert money.read(typed, currency) == amount, typed


@QUICKLY
@given(st.text(max_size=40), currencies)
def test_whatever_is_typed_it_is_an_amount_or_told(app: Flask, typed: str, currency: str) -> None:
    try:
        amount = money.read(typed, currency)
    except ValueError:
        return
    assert 0 <= amount <= money.LARGEST


@QUICKLY
@given(amounts, currencies, currencies)
def test_another_currency_keeps_the_number(
    app: Flask, amount: int, former: str, currency: str
) -> None:
    try:
        found = money.converted(amount, former, currency)
    except ValueError:
        assert get_currency_precision(currency) != get_currency_precision(former)
    else:
        assert money.major(found, currency) == money.major(amount, former)


def test_it_is_said_as_people_write_it(app: Flask) -> None:
    with app.test_request_context():
        assert money.money(9500, "EUR") == "€95.00"
        assert money.money(9500, "JPY") == "JP¥9,500"
        with force_locale("de"):
            assert money.money(125_050, "EUR") == "1.250,50\xa0€"
