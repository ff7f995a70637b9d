"""*Events*: coming and past, a new one, and the details of each."""

import datetime as dt
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import and_, func, or_, select

from ticketing.extensions import db
from ticketing.models import CANCELLED, OPEN, Event, Ticket, TicketType, now
from ticketing.organising import events as rules
from ticketing.organising.events import DETAILS, InvalidEvent
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms_set_up import EventForm, PictureForm, show, texts_of
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.roles import needs
from ticketing.words import places

OPEN_END = dt.timedelta(days=1)  # how long an event without an end counts as going on


@blueprint.get("/events")
def events() -> ResponseReturnValue:
    past = request.args.get("past") == "1"
    # Never NULL: what isn't past must be coming, an open end too.
    is_past = or_(
        and_(Event.ends_at.is_not(None), Event.ends_at < now()),
        and_(Event.ends_at.is_(None), Event.starts_at < now() - OPEN_END),
    )
    wanted = scope.select_events().where(is_past if past else ~is_past)
    first = Event.starts_at.desc() if past else Event.starts_at
    found = list(db.session.scalars(wanted.order_by(first, Event.id)))
    others = db.session.scalar(
        select(func.count()).select_from(
            scope.select_events().where(~is_past if past else is_past).subquery()
        )
    )
    counts = _counts([event.id for event in found])
    return news.page(
        "backoffice/events/events.html",
        nav="events",
        past=past,
        rows=[(event, *counts.get(event.id, (0, 0, 0))) for event in found],
        coming_count=others if past else len(found),
        past_count=len(found) if past else others,
    )


@blueprint.route("/events/new", methods=["GET", "POST"])
@needs("manager")
def new_event() -> ResponseReturnValue:
    form = EventForm(data=_suggested())
    if form.validate_on_submit():
        try:
            event = rules.create(scope.organiser(), texts_of(form, DETAILS))
        except InvalidEvent as invalid:
            show(form, invalid.errors)
        else:
            flash(_("The event was created. Now say which tickets there are."), "success")
            return redirect(url_for("backoffice.ticket_types", event_id=event.id), 303)
    html = news.page(
        "backoffice/events/new_event.html", nav="events", form=form, timezones=places.timezones()
    )
    return html, 422 if form.errors else 200


@blueprint.route("/events/<int:event_id>/edit", methods=["GET", "POST"])
@needs("manager")
def edit_event(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    form = EventForm(data={**rules.as_typed(event), "revision": event.revision})
    versions: list[Version] | None = None
    if form.validate_on_submit():
        given = texts_of(form, DETAILS)
        try:
            rules.change(event, given, revision=form.seen)
        except InvalidEvent as invalid:
            show(form, invalid.errors)
        except EditedMeanwhile:
            event = scope.event_or_404(event_id)
            versions = _compare(form, rules.as_typed(event), given)
            form.revision.data = str(event.revision)
        else:
            flash(_("The event was saved."), "success")
            return redirect(url_for("backoffice.edit_event", event_id=event_id), 303)
    return page_of(event, form, versions), status_of(form, versions)


def page_of(
    event: Event,
    form: EventForm,
    versions: list[Version] | None = None,
    picture_form: PictureForm | None = None,
) -> str:
    """The page with an event's details and its picture."""
    picture_form = picture_form or PictureForm(formdata=None)
    picture_form.seen.data = str(event.image_id or 0)
    return news.page(
        "backoffice/events/edit_event.html",
        nav="events",
        event=event,
        form=form,
        versions=versions,
        picture_form=picture_form,
        timezones=places.timezones(),
    )


def status_of(form: Any, versions: list[Version] | None) -> int:
    return 422 if form.errors else 200 if versions is None else 409


def _counts(event_ids: list[int]) -> dict[int, tuple[int, int, int]]:
    """{event: (its tickets, those that need a name, those of them that have one)}.

    As on an event's own page: cancelled ones don't count.
    """
    found = db.session.execute(
        select(
            TicketType.event_id,
            func.count(),
            func.count().filter(TicketType.needs_personal_data),
            func.count().filter(TicketType.needs_personal_data, Ticket.state != OPEN),
        )
        .select_from(Ticket)
        .join(TicketType, Ticket.ticket_type_id == TicketType.id)
        .where(TicketType.event_id.in_(event_ids), Ticket.state != CANCELLED)
        .group_by(TicketType.event_id)
    )
    return {event_id: (tickets, named, ready) for event_id, tickets, named, ready in found}


def _suggested() -> dict[str, str]:
    """What a new event most likely has in common with the organiser's latest."""
    latest = db.session.scalar(scope.select_events().order_by(Event.id.desc()).limit(1))
    if latest is None:
        locales = (each.partition("-")[2] for each in request.accept_languages.values())
        codes = {code for code, _name in places.countries("en")}
        country = next((code.upper() for code in locales if code.upper() in codes), "")
        return {"country": country, "currency": "EUR"}
    return {
        "timezone": latest.timezone,
        "country": latest.country,
        "currency": latest.currency,
    }


def _compare(form: EventForm, current: dict[str, str], typed: dict[str, str]) -> list[Version]:
    def shown(key: str, value: str) -> str:
        choices = form[key].choices if key in {"country", "currency"} else ()
        return next((str(each.label) for each in choices if each.value == value), value)

    return [
        Version(str(form[key].label.text), shown(key, current[key]), shown(key, typed[key]))
        for key in DETAILS
        if current[key] != typed[key].replace("\r\n", "\n").strip()
    ]
