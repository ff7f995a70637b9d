"""*Privacy*: everything about one person, to hand out or to erase; whom people ask, and where it
stands what is done with their data. What somebody is looked up by stands in no address."""

import json

from flask import Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from wtforms import BooleanField, HiddenField, StringField
from wtforms.validators import DataRequired

from ticketing.extensions import db
from ticketing.members import audit
from ticketing.models import Event, Order
from ticketing.organising.shops import InvalidSettings
from ticketing.privacy import asked, held, notices, people
from ticketing.privacy.asked import Found, StillComing
from ticketing.privacy.people import NobodyFound, Person
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.confirming import fresh
from ticketing.web.backoffice.forms import BackofficeForm
from ticketing.web.backoffice.forms_set_up import show
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.people import audited
from ticketing.web.backoffice.roles import needs
from ticketing.web.details_form import Wanted


class PersonForm(BackofficeForm):
    who = StringField(
        _l("Email, phone number, or the code of an order or ticket"),
        [Wanted()],
        render_kw={
            "maxlength": "320",
            "autocomplete": "off",
            "spellcheck": "false",
            "autocapitalize": "none",
        },
    )


class DownloadForm(BackofficeForm):
    who = HiddenField()


class ErasePersonForm(BackofficeForm):
    who = HiddenField()
    valid_too = BooleanField(_l("Also where they are still needed: such tickets lose their name"))
    confirmed = BooleanField(
        _l("Yes, erase all of it for good"), [DataRequired(_l("Please tick this to go on."))]
    )


class NoticeForm(BackofficeForm):
    contact = StringField(
        _l("Address for questions about data"),
        render_kw={"type": "email", "inputmode": "email", "maxlength": "320"},
    )
    notice = StringField(
        _l("Your privacy notice"),
        id="privacy-notice",  # “notice” is the place of what a page says
        render_kw={
            "type": "url",
            "inputmode": "url",
            "maxlength": "500",
            "placeholder": "https://",
        },
    )


@blueprint.route("/privacy/person", methods=["GET", "POST"])
@needs("manager")
def person() -> ResponseReturnValue:
    """Looked for with a POST, so that nobody's address stands in an address."""
    form = PersonForm(data={"who": _code_of(request.args.get("order", type=int))})
    found = None
    if form.validate_on_submit():
        try:
            found = _look(form.who.data or "")
        except NobodyFound:
            form.who.errors = [_("That is no address, no phone number, and no code of ours.")]
        else:
            audit.note(
                audit.PERSON_SEARCHED,
                audited.actor(),
                organiser_id=scope.organiser_id(),
                about={"orders": len(found.order_ids)},
                once=False,
            )
    return _page(form, found)


@blueprint.post("/privacy/person/download")
@needs("manager")
@fresh
def person_file() -> ResponseReturnValue:
    form = DownloadForm()
    try:
        someone = _person(form.who.data or "")
    except NobodyFound:
        return redirect(url_for(".person"), 303)
    document = held.everything_about(db.session(), someone, scope.organiser_id())
    about = {key: len(rows) for key, rows in document.items() if isinstance(rows, list)}
    db.session.rollback()
    audit.note(
        audit.PERSON_EXPORTED,
        audited.actor(),
        organiser_id=scope.organiser_id(),
        about=about,
        once=False,
    )
    return Response(
        json.dumps(document, ensure_ascii=False, indent=2),
        mimetype="application/json",
        headers={"Content-Disposition": "attachment; filename=person.json"},
    )


@blueprint.post("/privacy/person/erase")
@needs("manager")
@fresh
def erase_person() -> ResponseReturnValue:
    form = ErasePersonForm()
    who = form.who.data or ""
    try:
        someone = _person(who)
        if form.validate_on_submit():
            done = asked.erase(
                someone,
                scope.organiser_id(),
                scope.acting(),
                audited.actor(),
                valid_too=bool(form.valid_too.data),
            )
            flash(_erased_in(done.orders), "success")
            return redirect(url_for(".person"), 303)
    except NobodyFound:
        return redirect(url_for(".person"), 303)
    except StillComing as coming:
        if coming.done.orders:
            flash(_erased_in(coming.done.orders), "warning")
        form.valid_too.errors = [_("Some of it is still needed. Tick this, or cancel these first.")]
    search = PersonForm(formdata=None, data={"who": who})
    return _page(search, _look(who), erase_form=form)


def _erased_in(orders: int) -> str:
    return str(
        ngettext(
            "Their details in one order were erased.",
            "Their details in %(num)d orders were erased.",
            orders,
        )
    )


@blueprint.route("/privacy/notice", methods=["GET", "POST"])
@needs("owner")
@fresh
def privacy_notice() -> ResponseReturnValue:
    organiser = scope.organiser()
    known = {"contact": organiser.privacy_contact, "notice": organiser.privacy_notice}
    form = NoticeForm(data=known)
    if form.validate_on_submit():
        try:
            notices.change(
                organiser.id, form.contact.data or "", form.notice.data or "", audited.actor()
            )
        except InvalidSettings as invalid:
            show(form, invalid.errors)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for(".privacy_notice"), 303)
    html = news.page("backoffice/people/privacy_notice.html", nav="privacy", form=form)
    return html, 422 if form.errors else 200


def _page(
    form: PersonForm, found: Found | None, erase_form: ErasePersonForm | None = None
) -> ResponseReturnValue:
    who = {"who": form.who.data or ""}
    html = news.page(
        "backoffice/people/person.html",
        nav="privacy",
        form=form,
        found=found,
        download_form=DownloadForm(formdata=None, data=who),
        erase_form=erase_form or ErasePersonForm(formdata=None, data=who),
    )
    return html, 422 if form.errors or (erase_form is not None and erase_form.errors) else 200


def _code_of(order_id: int | None) -> str:
    """The code of the order from whose page somebody comes: its booker is meant."""
    if order_id is None or not 0 < order_id <= scope.LARGEST_ID:
        return ""
    wanted = scope.select_orders().where(Order.id == order_id)
    order = db.session.scalar(wanted)
    return order.code if order else ""


def _look(who: str) -> Found:
    return asked.look(db.session(), _person(who), scope.organiser_id())


def _person(who: str) -> Person:
    regions = db.session.scalars(
        select(Event.country).where(Event.organiser_id == scope.organiser_id()).distinct()
    )
    return people.find(db.session(), who, scope.organiser_id(), sorted(regions))
