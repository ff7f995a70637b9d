"""The form for a holder's details, made of the fields that a ticket asks for.

What a good answer is, `fields.clean` alone decides; the form keeps what was typed and carries the
errors to their fields.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import g
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    RadioField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.widgets import CheckboxInput, ListWidget

from ticketing.asking import fields, names
from ticketing.asking.fields import Answer, Asked, InvalidDetails

RADIOS_AT_MOST: Final = 5  # more choices than these are shorter as a list that opens


class Wanted:
    """Marks a field as required, for label and browser; whether it is there, the rule checks."""

    field_flags: Final = {"required": True}

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Leave it to the rule."""


def details_form(asked: Sequence[Asked], base: type[FlaskForm]) -> type[FlaskForm]:
    """A form class with a field for each of `asked`, on top of `base`."""
    members: dict[str, Any] = {}
    for each in asked:
        members[each.field.key] = _form_field(each)
        if each.field.key == "last_name" and each.required:
            members[fields.ONE_NAME] = BooleanField(fields.ONE_NAME_LABEL)
    members["detail_keys"] = tuple(members)
    # A refusal shows what was typed: by then nobody knows the form any more.
    g.asked = [each.field for each in asked]
    return type("DetailsForm", (base,), members)


def keys_of(form: FlaskForm) -> tuple[str, ...]:
    """The details that a form asks for, in their order on the page."""
    return tuple(form.detail_keys)


def given_in(form: FlaskForm) -> dict[str, Answer]:
    """What was typed, as the rules take it: {field key: text, or a list where several count}."""
    typed: dict[str, Answer] = {}
    for key, field in form._fields.items():
        if isinstance(field, BooleanField):
            typed[key] = "y" if field.data else ""
        elif isinstance(field, SelectMultipleField):
            typed[key] = [str(value) for value in field.raw_data or []]
        elif not isinstance(field, HiddenField):
            typed[key] = str(field.raw_data[0]) if field.raw_data else ""
    return typed


def show_errors(form: FlaskForm, invalid: InvalidDetails) -> None:
    """Put a rule's errors beside their fields."""
    for key, text in invalid.errors.items():
        form[key].errors = [text]


def known_details(holder: Mapping[str, Any]) -> dict[str, Any]:
    """Details as a form takes them for its `data`: a ticket with one name has its box ticked.

    What was erased has to be given anew.
    """
    data = {key: value for key, value in holder.items() if value != names.ERASED}
    if data.get("first_name") and not data.get("last_name"):
        data[fields.ONE_NAME] = True
    return data


_KINDS: Final = {"email": EmailField, "email_check": EmailField, "phone": TelField}


def _form_field(asked: Asked) -> Any:
    field = asked.field
    validators = [Wanted()] if asked.required else []
    if field.kind in {"choice", "choices", "yes_no"}:
        return _choosing(asked, validators)
    attributes = {"autocomplete": field.autocomplete}
    if field.inputmode:
        attributes["inputmode"] = field.inputmode
    if field.key.endswith("_name"):
        attributes |= {"autocapitalize": "words", "spellcheck": "false"}
    kind: type[Field] = _KINDS.get(field.kind, StringField)
    if field.kind == "text":
        attributes["maxlength"] = str(fields.MAX_LENGTH)
    elif field.kind == "long_text":
        kind = TextAreaField
        attributes |= {"maxlength": str(fields.MAX_LONG), "rows": "4"}
    elif field.kind == "date":
        # Text in, text out: the rule reads the date, and a bad one must come back as typed.
        attributes["type"] = "date"
    return kind(field.label, validators, description=field.help, render_kw=attributes)


def _choosing(asked: Asked, validators: list[Wanted]) -> Any:
    field = asked.field
    choices = [SelectChoice(value, label) for value, label in field.choices]
    options: dict[str, Any] = {"description": field.help, "validate_choice": False}
    if field.kind == "choices":
        return SelectMultipleField(
            field.label,
            validators,
            choices=choices,
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
            **options,
        )
    if field.key not in fields.BY_KEY and len(choices) <= RADIOS_AT_MOST:
        if not asked.required:
            # Who has chosen must be able to take it back.
            choices.append(SelectChoice("", _l("No answer")))
        return RadioField(field.label, validators, choices=choices, default="", **options)
    return SelectField(
        field.label,
        validators,
        choices=[SelectChoice("", "–"), *choices],
        render_kw={"autocomplete": field.autocomplete},
        **options,
    )


__all__ = ["details_form", "given_in", "keys_of", "known_details", "show_errors"]
