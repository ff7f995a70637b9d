"""*Personalisation*: which details an event asks for, and each of its ticket types otherwise."""

from collections.abc import Mapping
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ticketing.asking import fields, missing, needs
from ticketing.asking.fields import Asked
from ticketing.models import Event, Order, Shop, Ticket, TicketType
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.events.forms_asking import (
    kind_words,
    need_words,
    needs_form,
    preview_of,
)
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.roles import needs as needs_role
from ticketing.web.details_form import keys_of
from ticketing.words.formats import labelled


@blueprint.route("/events/<int:event_id>/fields", methods=["GET", "POST"])
@needs_role("manager")
def event_fields(event_id: int) -> ResponseReturnValue:
    event = scope.event_to_ask_or_404(event_id)
    now = needs.of_event(event)
    form = needs_form(_labels(needs.SETTINGS))(data={**now, "revision": event.revision})
    versions: list[Version] | None = None
    if form.validate_on_submit():
        given = _typed(form, needs.SETTINGS)
        try:
            needs.change_event(event, given, revision=form.seen)
        except InvalidSettings as invalid:
            _show(form, invalid)
        except EditedMeanwhile:
            event = scope.event_to_ask_or_404(event_id)
            versions = _compare(form, needs.of_event(event), given)
            form.revision.data = str(event.revision)
        else:
            flash(_("What you ask for was saved."), "success")
            return redirect(url_for("backoffice.event_fields", event_id=event_id), 303)
    html = news.page(
        "backoffice/events/event_needs.html",
        nav="events",
        event=event,
        form=form,
        keys=needs.SETTINGS,
        versions=versions,
        questions=[each for each in event.questions if each.archived_at is None],
        archived=[each for each in event.questions if each.archived_at is not None],
        kinds=kind_words(),
        words=need_words(),
        types=[each for each in event.ticket_types if each.archived_at is None],
        otherwise=_otherwise,
        said=fields.question_field,
        lacking=missing.count(_tickets_of(event).where(missing.lacking([event]))),
        **_preview(_as_typed(event, form, needs.SETTINGS)),
    )
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.post("/events/<int:event_id>/fields/preview")
@needs_role("manager")
def preview_event_fields(event_id: int) -> ResponseReturnValue:
    """The form as it would be with what is chosen now; changes nothing."""
    event = scope.event_to_ask_or_404(event_id)
    form = needs_form(_labels(needs.SETTINGS))()
    context = _preview(_as_typed(event, form, needs.SETTINGS))
    return render_template("backoffice/events/asking_preview.html", **context)


@blueprint.route("/events/<int:event_id>/fields/<int:type_id>", methods=["GET", "POST"])
@needs_role("manager")
def type_fields(event_id: int, type_id: int) -> ResponseReturnValue:
    ticket_type = _type_or_404(event_id, type_id)
    form = _type_form(ticket_type)
    versions: list[Version] | None = None
    if ticket_type.needs_personal_data and form.validate_on_submit():
        given = _typed(form, needs.type_settings(ticket_type))
        try:
            needs.change_type(ticket_type, given, revision=form.seen)
        except InvalidSettings as invalid:
            _show(form, invalid)
        except EditedMeanwhile:
            ticket_type = _type_or_404(event_id, type_id)
            versions = _compare(form, needs.of_type(ticket_type), given)
            form.revision.data = str(ticket_type.revision)
        else:
            flash(_("What “%(type)s” asks for was saved.", type=ticket_type.name), "success")
            return redirect(url_for("backoffice.event_fields", event_id=event_id), 303)
    keys = needs.type_settings(ticket_type)
    html = news.page(
        "backoffice/events/type_needs.html",
        nav="events",
        event=ticket_type.event,
        type=ticket_type,
        form=form,
        keys=keys,
        versions=versions,
        **_preview(_as_typed(ticket_type.event, form, keys, ticket_type)),
    )
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.post("/events/<int:event_id>/fields/<int:type_id>/preview")
@needs_role("manager")
def preview_type_fields(event_id: int, type_id: int) -> ResponseReturnValue:
    ticket_type = _type_or_404(event_id, type_id)
    keys = needs.type_settings(ticket_type)
    asked = _as_typed(ticket_type.event, _type_form(ticket_type), keys, ticket_type)
    return render_template("backoffice/events/asking_preview.html", **_preview(asked))


@blueprint.route("/events/<int:event_id>/fields/missing", methods=["GET", "POST"])
@needs_role("manager")
def ask_details_of_event(event_id: int) -> ResponseReturnValue:
    """Send every ticket back that lacks something: how many there are first."""
    event = scope.event_to_ask_or_404(event_id)
    tickets = _tickets_of(event)
    form = BackofficeForm()
    if form.validate_on_submit():
        asked = missing.ask_all(event, scope.acting(), tickets)
        flash(
            ngettext("One ticket was sent back.", "%(num)d tickets were sent back.", asked)
            if asked
            else _("Nobody could be asked just now."),
            "success" if asked else "info",
        )
        return redirect(url_for("backoffice.event_fields", event_id=event_id), 303)
    return news.dialog(
        "backoffice/events/ask_details_of_event.html",
        nav="events",
        event=event,
        form=form,
        lacking=missing.count(tickets.where(missing.lacking([event]))),
        due=missing.count(missing.to_ask(event, tickets)),
        most=missing.MOST_AT_ONCE,
    )


def _tickets_of(event: Event) -> Any:
    shops = scope.select_shops().with_only_columns(Shop.id).where(Shop.event_id == event.id)
    sold = scope.select_orders().with_only_columns(Order.id).where(Order.shop_id.in_(shops))
    return select(Ticket).where(Ticket.order_id.in_(sold))


def _type_or_404(event_id: int, type_id: int) -> TicketType:
    event = scope.event_to_ask_or_404(event_id)
    found = next((each for each in event.ticket_types if each.id == type_id), None)
    return found or abort(404)


def _type_form(ticket_type: TicketType) -> Any:
    event = ticket_type.event
    of_event = {**needs.of_event(event), **{each.key: each.need for each in event.questions}}
    data = {**needs.of_type(ticket_type), "revision": ticket_type.revision}
    return needs_form(_labels_of(ticket_type), as_event=of_event)(data=data)


def _labels_of(ticket_type: TicketType) -> dict[str, Any]:
    questions = {each.key: each for each in ticket_type.event.questions}
    return {
        key: fields.question_field(questions[key]).label
        if key in questions
        else fields.BY_KEY[key].label
        for key in needs.type_settings(ticket_type)
    }


def _otherwise(ticket_type: TicketType) -> str:
    """What a type asks otherwise than its event, in words; "" for nothing."""
    words = need_words()
    labels = _labels_of(ticket_type)
    return "; ".join(
        labelled(str(labels[key]), words[need])
        for key, need in needs.of_type(ticket_type).items()
        if need != needs.AS_EVENT
    )


def _as_typed(
    event: Event, form: Any, keys: Any, ticket_type: TicketType | None = None
) -> list[Asked]:
    """What would be asked with these choices; what makes no sense is left as it is."""
    typed = {key: form[key].data for key in keys if form[key].data in needs.NEEDS}
    if ticket_type is None or ticket_type.needs_personal_data:
        # Of nobody's making: it has the choices as its own, and is never stored.
        return fields.asked_of(event, TicketType(fields=typed))
    return []


def _preview(asked: list[Asked]) -> dict[str, Any]:
    form = preview_of(asked)
    return {"preview": form, "preview_keys": keys_of(form)}


def _labels(keys: Any) -> dict[str, Any]:
    return {key: fields.BY_KEY[key].label for key in keys}


def _typed(form: Any, keys: Any) -> dict[str, str]:
    return {key: str(form[key].data or "") for key in keys}


def _show(form: Any, invalid: InvalidSettings) -> None:
    for key, text in invalid.errors.items():
        form[key].errors = [text]


def _compare(form: Any, now: Mapping[str, str], typed: Mapping[str, str]) -> list[Version]:
    words = need_words()
    return [
        Version(str(form[key].label.text), words.get(now[key], now[key]), words.get(text, text))
        for key, text in typed.items()
        if now.get(key) != text
    ]
