"""*Reminders* of an event: on which days they go out, to whom in bulk, and what was sent."""

from operator import attrgetter
from typing import Any, Final

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectChoice, SelectMultipleField, StringField
from wtforms.widgets import CheckboxInput, ListWidget

from ticketing import reminders as rules
from ticketing.asking import names
from ticketing.extensions import db
from ticketing.models import Event, Shop
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import RevisedForm
from ticketing.web.backoffice.forms_set_up import show
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.roles import needs

PAGE_SIZE: Final = 50


class RemindersForm(RevisedForm):
    days = SelectMultipleField(
        _l("Remind bookers"),
        validate_choice=False,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    other = StringField(
        _l("And so many days before"),
        render_kw={"inputmode": "numeric", "autocomplete": "off", "maxlength": "3"},
    )

    def offer(self, event: Event) -> None:
        """The usual days, and those that this event has."""
        days = sorted({*rules.OFFERED, *event.reminder_days}, reverse=True)
        self.days.choices = [SelectChoice(str(each), _days_before(each)) for each in days]


@blueprint.route("/events/<int:event_id>/reminders", methods=["GET", "POST"])
@needs("manager")
def reminders(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    form = RemindersForm(data={"days": _known(event), "revision": event.revision})
    form.offer(event)
    versions: list[Version] | None = None
    if form.validate_on_submit():
        days, other = list(form.days.data or []), str(form.other.data or "")
        try:
            rules.change(event, days, other, revision=form.seen)
        except InvalidSettings as invalid:
            show(form, invalid.errors)
        except EditedMeanwhile:
            event = scope.event_or_404(event_id)
            versions = _compare(form, _known(event), [*days, *filter(None, [other.strip()])])
            form.offer(event)
            form.revision.data = str(event.revision)
        else:
            flash(_("The reminders were saved."), "success")
            return redirect(url_for("backoffice.reminders", event_id=event_id), 303)
    html = news.page(
        "backoffice/events/reminders.html",
        nav="events",
        event=event,
        form=form,
        versions=versions,
        coming=rules.coming(event),
        counts=rules.count(event),
        runs=rules.runs(event),
        several_shops=len(_shops(event)) > 1,
        days_before=_days_before,
    )
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.get("/events/<int:event_id>/reminders/send")
@needs("manager")
def preview_reminders(event_id: int) -> ResponseReturnValue:
    """Who would get a reminder now, who wouldn't, and why."""
    event = scope.event_or_404(event_id)
    shops = _shops(event)
    shop_id = _chosen(shops, request.args.get("shop", ""))
    left_out = request.args.get("show") == "left-out"
    page = rules.preview(
        event,
        due=not left_out,
        shop_id=shop_id,
        size=PAGE_SIZE,
        before=scope.cursor("before"),
        after=scope.cursor("after"),
    )
    counts = rules.count(event, shop_id=shop_id)

    def address(**cursor: Any) -> str:
        values = {"shop": shop_id, "show": "left-out" if left_out else None, **cursor}
        return url_for("backoffice.preview_reminders", event_id=event.id, **values)

    return news.page(
        "backoffice/events/send_reminders.html",
        nav="events",
        event=event,
        shops=shops,
        shop_id=shop_id,
        left_out=left_out,
        rows=page.rows,
        due=counts[rules.DUE],
        left_out_count=sum(counts[reason] for reason in _reasons()),
        now=min(counts[rules.DUE], rules.MOST_AT_ONCE),
        counts=[(text, counts[reason]) for reason, text in _reasons().items() if counts[reason]],
        reasons=_reasons(),
        previous_url=address(before=page.before) if page.before else None,
        next_url=address(after=page.after) if page.after else None,
        due_url=url_for("backoffice.preview_reminders", event_id=event.id, shop=shop_id),
        left_out_url=url_for(
            "backoffice.preview_reminders", event_id=event.id, shop=shop_id, show="left-out"
        ),
    )


@blueprint.post("/events/<int:event_id>/reminders/send")
@needs("manager")
def send_reminders(event_id: int) -> ResponseReturnValue:
    event = scope.event_or_404(event_id)
    shop_id = _chosen(_shops(event), request.form.get("shop", ""))
    sent = rules.send(event, scope.acting(), shop_id=shop_id, most=rules.MOST_AT_ONCE)
    left = rules.count(scope.event_or_404(event_id), shop_id=shop_id)[rules.DUE]
    flash(_outcome(sent, left), "success" if sent else "info")
    return redirect(url_for("backoffice.reminders", event_id=event_id), 303)


def _outcome(sent: int, left: int) -> str:
    if not sent:
        return str(_("Nobody was reminded: everybody was already, or is ready by now."))
    told = ngettext(
        "One reminder is on its way.", "%(n)s reminders are on their way.", sent, n=_grouped(sent)
    )
    if left:
        told += " " + ngettext(
            "One booker is left: send once more.",
            "%(n)s bookers are left, more than fit at once: send once more.",
            left,
            n=_grouped(left),
        )
    return str(told)


def _shops(event: Event) -> list[Shop]:
    wanted = scope.select_shops().where(Shop.event_id == event.id).order_by(Shop.id)
    return names.in_order(db.session.scalars(wanted), attrgetter("name"))


def _chosen(shops: list[Shop], text: str) -> int | None:
    """The id of the event's shop that was asked for; None, for all of them, if it has none such."""
    return next((shop.id for shop in shops if str(shop.id) == text), None)


def _known(event: Event) -> list[str]:
    return [str(each) for each in event.reminder_days]


def _compare(form: RemindersForm, current: list[str], typed: list[str]) -> list[Version]:
    if {*current} == {*typed}:
        return []
    return [Version(str(form.days.label.text), _in_words(current), _in_words(typed))]


def _in_words(days: list[str]) -> str:
    numbers = sorted({each for each in days if each.isdecimal()}, key=int, reverse=True)
    return ", ".join(_days_before(int(each)) for each in numbers) or str(_("Never"))


def _days_before(days: int) -> str:
    return str(ngettext("1 day before", "%(num)d days before", days))


def _grouped(number: int) -> str:
    return str(format_decimal(number))


def _reasons() -> dict[str, str]:
    """Why somebody gets no reminder."""
    return {
        rules.READY: _("All ready"),
        rules.LATELY: _("Reminded lately"),
        rules.OFF: _("Wants no reminders"),
        rules.LATE: _("Deadline passed"),
    }
