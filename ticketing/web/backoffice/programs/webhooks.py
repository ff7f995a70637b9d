"""*Webhooks*: which programs are told what happens, and how it goes."""

import datetime as dt
from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.models import Call, WebhookEndpoint, now
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.forms_set_up import show
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version
from ticketing.web.backoffice.programs import wording_programs
from ticketing.web.backoffice.programs.forms_programs import RenewForm, ReplayForm, WebhookForm
from ticketing.web.backoffice.roles import needs
from ticketing.webhooks import endpoints, secrets
from ticketing.webhooks.endpoints import InvalidEndpoint, WebhookOff
from ticketing.webhooks.happenings import EVENTS


@blueprint.get("/webhooks")
@needs("owner")
def webhooks() -> ResponseReturnValue:
    # The latest call of each by the index on (endpoint_id, id), however many there were.
    latest = (
        select(func.max(Call.id))
        .where(Call.endpoint_id == WebhookEndpoint.id)
        .correlate(WebhookEndpoint)
        .scalar_subquery()
    )
    rows = db.session.execute(
        scope.select_endpoints()
        .add_columns(Call)
        .outerjoin(Call, Call.id == latest)
        .order_by(WebhookEndpoint.id)
    )
    return news.page(
        "backoffice/programs/webhooks.html",
        nav="webhooks",
        rows=[(endpoint, call) for endpoint, call in rows],
        event_names=wording_programs.event_names(),
        event_count=len(EVENTS),
        zone=scope.timezone(),
    )


@blueprint.route("/webhooks/new", methods=["GET", "POST"])
@needs("owner")
@fresh
def new_webhook() -> ResponseReturnValue:
    form = WebhookForm(data={"events": list(EVENTS)})
    if form.validate_on_submit():
        try:
            endpoint = endpoints.create(
                scope.organiser_id(), form.url.data or "", form.events.data or []
            )
        except InvalidEndpoint as invalid:
            show(form, invalid.errors)
        else:
            return _with_secret(endpoint, new=True), 201
    html = news.page(
        "backoffice/programs/new_webhook.html", nav="webhooks", form=form, hint=_url_hint()
    )
    return html, 422 if form.errors else 200


@blueprint.get("/webhooks/<int:endpoint_id>")
@needs("owner")
def webhook(endpoint_id: int) -> ResponseReturnValue:
    endpoint = scope.endpoint_or_404(endpoint_id)
    return news.page(
        "backoffice/programs/webhook.html",
        nav="webhooks",
        endpoint=endpoint,
        host=host_of(endpoint),
        event_names=wording_programs.event_names(),
        former_until=endpoint.rotated_at + secrets.OVERLAP
        if endpoint.rotated_at and secrets.overlaps(endpoint, now())
        else None,
        zone=scope.timezone(),
    )


@blueprint.route("/webhooks/<int:endpoint_id>/edit", methods=["GET", "POST"])
@needs("owner")
@fresh
def edit_webhook(endpoint_id: int) -> ResponseReturnValue:
    endpoint = scope.endpoint_or_404(endpoint_id)
    form = WebhookForm(
        data={"url": endpoint.url, "events": endpoint.events, "revision": endpoint.revision}
    )
    versions: list[Version] | None = None
    if form.validate_on_submit():
        url, events = form.url.data or "", form.events.data or []
        try:
            endpoints.change(endpoint, url, events, revision=form.seen)
        except InvalidEndpoint as invalid:
            show(form, invalid.errors)
        except EditedMeanwhile:
            endpoint = scope.endpoint_or_404(endpoint_id)
            versions = _compare(endpoint, url, events)
            form.revision.data = str(endpoint.revision)
        else:
            flash(_("The webhook was saved."), "success")
            return redirect(url_for(".webhook", endpoint_id=endpoint_id), 303)
    html = news.page(
        "backoffice/programs/edit_webhook.html",
        nav="webhooks",
        endpoint=endpoint,
        host=host_of(endpoint),
        form=form,
        hint=_url_hint(),
        versions=versions,
    )
    return html, 422 if form.errors else 200 if versions is None else 409


@blueprint.post("/webhooks/<int:endpoint_id>/test")
@needs("owner")
def test_webhook(endpoint_id: int) -> ResponseReturnValue:
    endpoint = scope.endpoint_or_404(endpoint_id)
    try:
        call = endpoints.send_test(endpoint)
    except WebhookOff:
        return _is_off(endpoint_id)
    return redirect(url_for(".webhook_delivery", call_id=call.id), 303)


@blueprint.post("/webhooks/<int:endpoint_id>/pause")
@needs("owner")
def pause_webhook(endpoint_id: int) -> ResponseReturnValue:
    endpoints.switch(scope.endpoint_or_404(endpoint_id), on=False)
    flash(_("Paused: nothing is sent, and what happens meanwhile isn’t told later."), "success")
    return redirect(url_for(".webhook", endpoint_id=endpoint_id), 303)


@blueprint.post("/webhooks/<int:endpoint_id>/resume")
@needs("owner")
def resume_webhook(endpoint_id: int) -> ResponseReturnValue:
    endpoints.switch(scope.endpoint_or_404(endpoint_id), on=True)
    flash(_("Switched on: what happens from now on is told."), "success")
    return redirect(url_for(".webhook", endpoint_id=endpoint_id), 303)


@blueprint.route("/webhooks/<int:endpoint_id>/secret", methods=["GET", "POST"])
@needs("owner")
@fresh
def renew_webhook_secret(endpoint_id: int) -> ResponseReturnValue:
    endpoint = scope.endpoint_or_404(endpoint_id)
    form = RenewForm(data={"generation": endpoint.secret_generation})
    if form.validate_on_submit():
        try:
            endpoints.renew_secret(endpoint, seen=form.seen)
        except EditedMeanwhile:  # this form sent twice, or somebody else's
            text = _("The secret was renewed meanwhile. Renew it once more if you haven’t got it.")
            flash(text, "warning")
            return redirect(url_for(".webhook", endpoint_id=endpoint_id), 303)
        return _with_secret(scope.endpoint_or_404(endpoint_id), new=False)
    return news.dialog(
        "backoffice/programs/renew_secret.html",
        nav="webhooks",
        endpoint=endpoint,
        form=form,
        overlaps=secrets.overlaps(endpoint, now()),
    )


@blueprint.route("/webhooks/<int:endpoint_id>/delete", methods=["GET", "POST"])
@needs("owner")
@fresh
def delete_webhook(endpoint_id: int) -> ResponseReturnValue:
    endpoint = scope.endpoint_or_404(endpoint_id)
    form = BackofficeForm()
    if form.validate_on_submit():
        endpoints.delete(endpoint)
        flash(_("The webhook was deleted."), "success")
        return redirect(url_for(".webhooks"), 303)
    return news.dialog(
        "backoffice/programs/delete_webhook.html",
        nav="webhooks",
        endpoint=endpoint,
        host=host_of(endpoint),
        form=form,
    )


@blueprint.route("/webhooks/<int:endpoint_id>/replay", methods=["GET", "POST"])
@needs("owner")
def replay_lost(endpoint_id: int) -> ResponseReturnValue:
    """After an outage: everything of some days that didn't get through."""
    endpoint = scope.endpoint_or_404(endpoint_id)
    form = ReplayForm()
    if form.validate_on_submit():
        days = form.days.data or ""
        if days in {choice.value for choice in form.days.choices or ()}:
            try:
                count = endpoints.replay_lost(endpoint, now() - dt.timedelta(days=int(days)))
            except WebhookOff:
                return _is_off(endpoint_id)
            _say_replayed(count)
            return redirect(url_for(".webhook_deliveries", endpoint_id=endpoint_id), 303)
        form.days.errors = [_("Please choose one of these.")]
    return news.dialog(
        "backoffice/programs/replay_lost.html", nav="webhooks", endpoint=endpoint, form=form
    )


def host_of(endpoint: WebhookEndpoint) -> str:
    """What a webhook is called: an address can be a long one."""
    return urlsplit(endpoint.url).netloc


def _with_secret(endpoint: WebhookEndpoint, *, new: bool) -> str:
    """The one page that shows the secret; no address leads to it."""
    return news.page_or_block(
        "backoffice/programs/webhook_secret.html",
        "dialog",
        "dialog",
        nav="webhooks",
        endpoint=endpoint,
        secret=secrets.secret(endpoint),
        new=new,
    )


def _is_off(endpoint_id: int) -> ResponseReturnValue:
    flash(_("This webhook is switched off. Switch it on first."), "warning")
    return redirect(url_for(".webhook", endpoint_id=endpoint_id), 303)


def _say_replayed(count: int) -> None:
    if count:
        text = ngettext(
            "One delivery is sent once more.", "%(num)d deliveries are sent once more.", count
        )
        flash(text, "success")
    else:
        flash(_("Nothing got lost in that time."), "info")


def _url_hint() -> str:
    if settings().allow_private_targets:
        return str(_("Also http:// and private addresses: this installation allows them."))
    return str(_("It begins with https:// and can be reached from the internet."))


def _compare(endpoint: WebhookEndpoint, url: str, events: Sequence[str]) -> list[Version]:
    names = wording_programs.event_names()
    theirs = [names[event] for event in EVENTS if event in endpoint.events]
    mine = [names[event] for event in EVENTS if event in events]
    rows = [
        Version(_("Address to call"), endpoint.url, url.strip()),
        Version(_("What it is told"), ", ".join(theirs), ", ".join(mine)),
    ]
    return [row for row in rows if row.now != row.typed]
