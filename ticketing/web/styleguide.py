"""Every component in every state, for those who work on the look (`PASSALONG_STYLEGUIDE=yes`)."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from ticketing.qr import qr_svg

blueprint = Blueprint("styleguide", __name__)


class SampleForm(FlaskForm):
    class Meta(FlaskForm.Meta):
        csrf = False  # nothing is sent anywhere

    first_name = StringField("First name", [InputRequired("Please fill in the first name.")])
    email = EmailField("Email", [InputRequired("Please fill in the email address.")])
    phone = TelField("Phone")
    country = SelectField(
        "Country", choices=[SelectChoice("nl", "Netherlands"), SelectChoice("fr", "France")]
    )
    born = DateField("Date of birth")
    gender = RadioField(
        "Gender",
        [InputRequired("Please choose one.")],
        choices=[
            SelectChoice("f", "Female"),
            SelectChoice("m", "Male"),
            SelectChoice("x", "Other"),
        ],
    )
    note = TextAreaField("Note")
    agree = BooleanField("I have read the house rules", [InputRequired("Please agree.")])


@blueprint.get("/styleguide")
def page() -> ResponseReturnValue:
    broken = SampleForm(formdata=MultiDict({"phone": "12"}))
    broken.validate()
    return render_template(
        "styleguide.html",
        form=SampleForm(formdata=None),
        broken_form=broken,
        qr=qr_svg("https://example.org", title="QR code"),
    )
