"""*Share*: the dialog with every channel, what was tapped in it, and *Recall*."""

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import EmailField, HiddenField, TelField

from ticketing import guards, history, links, sharing, whatsapp
from ticketing.asking import fields
from ticketing.asking.fields import InvalidDetails
from ticketing.carried.qr import qr_svg
from ticketing.links import Link
from ticketing.models import Order, Ticket
from ticketing.refusals import FormExpired
from ticketing.web import by_link
from ticketing.web.booker import parts
from ticketing.web.booker.parts import blueprint
from ticketing.web.details_form import Wanted, show_errors
from ticketing.web.link_forms import LinkForm, whole_number
from ticketing.words import localtime


class ShareForm(LinkForm):
    generation = HiddenField()
    recipient = EmailField(
        fields.BY_KEY["email"].label,
        [Wanted()],
        render_kw={"autocomplete": "off", "inputmode": "email"},
    )
    phone = TelField(
        fields.BY_KEY["phone"].label,
        [Wanted()],
        render_kw={"autocomplete": "off", "inputmode": "tel"},
    )


@blueprint.get("/tickets/<int:position>/share")
def share(token: str, position: int) -> ResponseReturnValue:
    order, link = by_link.order_of(token)
    ticket = parts.ticket_at(order, position)
    guards.check_open(order, ticket, None)
    form = ShareForm(
        bound_to=link, formdata=None, data={"generation": sharing.next_generation(ticket)}
    )
    return _share_dialog(order, link, token, ticket, form)


@blueprint.post("/tickets/<int:position>/share")
def record_share(token: str, position: int) -> ResponseReturnValue:
    """A channel was tapped: the share is waiting from now on."""
    order, link = by_link.order_of(token)
    ticket = parts.ticket_at(order, position)
    form = ShareForm(bound_to=link)
    channel = request.form.get("channel", "")
    if not form.validate() or channel not in sharing.CHANNELS:
        return _share_dialog(order, link, token, ticket, form)
    sharing.share(ticket, channel, whole_number(form.generation), history.booker(order))
    return parts.done(token, position)


@blueprint.post("/tickets/<int:position>/share/email")
def share_by_email(token: str, position: int) -> ResponseReturnValue:
    order, link = by_link.order_of(token)
    ticket = parts.ticket_at(order, position)
    form = ShareForm(bound_to=link)
    if form.validate():
        try:
            sharing.share_by_email(
                ticket,
                whole_number(form.generation),
                form.recipient.data or "",
                history.booker(order),
                locale=order.locale,
                asked_from=by_link.asked_from(),
            )
        except InvalidDetails as invalid:
            show_errors(form, invalid)
        else:
            return parts.done(token, position)
    return _share_dialog(order, link, token, ticket, form)


@blueprint.post("/tickets/<int:position>/share/whatsapp")
def whatsapp_to_number(token: str, position: int) -> ResponseReturnValue:
    """The dialog with its WhatsApp link for the number typed; nothing is shared by this yet."""
    order, link = by_link.order_of(token)
    ticket = parts.ticket_at(order, position)
    guards.check_open(order, ticket, None)
    form = ShareForm(bound_to=link)
    phone = None
    if form.validate():
        try:
            phone = fields.clean_phone(form.phone.data or "", order.shop.event.country)
        except ValueError as error:
            form.phone.errors = [str(error)]
    return _share_dialog(order, link, token, ticket, form, phone=phone)


@blueprint.post("/tickets/<int:position>/recall")
def recall(token: str, position: int) -> ResponseReturnValue:
    order, link = by_link.order_of(token)
    ticket = parts.ticket_at(order, position)
    form = ShareForm(bound_to=link)
    if not form.validate():
        raise FormExpired
    sharing.recall(ticket, history.booker(order), generation=whole_number(form.generation))
    return parts.done(token, position)


def _share_dialog(
    order: Order,
    link: Link,
    token: str,
    ticket: Ticket,
    form: ShareForm,
    *,
    phone: str | None = None,
) -> ResponseReturnValue:
    generation = whole_number(form.generation)
    if not guards.share_counts(ticket, generation):
        # A link of a generation still to come would outlive a recall and a reopen.
        generation = sharing.next_generation(ticket)
    form.generation.data = str(generation)
    url = links.share_url(ticket, generation)
    text = _share_text(order)
    return parts.dialog(
        "booker/share.html",
        order,
        link,
        token,
        ticket,
        form=form,
        url=url,
        message_text=text,
        whatsapp_url=whatsapp.message(f"{text}\n{url}", phone=phone),
        qr=qr_svg(url, title=_("QR code of the link to ticket %(n)s", n=ticket.position)),
    )


def _share_text(order: Order) -> str:
    """What goes with a link; the link itself stands alone on the last line."""
    event = order.shop.event
    return _(
        "%(name)s has a ticket for you: %(event)s, %(day)s. Fill in your details here to get it:",
        name=order.first_name,
        event=event.name,
        day=localtime.event_day(event),
    )
