"""The forms with which an organiser says what to ask: needs of details, and questions."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectChoice, SelectField, StringField
from wtforms.widgets import HiddenInput

from ticketing.asking import fields, needs, questions
from ticketing.asking.fields import Asked
from ticketing.web.backoffice.forms import BackofficeForm, RevisedForm
from ticketing.web.details_form import Wanted, details_form
from ticketing.words import languages

NEW_LINES: Final = 3  # for choices, beside those that are there


def need_words() -> dict[str, str]:
    return {
        "required": _("Required"),
        "optional": _("Optional"),
        "off": _("Not in use"),
        needs.AS_EVENT: _("As the event"),
    }


def kind_words() -> dict[str, str]:
    return {
        "text": _("Short text"),
        "long_text": _("Long text"),
        "choice": _("One choice"),
        "choices": _("Several choices"),
        "yes_no": _("Yes or no"),
        "date": _("Date"),
    }


def needs_form(
    labels: Mapping[str, Any], *, as_event: Mapping[str, str] | None = None
) -> type[RevisedForm]:
    """A choice of needs for each key of `labels`.

    `as_event`: what a type has without a choice of its own, which then is one more.
    """
    words = need_words()
    members: dict[str, Any] = {}
    for key, label in labels.items():
        choices = [SelectChoice(need, words[need]) for need in needs.offered(key)]
        if as_event is not None:
            same = _("As the event: %(need)s", need=words[as_event[key]])
            choices.insert(0, SelectChoice(needs.AS_EVENT, same))
        members[key] = RadioField(label, [Wanted()], choices=choices, validate_choice=False)
    return type("NeedsForm", (RevisedForm,), members)


def question_form(speaks: Sequence[str], lines: int, *, new: bool) -> type[FlaskForm]:
    """A question in these languages, with so many lines for choices."""
    # One language needs no name.
    named = {one: languages.CONTENT.get(one, one) if len(speaks) > 1 else "" for one in speaks}
    members: dict[str, Any] = {}
    if new:
        kinds = [SelectChoice(key, text) for key, text in kind_words().items()]
        members["kind"] = SelectField(
            _l("Answer"), [Wanted()], choices=kinds, validate_choice=False, default="text"
        )
    words = {**need_words(), "off": _("Not asked, unless a ticket type asks it")}
    wanted = [SelectChoice(need, words[need]) for need in needs.NEEDS]
    members["need"] = RadioField(
        _l("The answer is"), [Wanted()], choices=wanted, validate_choice=False, default="optional"
    )
    for language in speaks:
        attributes = {"lang": language, "autocomplete": "off"}
        members[f"label_{language}"] = StringField(
            _named(_("Question"), named[language]),
            [Wanted()] if language == speaks[0] else [],
            render_kw={**attributes, "maxlength": str(questions.MAX_LABEL)},
        )
        members[f"help_{language}"] = StringField(
            _named(_("Explanation"), named[language]),
            render_kw={**attributes, "maxlength": str(questions.MAX_HELP)},
        )
        for n in range(lines):
            members[f"choice_{n}_{language}"] = StringField(
                _named(_("Choice %(n)s", n=n + 1), named[language]),
                render_kw={**attributes, "maxlength": str(questions.MAX_CHOICE)},
            )
    for n in range(lines):
        members[f"choice_{n}_key"] = StringField(widget=HiddenInput())
        members[f"choice_{n}_off"] = BooleanField(_l("Withdraw"))
    return type("QuestionForm", (BackofficeForm if new else RevisedForm,), members)


def lines_for(choices: Sequence[Mapping[str, Any]]) -> int:
    """How many lines a form has: for what is there or was sent, and some more on demand."""
    lines = max(2, len(choices)) if request.method == "GET" else 0
    while lines < questions.MOST_CHOICES and f"choice_{lines}_key" in request.form:
        lines += 1
    if request.method == "GET" or "more" in request.form:
        lines += NEW_LINES
    return min(max(lines, 1), questions.MOST_CHOICES)


def typed_question(form: Any, speaks: Iterable[str], lines: int) -> dict[str, Any]:
    """What was typed, as the rule takes it."""
    speaks = list(speaks)

    def text(name: str) -> str:
        return str(form[name].data or "") if name in form else ""

    return {
        "kind": text("kind"),
        "need": text("need"),
        "label": {one: text(f"label_{one}") for one in speaks},
        "help": {one: text(f"help_{one}") for one in speaks},
        "choices": [
            {
                "key": text(f"choice_{n}_key"),
                "label": {one: text(f"choice_{n}_{one}") for one in speaks},
                "off": bool(form[f"choice_{n}_off"].data),
            }
            for n in range(lines)
        ],
    }


def known_question(question: Any, speaks: Iterable[str]) -> dict[str, Any]:
    """A question as its form takes it for its `data`."""
    data: dict[str, Any] = {"need": question.need, "revision": question.revision}
    for language in speaks:
        data[f"label_{language}"] = question.label.get(language, "")
        data[f"help_{language}"] = question.help.get(language, "")
        for n, choice in enumerate(question.choices):
            data[f"choice_{n}_{language}"] = choice["label"].get(language, "")
    for n, choice in enumerate(question.choices):
        data[f"choice_{n}_key"] = choice["key"]
        data[f"choice_{n}_off"] = bool(choice.get("off"))
    return data


class _Preview(FlaskForm):
    class Meta(FlaskForm.Meta):
        csrf = False  # nobody sends it


def preview_of(asked: Sequence[Asked]) -> Any:
    """The form as visitors see it, apart from any that is sent."""
    form = details_form(asked, _Preview)(formdata=None, prefix="preview-")
    if fields.ONE_NAME in form:
        form[fields.ONE_NAME].label.text = _("I have only one name")
    return form


def _named(text: str, language: str) -> str:
    return f"{text} – {language}" if language else text


__all__ = ["kind_words", "need_words", "needs_form", "preview_of", "question_form"]
