"""What all our forms have in common."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field
from wtforms.widgets import HiddenInput


class Form(FlaskForm):
    class Meta(FlaskForm.Meta):
        def render_field(self, field: Field, render_kw: dict[str, Any]) -> Any:
            """Hidden fields have no id: a page has several forms, and an id must be there once."""
            if isinstance(field.widget, HiddenInput):
                render_kw = {"id": False, **render_kw}
            return super().render_field(field, render_kw)
