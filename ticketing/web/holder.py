"""The ticket page: what a holder shows at the door."""

import datetime as dt
import re
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import HiddenField

from ticketing import guards, history, links, personalisation, sending
from ticketing.asking import fields, missing
from ticketing.asking.fields import InvalidDetails
from ticketing.carried import barcodes, calendar, downloads, tickets_pdf
from ticketing.carried.downloads import Download
from ticketing.carried.qr import qr_svg
from ticketing.links import Link
from ticketing.models import Ticket, now
from ticketing.privacy import endings
from ticketing.refusals import DeadlinePassed, FormExpired
from ticketing.status import status_of
from ticketing.wallet import offers
from ticketing.wallet.google_link import GOOGLE
from ticketing.web import browsers, by_link, made_pdfs, send
from ticketing.web.around import protection
from ticketing.web.details_form import details_form, given_in, keys_of, show_errors
from ticketing.web.forms import sent_form
from ticketing.web.link_forms import LinkForm, whole_number
from ticketing.words import languages

blueprint = Blueprint("holder", __name__, url_prefix="/t/<token>")

# Where a wallet of its own is at hand; elsewhere people may have either in their pocket.
_APPLE_ONLY = re.compile(r"iPhone|iPad|iPod")
_GOOGLE_ONLY = re.compile(r"Android")
# A browser's copy goes so long after the event: no later than any organiser has details erased.
_KEPT_AFTER: Final = dt.timedelta(days=min(endings.CHOICES))


class CompleteForm(LinkForm):
    revision = HiddenField()


@blueprint.get("")
def page(token: str) -> ResponseReturnValue:
    ticket, link = by_link.ticket_of(token)
    return _page(token, ticket, link, _completing(ticket, link))


@blueprint.post("/details")
def complete(token: str) -> ResponseReturnValue:
    """What the organiser asks for by now, and the ticket lacks; the rest can't be changed here."""
    ticket, link = by_link.ticket_of(token)
    form = _completing(ticket, link)
    if form is None:
        if not LinkForm(bound_to=link).validate():
            raise FormExpired
        guards.check_stands(ticket.order, ticket)
        if missing.missing_in(ticket):
            raise DeadlinePassed
        return redirect(f"/t/{token}", 303)  # it was sent before: there is nothing left to say
    if form.validate():
        try:
            personalisation.complete(
                ticket, given_in(form), history.By("holder"), revision=whole_number(form.revision)
            )
        except InvalidDetails as invalid:
            show_errors(form, invalid)
        else:
            return redirect(f"/t/{token}?completed=1", 303)
    return _page(token, ticket, link, form), 422


def _completing(ticket: Ticket, link: Link) -> Any:
    """The form for what the ticket lacks; None if that is nothing, or can't be given any more."""
    asked = missing.missing_in(ticket)
    if not asked:
        return None
    form = details_form(asked, CompleteForm)(bound_to=link, data={"revision": ticket.revision})
    if guards.deadline_passed(ticket.order):
        return None  # a refusal shows what was typed, by the form that was made
    if fields.ONE_NAME in form:
        form[fields.ONE_NAME].label.text = _("I have only one name")
    return form


def _page(token: str, ticket: Ticket, link: Link, completing: Any) -> str:
    shop = ticket.order.shop
    download = downloads.download_of(ticket, shop)
    qr = None
    if download is Download.READY:
        tickets_pdf.expect()
        qr = qr_svg(barcodes.text_of(ticket), title=_("QR code of the ticket"))
    wallets = _wallets(ticket) if download is Download.READY else ()
    if "google" in wallets:
        protection.may_send_forms_to(GOOGLE)
    return render_template(
        "holder/ticket.html",
        ticket=ticket,
        order=ticket.order,
        shop=shop,
        status=status_of(ticket, shop.event),
        download=download.value,
        qr=qr,
        wallets=wallets,
        form=LinkForm(bound_to=link),
        here=f"/t/{token}",
        address=links.ticket_url(ticket),
        as_of=now(),
        copy_until=endings.end_of(shop.event) + _KEPT_AFTER,
        in_app=browsers.is_inside_app(request.headers.get("User-Agent", "")),
        can_mail=download is Download.READY
        and bool(ticket.email or not ticket.type.needs_personal_data),
        mailed="mailed" in request.args,
        completed="completed" in request.args and completing is None,
        completing=completing,
        too_late=completing is None and bool(missing.missing_in(ticket)),
        detail_keys=keys_of(completing) if completing is not None else (),
        email_hint=_("Your ticket can be sent there."),
    )


@blueprint.get("/ticket.pdf")
def ticket_file(token: str) -> ResponseReturnValue:
    return send.pdf(lambda: made_pdfs.of_link(token), "ticket.pdf")


@blueprint.get("/event.ics")
def event_file(token: str) -> ResponseReturnValue:
    ticket, _link = by_link.ticket_of(token)
    return send.calendar(calendar.ics_of(ticket.order.shop.event))


@blueprint.get("/wallet.pkpass")
def apple_pass(token: str) -> ResponseReturnValue:
    ticket, _link = by_link.ticket_of(token)
    downloads.require_download(ticket, ticket.order.shop)
    account = offers.offers_of(ticket.order.organiser_id).apple
    return send.apple_pass(offers.pkpass(ticket, account, languages.known(ticket.locale)))


@blueprint.post("/google-wallet")
def google_wallet(token: str) -> ResponseReturnValue:
    """On to Google, with the ticket in the address: it stands in no page and no log of ours."""
    ticket, link = by_link.ticket_of(token)
    if not LinkForm(bound_to=link).validate():
        raise FormExpired
    downloads.require_download(ticket, ticket.order.shop)
    account = offers.offers_of(ticket.order.organiser_id).google
    return redirect(offers.save_url(ticket, account, languages.known(ticket.locale)), 303)


@blueprint.post("/mail")
def mail(token: str) -> ResponseReturnValue:
    """ "Email it to me": to the address on file."""
    ticket, link = by_link.ticket_of(token)
    if not LinkForm(bound_to=link).validate():
        raise FormExpired
    sending.mail_ticket(
        ticket, history.By("holder", form=sent_form()), asked_from=by_link.asked_from()
    )
    return redirect(f"/t/{token}?mailed=1", 303)


def _wallets(ticket: Ticket) -> tuple[str, ...]:
    """Which wallets this ticket can be added to, of those that the device may have."""
    offered = offers.offers_for(ticket)
    device = request.headers.get("User-Agent", "")
    apple = offered.apple is not None and not _GOOGLE_ONLY.search(device)
    google = offered.google is not None and not _APPLE_ONLY.search(device)
    return (("apple",) if apple else ()) + (("google",) if google else ())
