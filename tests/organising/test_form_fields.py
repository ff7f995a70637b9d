"""Every field says what it is, what is wrong with it, and to whom."""

import re
from collections.abc import Callable

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    EmailField,
    Form,
    RadioField,
    SelectChoice,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Optional

Render = Callable[..., str]


class Details(Form):
    name = StringField("First name", [InputRequired("Please enter a name.")])
    email = EmailField("Email", [Optional()], render_kw={"autocomplete": "email"})
    country = SelectField(
        "Country", [Optional()], choices=[SelectChoice("NL", "NL"), SelectChoice("BE", "BE")]
    )
    size = RadioField(
        "Size",
        [InputRequired("Please choose.")],
        choices=[SelectChoice("S", "S"), SelectChoice("M", "M")],
    )
    adult = BooleanField("I am 18 or older", [InputRequired("Please confirm.")])


@pytest.fixture
def render(app: Flask) -> Render:
    def render(call: str, **context: object) -> str:
        with app.test_request_context():
            source = '{% import "components.html" as ui %}{{ ui.' + call + " }}"
            return re.sub(r"\s+", " ", render_template_string(source, **context))

    return render


@pytest.fixture
def empty() -> Details:
    form = Details(MultiDict({"email": "anna@gmial.com"}))
    form.validate()
    return form


def test_a_field_has_its_label_hint_and_attributes(render: Render) -> None:
    html = render("field(f, hint='Your ticket goes there.')", f=Details().email)
    assert '<label for="email">Email</label>' in html
    assert 'autocomplete="email"' in html
    assert 'type="email"' in html
    assert 'aria-describedby="email-hint"' in html
    assert '<p class="hint" id="email-hint">Your ticket goes there.</p>' in html
    assert "optional" in html
    assert "aria-invalid" not in html


def test_a_required_field_is_not_called_optional(render: Render) -> None:
    html = render("field(f)", f=Details().name)
    assert " required" in html
    assert "optional" not in html


def test_an_error_stands_at_its_field_and_takes_the_focus(render: Render, empty: Details) -> None:
    html = render("field(f, hint='As on your passport', form=form)", f=empty.name, form=empty)
    assert 'aria-describedby="name-hint name-error"' in html
    assert 'aria-invalid="true"' in html
    assert " autofocus" in html
    assert re.search(r'id="name-error">.*Please enter a name\.</p>', html)
    later = render("field(f, form=form)", f=empty.adult, form=empty)
    assert 'aria-invalid="true"' in later
    assert "autofocus" not in later


def test_choices_are_a_group_that_is_wrong_as_a_whole(render: Render, empty: Details) -> None:
    html = render("field(f, form=form)", f=empty.size, form=empty)
    group = re.search(r"<fieldset[^>]*>", html)
    assert group is not None
    assert 'role="radiogroup"' in group[0]
    assert 'aria-invalid="true"' in group[0]
    assert 'aria-describedby="size-error"' in group[0]
    assert "<legend>Size</legend>" in html
    assert '<label class="choice" for="size-0">' in html
    assert html.count("aria-invalid") == 1


def test_the_summary_leads_to_each_field(render: Render, empty: Details) -> None:
    html = render("error_summary(form)", form=empty)
    assert 'role="alert"' in html
    assert "3 things need your attention" in html
    for target in ("#name", "#size-0", "#adult"):
        assert f'href="{target}"' in html


def test_without_errors_there_is_no_summary(render: Render) -> None:
    assert render("error_summary(form)", form=Details()).strip() == ""


def test_a_slip_gets_a_suggestion_and_keeps_what_was_typed(render: Render, empty: Details) -> None:
    html = render("field(f, suggestion='anna@gmail.com')", f=empty.email)
    assert 'value="anna@gmial.com"' in html
    assert 'data-accept-suggestion="email" value="anna@gmail.com"' in html
    assert "aria-invalid" not in html


def test_an_inactive_button_says_why(render: Render) -> None:
    html = render("button('Claim', id='claim-1', disabled_reason='Already claimed')")
    assert 'type="button"' in html
    assert 'aria-disabled="true" aria-describedby="claim-1-why"' in html
    assert '<span class="why" id="claim-1-why">Already claimed</span>' in html


def test_hostile_words_stay_words(render: Render) -> None:
    hostile = "\"><script>alert(1)</script>'"
    for call in (
        "field(f, hint=bad, suggestion=bad)",
        "button(bad, id='x', disabled_reason=bad, attrs={'data-x': bad})",
        "link_button(bad, '/x?' ~ bad, dialog=True, attrs={'data-x': bad})",
        "menu(bad, [{'text': bad, 'href': bad}, {'text': bad, 'action': bad, 'csrf': bad}], 'm')",
        "copy_field('c', bad, bad)",
        "share_button(bad, bad, bad, bad, bad)",
        "status_badge('ready', bad)",
        "definition_list([(bad, bad)])",
        "data_table(bad, [bad], [[bad]])",
        "timeline([{'what': bad, 'who': bad, 'when': bad, 'changes': [(bad, bad, bad)]}])",
    ):
        form = Details(MultiDict({"email": hostile}))
        html = render(call, f=form.email, bad=hostile)
        assert "<script" not in html, call
