"""Email addresses and phone numbers: what a good one is, and what a likely slip was meant to be."""

from typing import Final

import email_validator
import phonenumbers
from flask_babel import gettext as _


def clean_email(value: str) -> str:
    """An address as it is stored; raises `ValueError` with what to do about it.

    No DNS look-up: a slow name server would hold up the form.
    """
    if len(value) > 320:
        raise ValueError(_("That address is too long."))
    try:
        return email_validator.validate_email(
            value, check_deliverability=False, test_environment=True
        ).normalized
    except email_validator.EmailNotValidError:
        raise ValueError(
            _("That doesn’t look like an email address. It needs the form name@example.org.")
        ) from None


def clean_phone(value: str, region: str) -> str:
    """A number in E.164; raises `ValueError` with what to do about it."""
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    shown = (
        phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        if example
        else "+44 7400 123456"
    )
    problem = _(
        "That doesn’t look like a phone number. Try it with the country code, like %(example)s.",
        example=shown,
    )
    if len(value) > 40:
        raise ValueError(problem)
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        raise ValueError(problem) from None
    if not phonenumbers.is_valid_number(number):
        raise ValueError(problem)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


GMAIL: Final = ("gmail.com", "googlemail.com")  # one and the same, by either name

_COMMON_DOMAINS: Final = (
    "gmail.com googlemail.com outlook.com hotmail.com hotmail.nl hotmail.fr hotmail.co.uk live.com "
    "live.nl yahoo.com yahoo.fr yahoo.de yahoo.co.uk icloud.com me.com proton.me protonmail.com "
    "gmx.de gmx.net gmx.com web.de t-online.de ziggo.nl kpnmail.nl planet.nl orange.fr free.fr "
    "wanadoo.fr laposte.net wp.pl o2.pl onet.pl interia.pl telefonica.net"
).split()


# Known to exist, however much they look like a slip.
_OTHER_DOMAINS: Final = {"mail.com", "email.com", "ymail.com", "rocketmail.com", "inmail.com"}
_SLIPS: Final = dict.fromkeys(
    "con cmo ocm cm om co vom xom cpm cim clm dom comm coom ccom c0m".split(), "com"
) | {"ed": "de", "ln": "nl", "rf": "fr", "lp": "pl"}


def likely_email(value: str) -> str | None:
    """What somebody who typed "anna@gmial.con" may have meant, or None."""
    local, at, domain = value.strip().rpartition("@")
    domain = domain.casefold()
    if not at or not local or domain in _COMMON_DOMAINS or domain in _OTHER_DOMAINS:
        return None
    name, _dot, ending = domain.partition(".")
    ending = _SLIPS.get(ending, ending)
    for common in _COMMON_DOMAINS:
        meant, _dot, its_ending = common.partition(".")
        # Of short names too many are one letter from another.
        if ending == its_ending and (name == meant or (len(meant) > 4 and _one_slip(name, meant))):
            return f"{local}@{common}"
    return None


def _one_slip(typed: str, meant: str) -> bool:
    """One letter is wrong, missing or too many, or two changed places."""
    same = next((i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), None)
    if same is None:
        return abs(len(typed) - len(meant)) == 1
    rest, wanted = typed[same:], meant[same:]
    return (
        rest[1:] == wanted[1:]
        or rest == wanted[1:]
        or rest[1:] == wanted
        or (rest[:2] == wanted[:2][::-1] and rest[2:] == wanted[2:])
    )
