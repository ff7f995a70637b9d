"""The page behind a shared link: a visitor fills in their details, once."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import HiddenField

from ticketing import guards, history, links, personalisation, repeats, sending, sharing
from ticketing.asking import fields
from ticketing.asking.fields import InvalidDetails
from ticketing.links import Link
from ticketing.models import OPEN, Ticket
from ticketing.refusals import AlreadyClaimed
from ticketing.web import by_link, errors
from ticketing.web.details_form import details_form, given_in, keys_of, show_errors
from ticketing.web.forms import sent_form
from ticketing.web.link_forms import LinkForm, whole_number

blueprint = Blueprint("visitor", __name__, url_prefix="/s/<token>")
suggestions = Blueprint("suggestions", __name__)


class VisitorForm(LinkForm):
    round = HiddenField()
    reference = HiddenField()


@blueprint.get("")
def page(token: str) -> ResponseReturnValue:
    ticket, link = by_link.shared_ticket_of(token)
    try:
        guards.check_open(ticket.order, ticket, link.generation)
    except AlreadyClaimed:
        return _spent(ticket, link), 410
    return _form_page(ticket, _form(ticket, link)), 200


@blueprint.post("")
def claim(token: str) -> ResponseReturnValue:
    ticket, link = by_link.shared_ticket_of(token)
    form = _form(ticket, link)
    try:
        if form.validate() and (claimed := _claimed(ticket, link, form)):
            return redirect(f"/t/{links.ticket_token(claimed)}", 303)
        # A form that can't succeed any more isn't handed back to be corrected.
        guards.check_open(ticket.order, ticket, link.generation)
    except AlreadyClaimed:
        return _spent(ticket, link), 409
    return _form_page(ticket, form), 422


def _claimed(ticket: Ticket, link: Link, form: Any) -> Ticket | None:
    """The ticket, now theirs; None if the form now shows what is wrong with the details."""
    try:
        return personalisation.claim(
            ticket,
            given_in(form),
            history.VISITOR,
            round=whole_number(form.round),
            share_generation=link.generation,
            locale=str(get_locale()),
            reference=form.reference.data or "",
        )
    except InvalidDetails as invalid:
        show_errors(form, invalid)
        return None


@blueprint.post("/opened")
def opened(token: str) -> ResponseReturnValue:
    """The live page says that a person sees it; a link-preview bot never gets here."""
    ticket, link = by_link.shared_ticket_of(token)
    if LinkForm(bound_to=link).validate():
        sharing.opened(ticket, link.generation)
    return "", 204


@blueprint.post("/mail")
def mail(token: str) -> ResponseReturnValue:
    """The ticket of a spent link, once more to the address on file, of which the page is silent."""
    ticket, link = by_link.shared_ticket_of(token)
    if not LinkForm(bound_to=link).validate():
        return _spent(ticket, link), 422
    ticket = sending.mail_ticket(
        ticket,
        replace(history.VISITOR, form=sent_form()),
        asked_from=by_link.asked_from(),
    )
    return _spent(ticket, link, mailed=True), 200


@suggestions.post("/email-suggestion")
def email_suggestion() -> ResponseReturnValue:
    """What somebody who typed "anna@gmial.con" may have meant; changes nothing, keeps nothing."""
    field = request.form.get("field", "email")
    return render_template(
        "email_suggestion.html",
        suggestion=fields.likely_email(request.form.get("email", "")),
        field=field if field.isidentifier() else "email",
    )


def _form(ticket: Ticket, link: Link) -> Any:
    asked = fields.asked_of(ticket.order.shop.event, ticket.type)
    made_with = {"round": ticket.round, "reference": repeats.new_reference()}
    form = details_form(asked, VisitorForm)(bound_to=link, data=made_with)
    if fields.ONE_NAME in form:
        form[fields.ONE_NAME].label.text = _("I have only one name")
    return form


def _form_page(ticket: Ticket, form: Any) -> str:
    return render_template(
        "visitor/form.html",
        ticket=ticket,
        shop=ticket.order.shop,
        order=ticket.order,
        form=form,
        here=request.path.removesuffix("/opened"),
        detail_keys=keys_of(form),
        email_hint=_("Your ticket is sent there."),
    )


def _spent(ticket: Ticket, link: Link, *, mailed: bool = False) -> str:
    g.order_code = ticket.order.code
    return render_template(
        "visitor/spent.html",
        shop=ticket.order.shop,
        order=ticket.order,
        form=LinkForm(bound_to=link),
        can_mail=ticket.state != OPEN and bool(ticket.email),
        mailed=mailed,
        typed=errors.typed(),
        here=request.path.removesuffix("/mail"),
    )
