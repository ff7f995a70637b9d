"""The forms about other programs: webhooks and API keys."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import HiddenField, RadioField, SelectChoice, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from ticketing.calls import outbound
from ticketing.members import api_keys
from ticketing.web.backoffice.forms import BackofficeForm, RevisedForm
from ticketing.web.backoffice.programs import wording_programs
from ticketing.web.details_form import Wanted
from ticketing.webhooks.happenings import EVENTS

_PLAIN = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}


class _Boxes(SelectMultipleField):
    """Some of several, each with a word on what it means; the rules say which there are."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, validate_choice=False, **named)


class WebhookForm(RevisedForm):
    url = StringField(
        _l("Address to call"),
        [Wanted()],
        render_kw={
            **_PLAIN,
            "type": "url",
            "inputmode": "url",
            "maxlength": str(outbound.MAX_URL),
            "placeholder": "https://example.org/passalong",
        },
    )
    events = _Boxes(_l("What it is told"), [Wanted()])

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.events.choices = _explained(
            EVENTS, wording_programs.event_names(), wording_programs.event_meanings()
        )


class RenewForm(BackofficeForm):
    generation = HiddenField()  # of the secret that is to be replaced

    @property
    def seen(self) -> int:
        text = str(self.generation.data or "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


class ReplayForm(BackofficeForm):
    # TRANSLATORS: the label above the choices “24 hours”, “3 days” and so on.
    days = RadioField(_l("From the last"), [Wanted()], default="1", validate_choice=False)

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.days.choices = [
            SelectChoice("1", _("24 hours")),
            SelectChoice("3", _("3 days")),
            SelectChoice("7", _("7 days")),
            SelectChoice("30", _("30 days")),
        ]


class ApiKeyForm(BackofficeForm):
    name = StringField(
        _l("Name"), [Wanted()], render_kw={**_PLAIN, "maxlength": str(api_keys.MAX_NAME)}
    )
    scopes = _Boxes(_l("What it may do"), [Wanted()])

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.scopes.choices = _explained(
            api_keys.SCOPES, wording_programs.scope_names(), wording_programs.scope_meanings()
        )


def _explained(
    codes: Sequence[str], names: Mapping[str, str], meanings: Mapping[str, str]
) -> list[SelectChoice]:
    said = Markup("<strong>{}</strong> <code>{}</code><br><small>{}</small>")
    return [SelectChoice(code, said.format(names[code], code, meanings[code])) for code in codes]
