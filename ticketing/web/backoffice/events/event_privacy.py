"""*Privacy* of an event: for how long people's details are kept, and what law its names obey."""

from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, RadioField, SelectChoice, SelectField
from wtforms.validators import DataRequired

from ticketing.asking.names_rules import RULES
from ticketing.extensions import db
from ticketing.models import Event, now
from ticketing.privacy import endings, retention
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh
from ticketing.web.backoffice.forms import BackofficeForm, RevisedForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.people import audited
from ticketing.web.backoffice.roles import needs
from ticketing.web.details_form import Wanted

_FOR_NOW = "0"  # until somebody erases them
_NO_RULE = "none"


class PrivacyForm(RevisedForm):
    days = SelectField(_l("Keep people’s details"), [Wanted()])
    rule = RadioField(_l("Law that wants names on tickets"), [Wanted()])

    def offer(self, event: Event) -> None:
        days = sorted({*endings.CHOICES, *filter(None, [event.retention_days])})
        self.days.choices = [
            *(SelectChoice(str(each), _in_words(each)) for each in days),
            SelectChoice(_FOR_NOW, _("Until somebody erases them")),
        ]
        self.rule.choices = [SelectChoice(k or _NO_RULE, str(text)) for k, text in RULES.items()]


class EraseEventForm(BackofficeForm):
    confirmed = BooleanField(
        _l("Yes, erase all of it for good"), [DataRequired(_l("Please tick this to go on."))]
    )


@blueprint.route("/events/<int:event_id>/privacy", methods=["GET", "POST"])
@needs("manager")
@fresh
def event_privacy(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    form = PrivacyForm(data={**_typed(event), "revision": event.revision})
    form.offer(event)
    versions: list[Version] | None = None
    if form.validate_on_submit():
        given = {"days": str(form.days.data or ""), "rule": str(form.rule.data or "")}
        days = int(given["days"]) or None
        rule = given["rule"] if given["rule"] != _NO_RULE else ""
        try:
            retention.change(event, days, rule, audited.actor(), revision=form.seen)
        except EditedMeanwhile:
            event = scope.event_or_404(event_id)
            form.offer(event)
            versions = _compare(form, _typed(event), given)
            form.revision.data = str(event.revision)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".event_privacy", event_id=event_id), 303)
    html = _page(event, form, versions, EraseEventForm(formdata=None))
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.post("/events/<int:event_id>/erase")
@needs("manager")
@fresh
def erase_event(event_id: int) -> ResponseReturnValue:
    """Before its time is over, or where none was set; not while people's tickets are needed."""
    event = scope.event_or_404(event_id)
    form = EraseEventForm()
    if not form.validate_on_submit():
        return _not_erased(event, form)
    try:
        done = retention.erase_by_hand(event_id, scope.acting(), audited.actor())
    except retention.StillNeeded as needed:
        flash(_why_not(needed.done.orders), "warning")
        return _not_erased(scope.event_or_404(event_id), form)
    message = ngettext(
        "The details in one order were erased.",
        "The details in %(num)d orders were erased.",
        done.orders,
    )
    flash(message, "success")
    return redirect(url_for(".event_privacy", event_id=event_id), 303)


def _why_not(orders: int) -> str:
    """`orders` were erased before the others came to be needed."""
    if not orders:
        return str(_("Nothing was erased: these details are still needed."))
    return str(
        ngettext(
            "The details in one order were erased. Then somebody changed the event: the others "
            "are still needed.",
            "The details in %(num)d orders were erased. Then somebody changed the event: the "
            "others are still needed.",
            orders,
        )
    )


def _not_erased(event: Event, form: EraseEventForm) -> ResponseReturnValue:
    settings = PrivacyForm(formdata=None, data={**_typed(event), "revision": event.revision})
    settings.offer(event)
    return _page(event, settings, None, form), 422


def _page(
    event: Event, form: PrivacyForm, versions: list[Version] | None, erase_form: EraseEventForm
) -> str:
    coming = retention.coming(db.session(), event)
    return news.page(
        "backoffice/events/event_privacy.html",
        nav="events",
        event=event,
        form=form,
        versions=versions,
        erase_form=erase_form,
        coming=coming,
        needed=endings.is_needed(event),
        due=coming.at is not None and coming.at <= now(),
    )


def _typed(event: Event) -> dict[str, str]:
    days = event.retention_days
    return {
        "days": str(days) if days is not None else _FOR_NOW,
        "rule": event.names_rule or _NO_RULE,
    }


def _in_words(days: int) -> str:
    if days % 365 == 0:
        years = days // 365
        return str(
            ngettext("For a year after the event", "For %(num)d years after the event", years)
        )
    return str(ngettext("For a day after the event", "For %(num)d days after the event", days))


def _compare(form: PrivacyForm, current: dict[str, str], typed: dict[str, str]) -> list[Version]:
    def shown(field: Any, value: str) -> str:
        return next((str(each.label) for each in field.choices if each.value == value), value)

    return [
        Version(str(form[key].label.text), shown(form[key], current[key]), shown(form[key], given))
        for key, given in typed.items()
        if current[key] != given
    ]
