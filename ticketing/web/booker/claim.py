"""*Claim*: the booker personalises a ticket, their own or somebody else's."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from ticketing import guards, history, personalisation, repeats
from ticketing.asking import fields
from ticketing.asking.fields import InvalidDetails
from ticketing.models import Order
from ticketing.web import by_link
from ticketing.web.booker import parts
from ticketing.web.booker.parts import blueprint
from ticketing.web.details_form import (
    details_form,
    given_in,
    keys_of,
    known_details,
    show_errors,
)
from ticketing.web.link_forms import LinkForm, whole_number


class ClaimForm(LinkForm):
    round = HiddenField()
    reference = HiddenField()


@blueprint.route("/tickets/<int:position>/claim", methods=["GET", "POST"])
def claim(token: str, position: int) -> ResponseReturnValue:
    order, link = by_link.order_of(token, asking=True)
    ticket = parts.ticket_at(order, position)
    if request.method == "GET":
        guards.check_open(order, ticket, None)
    for_other = request.args.get("for", "other" if _has_claimed(order) else "me") == "other"
    asked = fields.asked_of(order.shop.event, ticket.type)
    form = details_form(asked, ClaimForm)(
        bound_to=link,
        data={
            **_booker_details(order, for_other=for_other),
            "round": ticket.round,
            "reference": repeats.new_reference(),
        },
    )
    if form.is_submitted() and form.validate():
        try:
            personalisation.claim(
                ticket,
                given_in(form),
                history.booker(order),
                round=whole_number(form.round),
                locale=order.locale,
                reference=form.reference.data or "",
            )
        except InvalidDetails as invalid:
            show_errors(form, invalid)
        else:
            return parts.done(token, position)
    return parts.dialog(
        "booker/claim.html",
        order,
        link,
        token,
        ticket,
        form=form,
        for_other=for_other,
        detail_keys=keys_of(form),
    )


def _booker_details(order: Order, *, for_other: bool) -> dict[str, Any]:
    """What a claim form begins with: the booker's own details, or for a child just the address."""
    if for_other:
        return {"email": order.email}
    return known_details({key: getattr(order, key) for key in fields.OF_TICKET})


def _has_claimed(order: Order) -> bool:
    """Whether one of the tickets is in the booker's own name already."""
    return any(
        ticket.first_name == order.first_name and ticket.last_name == order.last_name
        for ticket in order.tickets
    )
