"""The forms with which an organiser sets things up: events, ticket types, shops, pictures."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField, TextAreaField

from ticketing.web.backoffice.forms import BackofficeForm, RevisedForm
from ticketing.web.details_form import Wanted
from ticketing.words import places

PICTURES: Final = "image/jpeg,image/png,image/webp,image/gif"
_LINE: Final = {"maxlength": "200", "autocomplete": "off"}
_MOMENT: Final = {"type": "datetime-local", "autocomplete": "off"}


class EventForm(RevisedForm):
    name = StringField(_l("Name"), [Wanted()], render_kw=_LINE)
    place = StringField(_l("Place"), [Wanted()], render_kw=_LINE)
    address = TextAreaField(
        _l("Address"), render_kw={"rows": "3", "maxlength": "500", "autocomplete": "off"}
    )
    starts_at = StringField(_l("Starts"), [Wanted()], render_kw=_MOMENT)
    ends_at = StringField(_l("Ends"), render_kw=_MOMENT)
    timezone = StringField(
        _l("Timezone"),
        [Wanted()],
        render_kw={
            "list": "timezones",
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "off",
            "maxlength": "64",
            "placeholder": "Europe/Amsterdam",
            "data-own-timezone": True,
        },
    )
    country = SelectField(_l("Country"), [Wanted()], validate_choice=False)
    currency = SelectField(_l("Currency"), [Wanted()], validate_choice=False)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        locale = str(get_locale() or "en")
        self.country.choices = _choices([("", "–"), *places.countries(locale)])
        self.currency.choices = _choices(places.currencies(locale))


class TicketTypeForm(RevisedForm):
    name = StringField(_l("Name"), [Wanted()], render_kw=_LINE)
    code = StringField(
        _l("Code"),
        [Wanted()],
        render_kw={
            "maxlength": "50",
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "off",
        },
    )
    price = StringField(
        _l("Price"),
        render_kw={"maxlength": "30", "autocomplete": "off", "inputmode": "decimal"},
    )
    needs_personal_data = BooleanField(_l("Needs personal data"), default=True)
    confirmed = BooleanField(_l("Yes, make these tickets ready now"))


class NewShopForm(BackofficeForm):
    event = SelectField(_l("Event"), [Wanted()], validate_choice=False)
    name = StringField(_l("Name"), [Wanted()], render_kw=_LINE)
    slug = StringField(
        _l("Address"),
        render_kw={
            "maxlength": "80",
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "off",
            "inputmode": "url",
        },
    )


class PictureForm(BackofficeForm):
    """`seen` is the id of the picture that the form showed, 0 for none."""

    seen = HiddenField()
    picture = FileField(_l("File"), [Wanted()], render_kw={"accept": PICTURES})

    @property
    def seen_id(self) -> int:
        text = str(self.seen.data or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1


def _choices(pairs: Sequence[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(value, text) for value, text in pairs]


def texts_of(form: FlaskForm, keys: Sequence[str]) -> dict[str, str]:
    """What was typed, as the rules take it: {key: text}, "y" for a ticked box."""
    found = {}
    for key in keys:
        value = form[key].data
        found[key] = ("y" if value else "") if isinstance(value, bool) else str(value or "")
    return found


def show(form: FlaskForm, errors: Mapping[str, str]) -> None:
    """Put a rule's errors beside their fields."""
    for key, text in errors.items():
        form[key].errors = [text]
