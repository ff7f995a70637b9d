"""*Mails* of an event: who they are from, what each says in each language, and how that looks."""

from typing import Any, Final

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Field, StringField, TextAreaField

from ticketing.mailing import defaults, mails
from ticketing.mailing import mail_texts as rules
from ticketing.mailing.mails import Composed
from ticketing.mailing.said import PARTS, sender_name
from ticketing.models import Event
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile, TooManyMails
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import RevisedForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.outbox import MAIL_CSP
from ticketing.web.backoffice.roles import needs
from ticketing.words import languages

_ROWS: Final = "/events/<int:event_id>/mails/<kind>/<language>"


class SenderForm(RevisedForm):
    sender_name = StringField(
        _l("Sender’s name"),
        render_kw={"maxlength": str(rules.MAX_SENDER), "autocomplete": "organization"},
    )


def _typing(part: str, **attributes: str) -> dict[str, Any]:
    return {
        "maxlength": str(rules.MOST[part]),
        "autocomplete": "off",
        "data-takes-placeholders": True,
        **attributes,
    }


class MailTextForm(RevisedForm):
    """Every part may be empty: then it says what we would say."""

    subject = StringField(_l("Subject"), render_kw=_typing("subject"))
    message = TextAreaField(_l("Message"), render_kw=_typing("message", rows="12"))
    button = StringField(_l("Button"), render_kw=_typing("button"))


@blueprint.route("/events/<int:event_id>/mails", methods=["GET", "POST"])
@needs("manager")
def mail_texts(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    form = SenderForm(data={"sender_name": event.sender_name, "revision": event.revision})
    versions: list[Version] | None = None
    if form.validate_on_submit():
        typed = form.sender_name.data or ""
        try:
            rules.save_sender(event, typed, revision=form.seen)
        except InvalidSettings as invalid:
            _show(form, invalid)
        except EditedMeanwhile:
            event = scope.event_or_404(event_id)
            versions = _compare(form, {"sender_name": event.sender_name})
            form.revision.data = str(event.revision)
        else:
            flash(_("The sender’s name was saved."), "success")
            return redirect(url_for("backoffice.mail_texts", event_id=event_id), 303)
    own = rules.of_event(event)
    html = news.page(
        "backoffice/mails/mail_texts.html",
        nav="events",
        event=event,
        form=form,
        versions=versions,
        organiser=event.organiser.name,
        groups=[
            (_readers()[who], [(kind, defaults.WORDINGS[kind]) for kind in kinds])
            for who, kinds in rules.by_recipient()
        ],
        speaks=rules.languages_of(event),
        language_names=languages.CONTENT,
        own=own,
    )
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.route(_ROWS, methods=["GET", "POST"])
@needs("manager")
def mail_text(event_id: int, kind: str, language: str) -> ResponseReturnValue:
    """The editor. `do` says what is to happen with what was typed: saved, or mailed as a test."""
    event = _event_with(event_id, kind, language)
    row = rules.stored(event, kind, language)
    known = rules.as_typed(row, kind, language)
    form = MailTextForm(data={**known, "revision": row.revision if row else 0})
    versions: list[Version] | None = None
    sent_to = ""
    if form.validate_on_submit():
        typed, me = _typed(form), scope.user().email
        try:
            if request.form.get("do") == "test":
                rules.send_test(event, kind, language, typed, me)
                sent_to = me
            else:
                rules.save(event, kind, language, typed, revision=form.seen)
                flash(_("The mail was saved."), "success")
                here = url_for(
                    "backoffice.mail_text", event_id=event_id, kind=kind, language=language
                )
                return redirect(here, 303)
        except InvalidSettings as invalid:
            _show(form, invalid)
        except TooManyMails:
            form.form_errors.append(
                _("Those were many test mails for one day. Try again tomorrow.")
            )
        except EditedMeanwhile:
            row = rules.stored(event, kind, language)
            versions = _compare(form, rules.as_typed(row, kind, language))
            form.revision.data = str(row.revision if row else 0)
    wording = defaults.WORDINGS[kind]
    row = rules.stored(event, kind, language)
    html = news.page(
        "backoffice/mails/mail_text.html",
        nav="events",
        event=event,
        kind=kind,
        language=language,
        wording=wording,
        form=form,
        versions=versions,
        sent_to=sent_to,
        me=scope.user().email,
        changed=row is not None and any(getattr(row, part) for part in PARTS),
        explained=[(name, defaults.PLACEHOLDERS[name]) for name in wording.placeholders],
        speaks=rules.languages_of(event),
        language_names=languages.CONTENT,
        borrowed=language not in languages.spoken(),
        as_saved=request.method == "GET",
        **_preview(event, kind, language, _typed(form)),
    )
    g.frames_own_pages = True
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.post(f"{_ROWS}/preview")
@needs("manager")
def preview_mail_text(event_id: int, kind: str, language: str) -> ResponseReturnValue:
    """What stands around the frame while somebody types; changes nothing."""
    event = _event_with(event_id, kind, language)
    context = _preview(event, kind, language, _typed(MailTextForm()))
    return render_template("backoffice/mails/mail_preview.html", fragment=True, **context)


@blueprint.route(f"{_ROWS}/frame", methods=["GET", "POST"])
@needs("manager")
def mail_text_frame(event_id: int, kind: str, language: str) -> ResponseReturnValue:
    """What stands in the frame: the mail as it was typed, or, asked for by GET, as it is saved.

    A frame whose content stood in the page would have the page's policy, without any style.
    """
    event = _event_with(event_id, kind, language)
    if request.method == "POST":
        typed = _typed(MailTextForm())
    else:
        typed = rules.as_typed(rules.stored(event, kind, language), kind, language)
    context = _preview(event, kind, language, typed)
    g.content_security_policy = MAIL_CSP
    composed: Composed | None = context["composed"]
    if composed is not None and request.form.get("as") != "text":
        return composed.html
    return render_template("backoffice/mails/mail_frame.html", **context)


@blueprint.route(f"{_ROWS}/reset", methods=["GET", "POST"])
@needs("manager")
def reset_mail_text(event_id: int, kind: str, language: str) -> ResponseReturnValue:
    event = _event_with(event_id, kind, language)
    row = rules.stored(event, kind, language)
    form = RevisedForm(data={"revision": row.revision if row else 0})
    here = url_for("backoffice.mail_text", event_id=event_id, kind=kind, language=language)
    status = 200
    if form.validate_on_submit():
        try:
            rules.reset(event, kind, language, revision=form.seen)
        except EditedMeanwhile:
            row = rules.stored(event, kind, language)
            form.revision.data = str(row.revision if row else 0)
            form.form_errors.append(
                _("Somebody changed these words meanwhile. Nothing was reset yet; look at them.")
            )
            status = 409
        else:
            flash(_("The mail says our words again."), "success")
            return redirect(here, 303)
    return news.dialog(
        "backoffice/mails/reset_mail_text.html",
        status=status,
        nav="events",
        event=event,
        kind=kind,
        language=language,
        wording=defaults.WORDINGS[kind],
        language_name=languages.CONTENT[language],
        back=here,
        form=form,
        now=rules.as_typed(row, kind, language),
        ours=rules.ours(kind, language),
    )


def _event_with(event_id: int, kind: str, language: str) -> Event:
    event = scope.event_or_404(event_id)
    if kind not in defaults.WORDINGS or language not in languages.CONTENT:
        abort(404)
    return event


def _preview(event: Event, kind: str, language: str, typed: dict[str, str]) -> dict[str, Any]:
    """`composed` is the mail with these words, None where `problems` keep it from being one."""
    problems: dict[str, str] = {}
    composed = None
    try:
        words = rules.clean(kind, language, typed)
    except InvalidSettings as invalid:
        problems = invalid.errors
    else:
        composed = mails.preview(event, kind, language, words)
    labels = {"subject": _("Subject"), "message": _("Message"), "button": _("Button")}
    return {
        "composed": composed,
        "problems": [(labels[part], text) for part, text in problems.items()],
        "sender": sender_name(event),
    }


def _typed(form: Any) -> dict[str, str]:
    return {part: str(form[part].data or "") for part in PARTS}


def _show(form: Any, invalid: InvalidSettings) -> None:
    for key, text in invalid.errors.items():
        form[key].errors = [text]


def _compare(form: Any, now: dict[str, str]) -> list[Version]:
    def read(field: Field) -> str:
        return str(field.data or "").replace("\r\n", "\n").strip()

    return [
        Version(str(form[key].label.text), text, read(form[key]))
        for key, text in now.items()
        if text != read(form[key])
    ]


def _readers() -> dict[str, str]:
    return {
        "booker": _("To the booker"),
        "visitor": _("To whoever a ticket is shared with"),
        "holder": _("To a ticket’s holder"),
    }
