"""Every component in every state, for those who work on the look (`PASSALONG_STYLEGUIDE=yes`)."""

from types import SimpleNamespace
from typing import Any, Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    IntegerField,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from ticketing.carried.qr import qr_svg
from ticketing.words.languages import CONTENT

blueprint = Blueprint("styleguide", __name__)

LONG: Final = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh "
COLOURS: Final = (
    *("paper", "card", "ink", "muted", "line", "field"),
    *("ok", "ok-soft", "wait", "wait-soft", "info", "info-soft", "bad", "bad-soft"),
    *("accent", "accent-hover", "accent-deep", "on-accent"),
    *("accent-text", "accent-soft", "accent-edge"),
)


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
    tickets = IntegerField("Weekend", default=2)
    note = TextAreaField("Note")
    agree = BooleanField("I have read the house rules", [InputRequired("Please agree.")])


@blueprint.get("/styleguide")
def page() -> ResponseReturnValue:
    broken = SampleForm(formdata=MultiDict({"broken-phone": "12"}), prefix="broken-")
    broken.validate()
    return render_template(
        "styleguide.html",
        colours=COLOURS,
        cards=[
            _card(1, "open", "Not assigned"),
            _card(2, "shared", "Link shared, waiting", share=True),
            _card(3, "opened", "Link opened", share=True),
            _card(4, "ready", "Ready – Anna V."),
            _card(5, "checked_in", "Checked in 21:04"),
            _card(6, "cancelled", "Cancelled"),
            _card(7, "ready", f"Ready – {LONG * 3}", type_name=LONG * 2),
        ],
        mirrored=[_card(8, "open", "غير مخصصة", type_name="نهاية الأسبوع")],
        shop=SimpleNamespace(delivery_note="", consumer_desk="+31201234567"),
        overview=SimpleNamespace(
            next_step="share_some",
            done=3,
            total=5,
            cards=[_card(1, "open", "Not assigned")],
            at="#",
            asks_for_names=True,
            several_downloadable=True,
        ),
        languages=[
            SimpleNamespace(language=language, name=name, href=f"?lang={language}")
            for language, name in CONTENT.items()
        ],
        form=SampleForm(formdata=None),
        broken_form=broken,
        qr=qr_svg("https://example.org", title="QR code"),
    )


def _card(
    number: int, kind: str, status: str, *, share: bool = False, type_name: str = "Weekend"
) -> Any:
    """What a card of an overview is drawn from, without an order."""
    sent = SimpleNamespace(recipient="anna@example.org", generation=1) if share else None
    named = kind in {"ready", "checked_in"}
    return SimpleNamespace(
        ticket=SimpleNamespace(
            position=number,
            type=SimpleNamespace(name=type_name, needs_personal_data=True),
            share=sent,
        ),
        status=SimpleNamespace(kind=kind, text=status),
        at=f"#ticket-{number}",
        page=f"#ticket-{number}" if named else None,
        may_change=kind in {"open", "shared", "opened"},
        downloadable=named,
        switched_off=False,
        alone=False,
    )
