"""The backoffice's forms. What a good answer is, the rules decide; a form keeps what was typed."""

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    ColorField,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
    ValidationError,
)
from wtforms.widgets import CheckboxInput, ListWidget

from ticketing.asking import names
from ticketing.running import security_log
from ticketing.web.around import noted
from ticketing.web.details_form import Wanted
from ticketing.web.forms import Form, Once
from ticketing.words.languages import CONTENT

MAX_REASON: Final = 500


class BackofficeForm(Form):
    def validate(self, extra_validators: Any = None) -> bool:
        valid = bool(super().validate(extra_validators))
        if "csrf_token" in self and self.csrf_token.errors:
            noted.note(security_log.WRONG_FORM)
            self.csrf_token.errors = [
                _("You have signed in anew since. Nothing is lost: please send it again.")
            ]
        return valid


class RevisedForm(BackofficeForm):
    """A form about something that others may change meanwhile."""

    revision = HiddenField()

    @property
    def seen(self) -> int:
        """The revision that the form was drawn from; 0, which none has, if it isn't a number."""
        text = str(self.revision.data or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


class ContactForm(Once, RevisedForm):
    """Its fields are those of `sending.CONTACT_ASKED`."""


class EditTicketForm(Once, RevisedForm):
    new_barcode = RadioField(
        _l("Issue a new barcode"),
        [Wanted()],
        choices=[
            SelectChoice("auto", _l("If the address changes")),
            SelectChoice("yes", _l("Yes, the old one is refused at the door")),
            SelectChoice("no", _l("No, the old one stays valid")),
        ],
        default="auto",
    )
    mail_holder = BooleanField(_l("Mail the holder"))


class OnceForm(Once, BackofficeForm):
    """A button, perhaps with a question before it."""


class ReasonForm(OnceForm):
    reason = TextAreaField(
        _l("Reason"), render_kw={"maxlength": str(MAX_REASON), "rows": "2", "autocomplete": "off"}
    )

    def validate_reason(self, field: TextAreaField) -> None:
        try:
            field.data = names.tidy(field.data or "")
        except names.RefusedCharacter:
            raise ValidationError(
                _("This holds a character that can’t be printed. Please type it anew.")
            ) from None
        if len(field.data) > MAX_REASON:
            raise ValidationError(_("Please use at most %(n)d characters.", n=MAX_REASON))


class ReopenForm(ReasonForm):
    """`chosen` holds "<ticket id>:<revision>" of each ticket that is ticked."""

    chosen = SelectMultipleField(
        _l("Tickets to open"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )


class ShopForm(RevisedForm):
    name = StringField(
        _l("Name"), [Wanted()], render_kw={"maxlength": "200", "autocomplete": "off"}
    )
    download_enabled = BooleanField(_l("Download order enabled"))
    delivery_note = TextAreaField(
        _l("When and how the tickets come"),
        render_kw={"rows": "3", "maxlength": "1000", "autocomplete": "off"},
    )
    personalisation_deadline = StringField(
        _l("Personalisation deadline"), render_kw={"type": "datetime-local", "autocomplete": "off"}
    )
    consumer_desk = TelField(
        _l("Consumer desk number"), render_kw={"autocomplete": "off", "inputmode": "tel"}
    )
    colour = ColorField(_l("Colour"), [Wanted()], render_kw={"autocomplete": "off"})
    languages = SelectMultipleField(
        _l("Languages"),
        [Wanted()],
        choices=[SelectChoice(code, name) for code, name in CONTENT.items()],
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    first_language = SelectField(
        _l("First language"),
        [Wanted()],
        choices=[SelectChoice(code, name) for code, name in CONTENT.items()],
        validate_choice=False,
    )
    embed_origins = TextAreaField(
        _l("Pages that may show the shop and its links in a frame"),
        render_kw={
            "rows": "3",
            "autocomplete": "off",
            "spellcheck": "false",
            "inputmode": "url",
            "placeholder": "https://www.example.org",
        },
    )
