"""The actions on one ticket of an order."""

from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing import cancelling, history, links, personalisation, sending
from ticketing.asking import fields, holders, missing
from ticketing.asking.fields import Answer, InvalidDetails
from ticketing.carried import admission, tickets_pdf
from ticketing.carried.downloads import Download, download_of
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import CANCELLED, OPEN, Ticket
from ticketing.refusals import EditedMeanwhile, NoDetailsNeeded, NotPersonalised, TicketCancelled
from ticketing.web import send
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import EditTicketForm, OnceForm, ReasonForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version, compare
from ticketing.web.backoffice.roles import needs
from ticketing.web.details_form import (
    details_form,
    given_in,
    keys_of,
    known_details,
    show_errors,
)


@blueprint.route("/tickets/<int:ticket_id>/edit", methods=["GET", "POST"])
def edit_ticket(ticket_id: int) -> ResponseReturnValue:
    ticket = _standing(ticket_id)
    if not ticket.type.needs_personal_data:
        raise NoDetailsNeeded
    asked = holders.asked_to_edit(ticket)
    form = details_form(asked, EditTicketForm)(data=_known(ticket))
    versions: list[Version] | None = None
    if form.validate_on_submit():
        given = given_in(form)
        new_barcode = _wants_new_barcode(form, ticket, given)
        mail = bool(form.mail_holder.data)
        by = scope.acting()
        try:
            ticket = personalisation.edit(
                ticket,
                given,
                by,
                revision=form.seen,
                new_barcode=new_barcode,
                mail_holder=mail,
            )
        except InvalidDetails as invalid:
            show_errors(form, invalid)
        except EditedMeanwhile:
            ticket = _standing(ticket_id)
            versions = compare(asked, personalisation.holder_of(ticket), given)
            form.revision.data = str(ticket.revision)
        else:
            renewed = _has_renewed_barcode(ticket, by) if by.form else new_barcode
            message = _saved(ticket, new_barcode=renewed, mailed=mail and bool(ticket.email))
            return news.done(ticket.order_id, message, tickets=[ticket_id])
    return news.dialog(
        "backoffice/orders/edit_ticket.html",
        status=409 if versions is not None else 200,
        order=ticket.order,
        ticket=ticket,
        form=form,
        versions=versions,
        detail_keys=keys_of(form),
    )


@blueprint.post("/tickets/<int:ticket_id>/resend")
def resend_ticket(ticket_id: int) -> ResponseReturnValue:
    ticket = scope.ticket_or_404(ticket_id)
    sending.mail_ticket(ticket, scope.acting())
    return news.done(
        ticket.order_id,
        _("Ticket %(n)s is on its way to its holder.", n=ticket.position),
        tickets=[ticket_id],
    )


@blueprint.post("/tickets/<int:ticket_id>/ask")
def ask_details(ticket_id: int) -> ResponseReturnValue:
    """*Send back to holder*: for what the ticket lacks."""
    ticket = _standing(ticket_id)
    recipient = missing.ask(ticket, scope.acting())
    message = _(
        "%(email)s is asked for what ticket %(n)s lacks.", email=recipient, n=ticket.position
    )
    return news.done(ticket.order_id, message, tickets=[ticket_id])


@blueprint.get("/tickets/<int:ticket_id>/link")
def ticket_link(ticket_id: int) -> ResponseReturnValue:
    """The holder's link, or while there is no holder the one with which to become it."""
    ticket = _standing(ticket_id)
    is_open = ticket.state == OPEN
    # Showing a share link stores nothing: it works until it is claimed or another one is shared.
    share_url = links.share_url(ticket, ticket.share_generation)
    url = share_url if is_open else links.ticket_url(ticket)
    return news.dialog(
        "backoffice/orders/ticket_link.html",
        order=ticket.order,
        ticket=ticket,
        url=url,
        is_open=is_open,
    )


@blueprint.get("/tickets/<int:ticket_id>/ticket.pdf")
def ticket_file(ticket_id: int) -> ResponseReturnValue:
    """The PDF; *Download order enabled* is about the booker and the holders, not about us."""
    ticket = _standing(ticket_id)
    if download_of(ticket, ticket.order.shop) is Download.NOT_PERSONALISED:
        raise NotPersonalised
    return send.pdf(lambda: tickets_pdf.pdf_of(ticket), f"ticket-{ticket.position}.pdf")


@blueprint.route("/tickets/<int:ticket_id>/barcode", methods=["GET", "POST"])
def new_barcode(ticket_id: int) -> ResponseReturnValue:
    ticket = _standing(ticket_id)
    if ticket.state == OPEN:
        raise NotPersonalised
    form = OnceForm()
    if form.validate_on_submit():
        admission.new_barcode(ticket, scope.acting())
        return news.done(
            ticket.order_id,
            _(
                "Ticket %(n)s has a new barcode. The old one is refused at the door.",
                n=ticket.position,
            ),
            tickets=[ticket_id],
        )
    return news.dialog(
        "backoffice/orders/new_barcode.html", order=ticket.order, ticket=ticket, form=form
    )


@blueprint.route("/tickets/<int:ticket_id>/cancel", methods=["GET", "POST"])
@needs("manager")
def cancel_ticket(ticket_id: int) -> ResponseReturnValue:
    form = ReasonForm()
    if form.validate_on_submit():
        ticket = scope.ticket_or_404(ticket_id)
        cancelling.cancel_ticket(ticket, scope.acting(), reason=form.reason.data or "")
        return news.done(
            ticket.order_id,
            _("Ticket %(n)s was cancelled.", n=ticket.position),
            tickets=[ticket_id],
        )
    ticket = _standing(ticket_id)
    return news.dialog(
        "backoffice/orders/cancel_ticket.html", order=ticket.order, ticket=ticket, form=form
    )


def _standing(ticket_id: int) -> Ticket:
    ticket = scope.ticket_or_404(ticket_id)
    if ticket.state == CANCELLED:
        raise TicketCancelled
    return ticket


def _known(ticket: Ticket) -> dict[str, Any]:
    return {
        **known_details(personalisation.holder_of(ticket)),
        "revision": ticket.revision,
        "new_barcode": "auto",
    }


def _wants_new_barcode(form: EditTicketForm, ticket: Ticket, given: dict[str, Answer]) -> bool:
    """As chosen, or by itself when the ticket goes to another address than before."""
    if form.new_barcode.data != "auto":
        return bool(form.new_barcode.data == "yes")
    if ticket.state == OPEN or "email" not in given:
        return False
    try:
        address = fields.clean_email(str(given["email"]).strip())
    except ValueError:
        address = ""  # none, or one that the rule refuses anyway
    return address.casefold() != ticket.email.casefold()


def _has_renewed_barcode(ticket: Ticket, by: By) -> bool:
    """Whether what this form did, now or when it came first, was to issue one."""
    entry = history.of_form(db.session(), ticket.order_id, by.form or "")
    return entry is not None and "barcode" in entry.after


def _saved(ticket: Ticket, *, new_barcode: bool, mailed: bool) -> str:
    said = [_("Ticket %(n)s was saved.", n=ticket.position)]
    if new_barcode:
        said.append(_("It has a new barcode; the old one is refused at the door."))
    if mailed:
        said.append(_("The holder gets a mail."))
    return " ".join(said)
