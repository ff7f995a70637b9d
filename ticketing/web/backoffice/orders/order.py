"""One order: its page, and the actions on all of it."""

import re

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from ticketing import cancelling, guards, personalisation, sending
from ticketing.asking import names
from ticketing.models import Order, Ticket
from ticketing.refusals import EditedMeanwhile, NothingToReopen, TicketCancelled
from ticketing.web.backoffice import news, scope
from ticketing.web.backoffice.forms import ReasonForm, ReopenForm
from ticketing.web.backoffice.guard import blueprint
from ticketing.web.backoffice.orders.order_view import view_of
from ticketing.web.backoffice.roles import needs


@blueprint.get("/orders/<int:order_id>", endpoint="order")
def order_page(order_id: int) -> ResponseReturnValue:
    view = view_of(scope.order_or_404(order_id))
    return news.page("backoffice/orders/order.html", view=view)


@blueprint.post("/orders/<int:order_id>/resend")
def resend_order(order_id: int) -> ResponseReturnValue:
    order = scope.order_or_404(order_id)
    sending.resend_order(order, scope.acting())
    return news.done(order_id, _("The order is on its way to %(email)s again.", email=order.email))


@blueprint.route("/orders/<int:order_id>/open-personalisation", methods=["GET", "POST"])
def reopen(order_id: int) -> ResponseReturnValue:
    """*Open Personalisation*: which tickets, and why."""
    order = scope.order_or_404(order_id)
    if not _reopenable(order):
        raise TicketCancelled if order.state == "cancelled" else NothingToReopen
    form = ReopenForm(data={"chosen": [_choice(t.id, t.revision) for t in _reopenable(order)]})
    seen = _parsed(form.chosen.data or [])
    if form.validate_on_submit():
        if not seen:
            form.chosen.errors = [_("Please choose at least one ticket.")]
        else:
            try:
                personalisation.reopen(order, seen, form.reason.data or "", scope.acting())
            except EditedMeanwhile:
                return _reopen_dialog(scope.order_or_404(order_id), form, seen, status=409)
            n = len(seen)
            message = ngettext(
                "One ticket is open again. The booker gets a mail.",
                "%(num)d tickets are open again. The booker gets a mail.",
                n,
            )
            return news.done(order_id, message, tickets=seen)
    return _reopen_dialog(order, form, seen)


@blueprint.route("/orders/<int:order_id>/cancel", methods=["GET", "POST"])
@needs("manager")
def cancel_order(order_id: int) -> ResponseReturnValue:
    order = scope.order_or_404(order_id)
    form = ReasonForm()
    if form.validate_on_submit():
        tickets = [ticket.id for ticket in order.tickets]
        cancelling.cancel_order(order, scope.acting(), reason=form.reason.data or "")
        return news.done(
            order_id,
            _("The order was cancelled. The booker gets a mail."),
            tickets=tickets,
        )
    return news.dialog("backoffice/orders/cancel_order.html", order=order, form=form)


def _reopen_dialog(
    order: Order, form: ReopenForm, seen: dict[int, int], *, status: int = 200
) -> ResponseReturnValue:
    """The names that will be cleared, as they are now; marked is what changed since it was seen."""
    choices = [
        {
            "value": _choice(ticket.id, ticket.revision),
            "ticket": ticket,
            "name": names.full(ticket.first_name, ticket.last_name),
            "ticked": ticket.id in seen,
            "changed": status == 409 and ticket.revision != seen.get(ticket.id, ticket.revision),
        }
        for ticket in _reopenable(order)
    ]
    return news.dialog(
        "backoffice/orders/reopen.html",
        status=status,
        order=order,
        form=form,
        choices=choices,
        late=guards.deadline_passed(order),
    )


def _reopenable(order: Order) -> list[Ticket]:
    if order.state == "cancelled":
        return []
    return [ticket for ticket in order.tickets if personalisation.can_reopen(ticket)]


def _choice(ticket_id: int, revision: int) -> str:
    return f"{ticket_id}:{revision}"


def _parsed(chosen: list[str]) -> dict[int, int]:
    """{ticket id: revision seen} of what was ticked; anything else is left out."""
    found = [re.fullmatch(r"([0-9]{1,18}):([0-9]{1,9})", value) for value in chosen]
    return {int(match[1]): int(match[2]) for match in found if match}
