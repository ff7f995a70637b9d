"""*Ticket types*: what an event sells, in which order, and the settings of each."""

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing.models import Event, TicketType
from ticketing.organising import ticket_types as rules
from ticketing.organising.ticket_types import SETTINGS, InvalidTicketType
from ticketing.refusals import EditedMeanwhile, TypeInUse
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.events.events import status_of
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.forms_set_up import TicketTypeForm, show, texts_of
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.roles import needs


@blueprint.get("/events/<int:event_id>/ticket-types")
@needs("manager")
def ticket_types(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    sold = rules.counts(event_id)
    rows = [(each, sold.get(each.id, 0)) for each in event.ticket_types]
    return news.page(
        "backoffice/events/ticket_types.html",
        nav="events",
        event=event,
        rows=[row for row in rows if row[0].archived_at is None],
        archived=[row for row in rows if row[0].archived_at is not None],
        has_shop=scope.has_shop(event_id),
    )


@blueprint.route("/events/<int:event_id>/ticket-types/new", methods=["GET", "POST"])
@needs("manager")
def new_ticket_type(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    form = TicketTypeForm()
    if form.validate_on_submit():
        try:
            made = rules.create(event, texts_of(form, SETTINGS))
        except InvalidTicketType as invalid:
            show(form, invalid.errors)
        else:
            flash(_("“%(name)s” was added.", name=made.name), "success")
            return _to_list(event_id)
    html = news.page("backoffice/events/new_ticket_type.html", nav="events", event=event, form=form)
    return html, 422 if form.errors else 200


@blueprint.route("/ticket-types/<int:type_id>", methods=["GET", "POST"])
@needs("manager")
def ticket_type(type_id: int) -> ResponseReturnValue:
    found = scope.ticket_type_or_404(type_id)
    event = found.event
    form = TicketTypeForm(data=_known(found, event))
    versions: list[Version] | None = None
    confirm = False
    if form.validate_on_submit():
        given = texts_of(form, SETTINGS)
        try:
            rules.change(
                found,
                given,
                scope.acting(),
                revision=form.seen,
                confirmed=bool(form.confirmed.data),
            )
        except InvalidTicketType as invalid:
            show(form, invalid.errors)
            confirm = invalid.confirm
        except EditedMeanwhile:
            found = scope.ticket_type_or_404(type_id)
            event = found.event
            versions = _compare(form, rules.as_typed(found, event.currency), given)
            form.revision.data = str(found.revision)
        else:
            flash(_("“%(name)s” was saved.", name=found.name), "success")
            return _to_list(found.event_id)
    sold = rules.counts(event.id).get(type_id, 0)
    if sold:
        form.code.render_kw = {**form.code.render_kw, "readonly": True}
    html = news.page(
        "backoffice/events/ticket_type.html",
        nav="events",
        event=event,
        type=found,
        sold=sold,
        form=form,
        versions=versions,
        confirm=confirm,
    )
    return html, status_of(form, versions)


@blueprint.post("/ticket-types/<int:type_id>/move")
@needs("manager")
def move_ticket_type(type_id: int) -> ResponseReturnValue:
    found = scope.ticket_type_or_404(type_id)
    rules.move(found, -1 if request.form.get("to") == "up" else 1)
    return _to_list(found.event_id, f"type-{type_id}")


@blueprint.post("/ticket-types/<int:type_id>/archive")
@needs("manager")
def archive_ticket_type(type_id: int) -> ResponseReturnValue:
    found = rules.archive(scope.ticket_type_or_404(type_id))
    flash(_("“%(name)s” is no longer sold.", name=found.name), "success")
    return _to_list(found.event_id)


@blueprint.post("/ticket-types/<int:type_id>/unarchive")
@needs("manager")
def unarchive_ticket_type(type_id: int) -> ResponseReturnValue:
    found = rules.unarchive(scope.ticket_type_or_404(type_id))
    flash(_("“%(name)s” is sold again.", name=found.name), "success")
    return _to_list(found.event_id)


@blueprint.route("/ticket-types/<int:type_id>/delete", methods=["GET", "POST"])
@needs("manager")
def delete_ticket_type(type_id: int) -> ResponseReturnValue:
    found = scope.ticket_type_or_404(type_id)
    event_id, name = found.event_id, found.name
    if rules.counts(event_id).get(type_id):
        raise TypeInUse  # before anybody is asked whether they are sure
    form = BackofficeForm()
    if form.validate_on_submit():
        rules.delete(found)
        flash(_("“%(name)s” was deleted.", name=name), "success")
        return _to_list(event_id)
    return news.dialog(
        "backoffice/events/delete_ticket_type.html", nav="events", type=found, form=form
    )


def _to_list(event_id: int, row: str = "") -> ResponseReturnValue:
    anchor = row or None
    return redirect(url_for("backoffice.ticket_types", event_id=event_id, _anchor=anchor), 303)


def _known(found: TicketType, event: Event) -> dict[str, object]:
    typed = rules.as_typed(found, event.currency)
    return {
        **typed,
        "needs_personal_data": bool(typed["needs_personal_data"]),
        "revision": found.revision,
    }


def _compare(form: TicketTypeForm, current: dict[str, str], typed: dict[str, str]) -> list[Version]:
    def shown(key: str, value: str) -> str:
        if key == "needs_personal_data":
            return str(_("Yes") if value else _("No"))
        return value

    return [
        Version(str(form[key].label.text), shown(key, current[key]), shown(key, typed[key]))
        for key in SETTINGS
        if current[key] != typed[key].strip()
    ]
