"""The forms about people: the team, one's own account, organisations."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)

from ticketing.members import passwords
from ticketing.members.team import ROLES
from ticketing.web.backoffice import roles
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.details_form import Wanted
from ticketing.words import languages
from ticketing.words.formats import labelled

_NAME = {"maxlength": "200", "spellcheck": "false"}
_NEW_PASSWORD = {
    "autocomplete": "new-password",
    "minlength": str(passwords.SHORTEST),
    "maxlength": str(passwords.LONGEST),
}


class RoleForm(BackofficeForm):
    role = RadioField(_l("Role"), [Wanted()], validate_choice=False, default="desk")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names, meanings = roles.words(), roles.meanings()
        self.role.choices = [
            SelectChoice(role, labelled(names[role], meanings[role])) for role in ROLES
        ]


class InvitationForm(RoleForm):
    email = EmailField(
        _l("Email"),
        [Wanted()],
        render_kw={"autocomplete": "off", "inputmode": "email", "autocapitalize": "none"},
    )


class PersonForm(BackofficeForm):
    name = StringField(_l("Your name"), [Wanted()], render_kw={**_NAME, "autocomplete": "name"})
    language = SelectField(_l("Language"), validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.language.choices = [
            SelectChoice("", _("As your browser asks")),
            *(SelectChoice(each, languages.name_of(each)) for each in languages.spoken()),
        ]


class OrganisationForm(BackofficeForm):
    name = StringField(
        _l("Name of the organisation"), [Wanted()], render_kw={**_NAME, "autocomplete": "off"}
    )
    seen = HiddenField()  # its name when the form was drawn


class ChangePasswordForm(BackofficeForm):
    present = PasswordField(
        _l("Present password"), [Wanted()], render_kw={"autocomplete": "current-password"}
    )
    password = PasswordField(_l("New password"), [Wanted()], render_kw=_NEW_PASSWORD)


class CodeForm(BackofficeForm):
    """A code from the phone. No `type=number`: a leading nought counts."""

    code = StringField(
        _l("Code"),
        [Wanted()],
        render_kw={
            "autocomplete": "one-time-code",
            "inputmode": "numeric",
            "maxlength": "40",
            "autofocus": True,
            "spellcheck": "false",
            "autocapitalize": "none",
        },
    )


class RecoveryCodeForm(BackofficeForm):
    code = StringField(
        _l("Recovery code"),
        [Wanted()],
        render_kw={
            "autocomplete": "off",
            "maxlength": "60",
            "autofocus": True,
            "spellcheck": "false",
            "autocapitalize": "none",
        },
    )


class TurnOnForm(CodeForm):
    sealed = HiddenField()


class EmailForm(BackofficeForm):
    email = EmailField(
        _l("New email address"),
        [Wanted()],
        render_kw={
            "autocomplete": "email",
            "inputmode": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )


class NewPasswordForm(BackofficeForm):
    password = PasswordField(_l("New password"), [Wanted()], render_kw=_NEW_PASSWORD)


class JoinForm(BackofficeForm):
    """Who accepts an invitation and has an account already has nothing to fill in."""


class NewAccountForm(PersonForm):
    password = PasswordField(_l("Password"), [Wanted()], render_kw=_NEW_PASSWORD)


class ForgotPasswordForm(BackofficeForm):
    email = EmailField(
        _l("Email"),
        [Wanted()],
        render_kw={
            "autocomplete": "username",
            "inputmode": "email",
            "autocapitalize": "none",
            "spellcheck": "false",
        },
    )


def show(form: BackofficeForm, errors: dict[str, str]) -> None:
    """Put a rule's errors beside their fields."""
    for key, text in errors.items():
        form[key].errors = [text]
