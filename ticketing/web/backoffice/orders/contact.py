"""An order's contact: shown on its page, edited in place."""

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing import sending
from ticketing.asking import fields
from ticketing.asking.fields import InvalidDetails
from ticketing.models import Order
from ticketing.refusals import EditedMeanwhile
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import ContactForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.versions import Version, compare
from ticketing.web.details_form import details_form, given_in, known_details, show_errors


@blueprint.get("/orders/<int:order_id>/contact")
def contact(order_id: int) -> ResponseReturnValue:
    """The contact as it is, for who leaves the form again."""
    order = scope.order_or_404(order_id)
    return news.page_or_block("backoffice/orders/contact.html", "contact", "contact", order=order)


@blueprint.route("/orders/<int:order_id>/contact/edit", methods=["GET", "POST"])
def edit_contact(order_id: int) -> ResponseReturnValue:
    order = scope.order_or_404(order_id)
    asked = sending.CONTACT_ASKED
    form = details_form(asked, ContactForm)(
        data={**known_details(_contact(order)), "revision": order.revision}
    )
    versions: list[Version] | None = None
    if form.validate_on_submit():
        try:
            sending.edit_contact(order, given_in(form), scope.acting(), revision=form.seen)
        except InvalidDetails as invalid:
            show_errors(form, invalid)
        except EditedMeanwhile:
            order = scope.order_or_404(order_id)
            versions = compare(asked, _contact(order), given_in(form))
            form.revision.data = str(order.revision)
        else:
            return news.done(order_id, _("The contact was saved."))
    html = news.page_or_block(
        "backoffice/orders/edit_contact.html",
        "contact",
        "contact",
        order=order,
        form=form,
        versions=versions,
        detail_keys=fields.OF_TICKET,
    )
    return html, 422 if form.errors else 200 if versions is None else 409


def _contact(order: Order) -> dict[str, str]:
    return {key: getattr(order, key) for key in fields.OF_TICKET}
