"""The ticket page: what a holder shows at the door."""

import re

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing import barcodes, calendar, downloads, history, links, sending, tickets_pdf
from ticketing.downloads import Download
from ticketing.qr import qr_svg
from ticketing.refusals import FormExpired
from ticketing.status import status_of
from ticketing.web import by_link, send
from ticketing.web.link_forms import LinkForm

blueprint = Blueprint("holder", __name__, url_prefix="/t/<token>")

# Browsers inside other apps can't always save a file; people do better in their own.
# https://developers.facebook.com/docs/sharing/webmasters and the apps' own user agents.
_IN_APP = re.compile(r"FBAN|FBAV|Instagram|WhatsApp|Line/|Snapchat|TikTok|; wv\)", re.IGNORECASE)


@blueprint.get("")
def page(token: str) -> ResponseReturnValue:
    ticket, link = by_link.ticket_of(token)
    shop = ticket.order.shop
    download = downloads.download_of(ticket, shop)
    qr = None
    if download is Download.READY:
        qr = qr_svg(barcodes.text_of(ticket), title=_("QR code of the ticket"))
    return render_template(
        "holder/ticket.html",
        ticket=ticket,
        order=ticket.order,
        shop=shop,
        status=status_of(ticket, shop.event),
        download=download.value,
        qr=qr,
        form=LinkForm(bound_to=link),
        here=f"/t/{token}",
        address=links.ticket_url(ticket),
        in_app=bool(_IN_APP.search(request.headers.get("User-Agent", ""))),
        can_mail=download is Download.READY and bool(sending.address_of(ticket)),
        mailed="mailed" in request.args,
    )


@blueprint.get("/ticket.pdf")
def ticket_file(token: str) -> ResponseReturnValue:
    ticket, _link = by_link.ticket_of(token)
    downloads.require_download(ticket, ticket.order.shop)
    return send.pdf(lambda: tickets_pdf.pdf_of(ticket), "ticket.pdf")


@blueprint.get("/event.ics")
def event_file(token: str) -> ResponseReturnValue:
    ticket, _link = by_link.ticket_of(token)
    return send.calendar(calendar.ics_of(ticket.order.shop.event))


@blueprint.post("/mail")
def mail(token: str) -> ResponseReturnValue:
    """ "Email it to me": to the address on file."""
    ticket, link = by_link.ticket_of(token)
    if not LinkForm(bound_to=link).validate():
        raise FormExpired
    sending.mail_ticket(ticket, history.By("holder"), asked_from=by_link.asked_from())
    return redirect(f"/t/{token}?mailed=1", 303)
