"""An event's own questions: new ones, their words, their order."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing.asking import fields
from ticketing.asking import questions as rules
from ticketing.asking.fields import Asked
from ticketing.asking.questions import TooManyQuestions
from ticketing.models import Event, Question
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.events.forms_asking import (
    kind_words,
    known_question,
    lines_for,
    need_words,
    preview_of,
    question_form,
    typed_question,
)
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.roles import needs
from ticketing.web.details_form import keys_of


@blueprint.route("/events/<int:event_id>/questions/new", methods=["GET", "POST"])
@needs("manager")
def new_question(event_id: int) -> ResponseReturnValue:
    event = scope.event_to_ask_or_404(event_id)
    speaks = rules.languages_of(event)
    lines = lines_for([])
    form = question_form(speaks, lines, new=True)()
    if form.validate_on_submit() and "more" not in request.form:
        try:
            rules.add(event, typed_question(form, speaks, lines), speaks)
        except InvalidSettings as invalid:
            _show(form, invalid, speaks)
        except TooManyQuestions:
            _show(form, InvalidSettings({f"label_{speaks[0]}": _too_many()}), speaks)
        else:
            flash(_("The question was added."), "success")
            return _back(event)
    return _page(event, None, form, speaks, lines, None)


@blueprint.route("/questions/<int:question_id>", methods=["GET", "POST"])
@needs("manager")
def question(question_id: int) -> ResponseReturnValue:
    question = scope.question_or_404(question_id)
    event = question.event
    speaks = rules.languages_of(event)
    lines = lines_for(question.choices)
    form = question_form(speaks, lines, new=False)(data=known_question(question, speaks))
    versions: list[Version] | None = None
    if form.validate_on_submit() and "more" not in request.form:
        given = typed_question(form, speaks, lines)
        try:
            rules.change(question, given, speaks, revision=form.seen)
        except InvalidSettings as invalid:
            _show(form, invalid, speaks)
        except EditedMeanwhile:
            question = scope.question_or_404(question_id)
            versions = _compare(form, known_question(question, speaks))
            form.revision.data = str(question.revision)
        else:
            flash(_("The question was saved."), "success")
            return _back(event)
    return _page(event, question, form, speaks, lines, versions)


@blueprint.post("/events/<int:event_id>/questions/preview")
@needs("manager")
def preview_new_question(event_id: int) -> ResponseReturnValue:
    """The question as it would be asked; changes nothing."""
    event = scope.event_to_ask_or_404(event_id)
    speaks = rules.languages_of(event)
    lines = lines_for([])
    form = question_form(speaks, lines, new=True)()
    return render_template(
        "backoffice/events/asking_preview.html", **_preview(None, form, speaks, lines)
    )


@blueprint.post("/questions/<int:question_id>/preview")
@needs("manager")
def preview_question(question_id: int) -> ResponseReturnValue:
    question = scope.question_or_404(question_id)
    speaks = rules.languages_of(question.event)
    lines = lines_for(question.choices)
    form = question_form(speaks, lines, new=False)()
    context = _preview(question, form, speaks, lines)
    return render_template("backoffice/events/asking_preview.html", **context)


@blueprint.post("/questions/<int:question_id>/move")
@needs("manager")
def move_question(question_id: int) -> ResponseReturnValue:
    question = scope.question_or_404(question_id)
    rules.move(question, up=request.form.get("to") == "up")
    return _back(question.event)


@blueprint.post("/questions/<int:question_id>/archive")
@needs("manager")
def archive_question(question_id: int) -> ResponseReturnValue:
    question = scope.question_or_404(question_id)
    rules.archive(question)
    flash(_("This isn’t asked any more. Answers that were given stay."), "success")
    return _back(question.event)


@blueprint.post("/questions/<int:question_id>/restore")
@needs("manager")
def restore_question(question_id: int) -> ResponseReturnValue:
    question = scope.question_or_404(question_id)
    try:
        rules.restore(question)
    except TooManyQuestions:
        flash(_too_many(), "error")
    else:
        flash(_("This is asked again."), "success")
    return _back(question.event)


def _back(event: Event) -> ResponseReturnValue:
    address = url_for("backoffice.event_fields", event_id=event.id, _anchor="questions")
    return redirect(address, 303)


def _page(
    event: Event,
    question: Question | None,
    form: Any,
    speaks: list[str],
    lines: int,
    versions: list[Version] | None,
) -> ResponseReturnValue:
    html = news.page(
        "backoffice/events/question.html",
        nav="events",
        event=event,
        question=question,
        kind=kind_words()[question.kind] if question else "",
        form=form,
        speaks=speaks,
        lines=range(lines),
        versions=versions,
        **_preview(question, form, speaks, lines),
    )
    return html, 422 if form.errors else 200 if versions is None else 409


def _preview(question: Question | None, form: Any, speaks: list[str], lines: int) -> dict[str, Any]:
    """Of what is typed, good or not yet; nothing of it is stored."""
    typed = typed_question(form, speaks, lines)
    label = {language: text for language, text in typed["label"].items() if text.strip()}
    shown = Question(
        id=0,
        kind=question.kind if question else typed["kind"],
        need=typed["need"],
        label=label or {speaks[0]: _("Your question")},
        help=typed["help"],
        choices=[
            {"key": f"p{n}", "label": choice["label"], "off": choice["off"]}
            for n, choice in enumerate(typed["choices"])
            if any(text.strip() for text in choice["label"].values())
        ],
    )
    preview = preview_of([Asked(fields.question_field(shown), shown.need == "required")])
    return {"preview": preview, "preview_keys": keys_of(preview)}


def _show(form: Any, invalid: InvalidSettings, speaks: list[str]) -> None:
    for key, text in invalid.errors.items():
        form[key if key in form else f"choice_0_{speaks[0]}"].errors = [text]


def _compare(form: Any, now: dict[str, Any]) -> list[Version]:
    found = []
    for key, field in form._fields.items():
        if key in {"csrf_token", "revision"} or key.endswith("_key"):
            continue
        was, typed = _said(key, now.get(key)), _said(key, field.data)
        if was != typed:
            found.append(Version(str(field.label.text), was, typed))
    return found


def _said(key: str, value: Any) -> str:
    if key == "need":
        return need_words().get(value, str(value))
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    return str(value or "").strip()


def _too_many() -> str:
    n = rules.MOST
    return str(_("There are %(n)d questions already. Take one away first.", n=n))
