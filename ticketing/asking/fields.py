"""Which details an event asks of a holder, and what a good answer is.

Each field is *required*, *optional* or *off*, per event, overridden per ticket type; the
organiser's own questions follow the usual details. An answer is a text, or for a question with
several choices a list of them; whatever has no answer isn't stored.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from flask_babel import get_locale, lazy_gettext
from flask_babel import gettext as _
from flask_babel.speaklater import LazyString

from ticketing.asking import names, names_rules
from ticketing.asking.addresses import clean_email, clean_phone, likely_email
from ticketing.models import Event, Question, TicketType
from ticketing.words import languages
from ticketing.words.localtime import day_short

__all__ = ["clean_email", "clean_phone", "likely_email"]  # from their own room

Need = Literal["required", "optional", "off"]
Answer = str | list[str]
MAX_LENGTH: Final = 200
MAX_LONG: Final = 2000

# A holder with one name ticks this box and leaves the last name empty.
ONE_NAME: Final = "one_name"
ONE_NAME_LABEL: Final = lazy_gettext("This person has only one name")


@dataclass(frozen=True, slots=True)
class Field:
    """A detail that can be asked for.

    `kind` is one of text, long_text, email, email_check, phone, date, choice, choices, yes_no;
    `autocomplete` is the token of
    https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#autofill.
    """

    key: str
    label: LazyString | str
    kind: str = "text"
    autocomplete: str = "off"
    need: str = "off"  # unless the event says otherwise
    inputmode: str = ""
    choices: tuple[tuple[str, LazyString | str], ...] = ()
    help: str = ""


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
            # TRANSLATORS: another gender.
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
    # TRANSLATORS: somebody’s job in their organisation.
    Field("position", lazy_gettext("Position"), "text", "organization-title"),
)
BY_KEY: Final = {f.key: f for f in FIELDS}
OF_TICKET: Final = ("first_name", "last_name", "email", "phone")  # columns of their own
YES_NO: Final = (("yes", lazy_gettext("Yes")), ("no", lazy_gettext("No")))


@dataclass(slots=True)
class InvalidDetails(Exception):
    """Some details are missing or can't be right: {field key: what to do about it}."""

    errors: dict[str, str] = field(default_factory=dict)


def asked_of(
    event: Event, ticket_type: TicketType, kept: Mapping[str, Any] | None = None
) -> list[Asked]:
    """The fields that a ticket of this type asks for, in their order on the page.

    The event's questions are worded in the current locale. `kept` are the answers that a ticket
    has: a choice withdrawn since stays one for whoever made it.
    """
    found = []
    for each in FIELDS:
        need = need_of(each.key, event, ticket_type)
        if need != "off":
            found.append(Asked(each, need == "required"))
    for question in event.questions:
        need = ticket_type.fields.get(question.key) or question.need
        if question.archived_at is None and need != "off":
            asked = question_field(question, (kept or {}).get(question.key, ""))
            found.append(Asked(asked, need == "required"))
    return found


def need_of(key: str, event: Event, ticket_type: TicketType) -> str:
    """How much one of `FIELDS` is needed. An address that isn't asked for can't be asked twice."""
    if key == "email_check" and need_of("email", event, ticket_type) == "off":
        return "off"
    if names_rules.asks_for(event.names_rule, key):
        return "required"
    need = ticket_type.fields.get(key) or event.fields.get(key) or BY_KEY[key].need
    return str(need)


def question_field(question: Question, kept: Any = "") -> Field:
    """An organiser's question in the current locale, with the choices on offer and those kept."""
    locale = str(get_locale() or languages.FIRST)
    choices: tuple[tuple[str, LazyString | str], ...] = tuple(
        (str(choice["key"]), languages.text_in(choice["label"], locale))
        for choice in question.choices
        if not choice.get("off") or choice["key"] in _several(kept)
    )
    return Field(
        question.key,
        languages.text_in(question.label, locale),
        question.kind,
        choices=YES_NO if question.kind == "yes_no" else choices,
        need=question.need,
        help=languages.text_in(question.help, locale),
    )


def known_fields(event: Event) -> dict[str, Field]:
    """Everything that a ticket of this event may hold an answer to, asked today or not."""
    everything = {
        question.key: question_field(question, [choice["key"] for choice in question.choices])
        for question in event.questions
    }
    return {**BY_KEY, **everything}


def in_words(each: Field, answer: Any) -> str:
    """An answer as people read it, in the current locale."""
    if each.kind in {"choice", "choices", "yes_no"}:
        words = dict(each.choices)
        return ", ".join(str(words.get(one, one)) for one in _several(answer) if one)
    said = _single(answer)
    if each.kind == "date" and said:
        try:
            return day_short(dt.date.fromisoformat(said))
        except ValueError:
            return said  # typed, and not good yet
    return said


def missing(asked: Iterable[Asked], known: Mapping[str, Any]) -> list[Asked]:
    """What is required and has no answer among the known details; an address is asked twice
    where that is asked at all."""
    lacking = {
        each.field.key
        for each in asked
        if each.required
        and each.field.key != "email_check"
        and not known.get(each.field.key)
        and not (each.field.key == "last_name" and known.get(ONE_NAME))
    }
    if "email" in lacking:
        lacking.add("email_check")
    return [each for each in asked if each.field.key in lacking]


def without_lack(asked: Iterable[Asked], known: Mapping[str, Any]) -> list[Asked]:
    """The same fields, but those that the known details lack anyway may go on being empty."""
    asked = list(asked)
    lacking = {each.field.key for each in missing(asked, known)}
    return [
        Asked(replace(each.field, help=_note(each.field.help)), required=False)
        if each.field.key in lacking
        else each
        for each in asked
    ]


def _note(help: str) -> str:
    return " ".join(filter(None, (help, _("Required, but the holder hasn’t given it yet."))))


def clean(asked: Sequence[Asked], given: Mapping[str, Answer], *, region: str) -> dict[str, Any]:
    """The details as they are stored: {field key: answer}, an unanswered optional one as "".

    `region` is the ISO 3166 country in which a national phone number is read. Raises
    `InvalidDetails` with every field that needs another look.
    """
    cleaned: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    one_name = bool(given.get(ONE_NAME))
    for each in asked:
        key = each.field.key
        required = each.required and not (key == "last_name" and one_name)
        if key == "email_check":
            required = each.required and bool(_single(given.get("email")).strip())
        try:
            answer = _clean_one(each.field, given.get(key) or "", region)
            if not answer and required:
                errors[key] = _missing(key)
                continue
            cleaned[key] = answer
            if key == "last_name" and each.required and not answer:
                cleaned[ONE_NAME] = "y"
        except names.RefusedCharacter:
            errors[key] = _("This holds a character that can’t be printed. Please type it anew.")
        except ValueError as error:
            errors[key] = str(error)
    both = _single(cleaned.get("email")), _single(cleaned.get("email_check"))
    if both[0] and both[1] and both[0].casefold() != both[1].casefold():
        errors["email_check"] = _("The two addresses differ.")
    cleaned.pop("email_check", None)
    if errors:
        raise InvalidDetails(errors)
    return cleaned


def _clean_one(each: Field, given: Answer, region: str) -> Answer:
    if each.kind == "choices":
        chosen = set(_several(given))
        known = [key for key, _label in each.choices]
        if chosen - set(known) - {""}:
            raise ValueError(_("Please choose from these."))
        return [key for key in known if key in chosen]
    if each.kind == "long_text":
        return _clean_lines(_single(given))
    value = names.tidy(_single(given))
    return _clean_text(each, value, region) if value else ""


def _clean_text(each: Field, value: str, region: str) -> str:
    if each.kind in {"email", "email_check"}:
        return clean_email(value)
    if each.kind == "phone":
        return clean_phone(value, region)
    if each.kind == "date":
        # Of their birth people know the past alone; a question may be about any day.
        return _clean_date(value, ahead=each.key not in BY_KEY)
    if each.kind in {"choice", "yes_no"}:
        if value not in {key for key, _label in each.choices}:
            raise ValueError(_("Please choose one of these."))
        return value
    if len(value) > MAX_LENGTH:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_LENGTH))
    return value


def _clean_lines(text: str) -> str:
    if len(text) > 2 * MAX_LONG:  # line breaks and spaces too many may yet go
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_LONG))
    lines = "\n".join(names.tidy(line) for line in text.splitlines()).strip()
    if len(lines) > MAX_LONG:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_LONG))
    return lines


def _clean_date(value: str, *, ahead: bool) -> str:
    try:
        date = dt.date.fromisoformat(value)
    except ValueError:
        raise ValueError(_("Please give the date as year-month-day, like 1990-12-31.")) from None
    last = dt.date(2199, 12, 31) if ahead else dt.datetime.now(dt.UTC).date()
    if not dt.date(1900, 1, 1) <= date <= last:
        raise ValueError(_("Please check the year."))
    return date.isoformat()


def _single(answer: Any) -> str:
    """Of several values for a field that takes one, the first; nothing for None."""
    if isinstance(answer, list):
        return str(answer[0]) if answer else ""
    return "" if answer is None else str(answer)


def _several(answer: Any) -> list[str]:
    return [str(one) for one in answer] if isinstance(answer, list) else [_single(answer)]


def _missing(key: str) -> str:
    return {
        "first_name": _("Please fill in the first name."),
        "last_name": _("Please fill in the last name, or tick the box if there is only one name."),
        "email": _("Please fill in the email address: the ticket is sent there."),
        "phone": _("Please fill in the phone number."),
    }.get(key) or _("Please fill this in.")
