"""What all our forms have in common."""

from typing import Any, Final

from flask import Flask, request
from flask_wtf import FlaskForm
from wtforms import Field, HiddenField
from wtforms.widgets import HiddenInput

from ticketing import repeats

_NOT_TYPED: Final = {"csrf_token"}  # it is another one after some time


class Form(FlaskForm):
    class Meta(FlaskForm.Meta):
        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Any:
            """Hidden fields have no id: a page has several forms, and an id must be there once."""
            if isinstance(field.widget, HiddenInput):
                render_kw = {"id": False, **render_kw}
            return super().render_field(field, render_kw)


class Once(FlaskForm):
    """A form that does what it asks for once, however often it is sent."""

    # Made with the page. The view says who acts with `sent_form()`.
    reference = HiddenField(default=repeats.new_reference)


def init_app(app: Flask) -> None:
    app.jinja_env.globals["new_reference"] = repeats.new_reference


def sent_form() -> str | None:
    """What is kept of the form that came with this request; None if it isn't one for once."""
    sent = [each for each in request.form.items(multi=True) if each[0] not in _NOT_TYPED]
    return repeats.digest_of_form(request.path, request.form.get("reference", ""), sent)
