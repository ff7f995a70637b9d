"""The form for a holder's details, made of the fields that a ticket asks for.

What a good answer is, `fields.clean` alone decides; the form keeps what was typed and carries the
errors to their fields.
"""

from collections.abc import Mapping
from typing import Any, Final

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    HiddenField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
)

from ticketing import fields
from ticketing.fields import Asked, InvalidDetails


class Wanted:
    """Marks a field as required, for label and browser; whether it is there, the rule checks."""

    field_flags: Final = {"required": True}

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Leave it to the rule."""


def details_form(asked: list[Asked], base: type[FlaskForm]) -> type[FlaskForm]:
    """A form class with a field for each of `asked`, on top of `base`."""
    members: dict[str, Any] = {}
    for each in asked:
        members[each.field.key] = _form_field(each)
        if each.field.key == "last_name" and each.required:
            members[fields.ONE_NAME] = BooleanField(fields.ONE_NAME_LABEL)
    return type("DetailsForm", (base,), members)


def given_in(form: FlaskForm) -> dict[str, str]:
    """What was typed, as the rules take it: {field key: text}."""
    typed = {}
    for key, field in form._fields.items():
        if isinstance(field, BooleanField):
            typed[key] = "y" if field.data else ""
        elif not isinstance(field, HiddenField):
            typed[key] = field.raw_data[0] if field.raw_data else ""
    return typed


def show_errors(form: FlaskForm, invalid: InvalidDetails) -> None:
    """Put a rule's errors beside their fields."""
    for key, text in invalid.errors.items():
        form[key].errors = [text]


def known_details(holder: Mapping[str, Any]) -> dict[str, Any]:
    """Details as a form takes them for its `data`: a ticket with one name has its box ticked."""
    data = dict(holder)
    if data.get("first_name") and not data.get("last_name"):
        data[fields.ONE_NAME] = True
    return data


_KINDS: Final = {"email": EmailField, "email_check": EmailField, "phone": TelField}


def _form_field(asked: Asked) -> Any:
    field = asked.field
    attributes = {"autocomplete": field.autocomplete}
    if field.inputmode:
        attributes["inputmode"] = field.inputmode
    if field.kind == "text":
        attributes["maxlength"] = str(fields.MAX_LENGTH)
    if field.key.endswith("_name"):
        attributes |= {"autocapitalize": "words", "spellcheck": "false"}
    validators = [Wanted()] if asked.required else []
    if field.kind == "choice":
        choices = [SelectChoice(value, label) for value, label in (("", "–"), *field.choices)]
        return SelectField(
            field.label,
            validators,
            choices=choices,
            render_kw=attributes,
            validate_choice=False,
        )
    if field.kind == "date":
        # Text in, text out: the rule reads the date, and a bad one must come back as typed.
        return StringField(field.label, validators, render_kw={**attributes, "type": "date"})
    return _KINDS.get(field.kind, StringField)(field.label, validators, render_kw=attributes)


__all__ = ["details_form", "given_in", "known_details", "show_errors"]
