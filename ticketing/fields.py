"""Which details an event asks of a holder, and what a good answer is.

Each field is *required*, *optional* or *off*, per event, overridden per ticket type.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import email_validator
import phonenumbers
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from ticketing import names
from ticketing.models import Event, TicketType

Need = Literal["required", "optional", "off"]
MAX_LENGTH: Final = 200

# A holder with one name ticks this box and leaves the last name empty.
ONE_NAME: Final = "one_name"
ONE_NAME_LABEL: Final = lazy_gettext("This person has only one name")


@dataclass(frozen=True, slots=True)
class Field:
    """A detail that can be asked for.

    `kind` is one of text, email, email_check, phone, date, choice; `autocomplete` is the token of
    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill.
    """

    key: str
    label: LazyString
    kind: str = "text"
    autocomplete: str = "off"
    need: Need = "off"  # unless the event says otherwise
    inputmode: str = ""
    choices: tuple[tuple[str, LazyString], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A field as one ticket asks for it."""

    field: Field
    required: bool


FIELDS: Final[tuple[Field, ...]] = (
    Field("first_name", lazy_gettext("First name"), "text", "given-name", "required"),
    Field("last_name", lazy_gettext("Last name"), "text", "family-name", "required"),
    Field("email", lazy_gettext("Email"), "email", "email", "required", "email"),
    Field("email_check", lazy_gettext("Email, once more"), "email_check", "off", "off", "email"),
    Field("phone", lazy_gettext("Phone"), "phone", "tel", "optional", "tel"),
    Field("date_of_birth", lazy_gettext("Date of birth"), "date", "bday"),
    Field(
        "gender",
        lazy_gettext("Gender"),
        "choice",
        "sex",
        choices=(
            ("female", lazy_gettext("Female")),
            ("male", lazy_gettext("Male")),
            ("other", lazy_gettext("Other")),
            ("unsaid", lazy_gettext("I’d rather not say")),
        ),
    ),
    Field("street", lazy_gettext("Street"), "text", "address-line1"),
    Field("house_number", lazy_gettext("House number"), "text", "address-line2"),
    Field("zipcode", lazy_gettext("Zipcode"), "text", "postal-code"),
    Field("city", lazy_gettext("City"), "text", "address-level2"),
    Field("country", lazy_gettext("Country"), "text", "country-name"),
    Field("organisation", lazy_gettext("Organisation"), "text", "organization"),
    Field("position", lazy_gettext("Position"), "text", "organization-title"),
)
BY_KEY: Final = {f.key: f for f in FIELDS}
# In the order of the page; the box for one name follows the last name.
DETAIL_KEYS: Final = tuple(
    key for f in FIELDS for key in ((f.key, "one_name") if f.key == "last_name" else (f.key,))
)
OF_TICKET: Final = ("first_name", "last_name", "email", "phone")  # columns of their own


@dataclass(slots=True)
class InvalidDetails(Exception):
    """Some details are missing or can't be right: {field key: what to do about it}."""

    errors: dict[str, str] = field(default_factory=dict)


def asked_of(event: Event, ticket_type: TicketType) -> list[Asked]:
    """The fields that a ticket of this type asks for, in their order on the page."""
    found = []
    for each in FIELDS:
        need = ticket_type.fields.get(each.key) or event.fields.get(each.key) or each.need
        if need != "off":
            found.append(Asked(each, need == "required"))
    return found


def clean(asked: list[Asked], given: Mapping[str, str], *, region: str) -> dict[str, str]:
    """The details as they are stored: {field key: value}, an unanswered optional one as "".

    `region` is the ISO 3166 country in which a national phone number is read. Raises
    `InvalidDetails` with every field that needs another look.
    """
    cleaned: dict[str, str] = {}
    errors: dict[str, str] = {}
    one_name = bool(given.get(ONE_NAME))
    for each in asked:
        key = each.field.key
        required = each.required and not (key == "last_name" and one_name)
        try:
            value = names.tidy(given.get(key) or "")
            if not value and required:
                errors[key] = _missing(key)
                continue
            cleaned[key] = _clean_one(each.field, value, region) if value else ""
        except names.RefusedCharacter:
            errors[key] = _("This holds a character that can’t be printed. Please type it anew.")
        except ValueError as error:
            errors[key] = str(error)
    both = cleaned.get("email"), cleaned.get("email_check")
    if both[0] and both[1] and both[0].casefold() != both[1].casefold():
        errors["email_check"] = _("The two addresses differ.")
    cleaned.pop("email_check", None)
    if errors:
        raise InvalidDetails(errors)
    return cleaned


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


def _clean_one(each: Field, value: str, region: str) -> str:
    if each.kind in {"email", "email_check"}:
        return clean_email(value)
    if each.kind == "phone":
        return clean_phone(value, region)
    if each.kind == "date":
        return _clean_date(value)
    if each.kind == "choice":
        if value not in {key for key, _label in each.choices}:
            raise ValueError(_("Please choose one of these."))
        return value
    if len(value) > MAX_LENGTH:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_LENGTH))
    return value


def _clean_date(value: str) -> str:
    try:
        date = dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError(_("Please give the date as year-month-day, like 1990-12-31.")) from None
    today = dt.datetime.now(dt.UTC).date()
    if not dt.date(1900, 1, 1) <= date <= today:
        raise ValueError(_("Please check the year."))
    return date.isoformat()


def _missing(key: str) -> str:
    return {
        "first_name": _("Please fill in the first name."),
        "last_name": _("Please fill in the last name, or tick the box if there is only one name."),
        "email": _("Please fill in the email address: the ticket is sent there."),
        "phone": _("Please fill in the phone number."),
    }.get(key) or _("Please fill this in.")


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
