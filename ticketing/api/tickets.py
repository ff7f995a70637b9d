"""An order changes: tickets are added, or single ones cancelled."""

from contextlib import suppress

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ticketing import cancelling
from ticketing.api import bodies, wanted
from ticketing.api.access import WRITE, needs
from ticketing.api.answers import REQUEST, ApiError, invalid, not_found
from ticketing.api.blueprint import blueprint
from ticketing.api.orders import by, json_of, order_of
from ticketing.api.present import order_out
from ticketing.api.shapes.orders import CancelIn
from ticketing.api.shapes.tickets import AddedIn, AddIn
from ticketing.models import ApiKey
from ticketing.ordering import amending, orders
from ticketing.refusals import OrderCancelled, ShopArchived, TicketCancelled


@blueprint.post("/v1/orders/<code>/tickets")
@needs(WRITE)
def add(key: ApiKey, code: str) -> ResponseReturnValue:
    """201 if something was added, 200 if the order had all of it, 409 if that can't be."""
    order = order_of(key, code)
    sent = bodies.read(AddIn)
    event = order.shop.event
    if errors := wanted.unfit(sent.tickets, event):
        raise invalid({**wanted.unfit_holders(sent.tickets, event), **errors})
    try:
        amended = amending.add_tickets(
            order, wanted.wanted_of(sent.tickets), by(key), mail_holders=sent.mail_holders
        )
    except OrderCancelled:
        text = _("This order was cancelled and takes no more tickets.")
        raise ApiError(409, {REQUEST: [text]}) from None
    except ShopArchived:
        raise ApiError(409, {REQUEST: [_("This shop is archived and sells no more.")]}) from None
    except amending.OtherTicket as other:
        raise ApiError(409, _taken(sent.tickets, other.external_id)) from None
    except orders.UnknownTicketType as unknown:
        raise invalid(wanted.unknown_types(sent.tickets, str(unknown))) from None
    except orders.BadQuantity:
        raise invalid(wanted.too_many()) from None
    except orders.InvalidTickets as wrong:
        raise invalid(wanted.errors_of(sent.tickets, wrong.errors)) from None
    answer = json_of(order_out(order_of(key, code), with_links=True))
    return answer, 201 if amended.added else 200


@blueprint.post("/v1/orders/<code>/tickets/<ticket>/cancel")
@needs(WRITE)
def cancel_ticket(key: ApiKey, code: str, ticket: str) -> ResponseReturnValue:
    """The order with this ticket cancelled; once more changes nothing."""
    order = order_of(key, code)
    found = next((each for each in order.tickets if each.code == ticket), None)
    if found is None:
        raise not_found()
    sent = bodies.read(CancelIn, may_be_empty=True)
    with suppress(TicketCancelled):  # then it is what was asked for
        cancelling.cancel_ticket(found, by(key), reason=sent.reason)
    return json_of(order_out(order_of(key, code), with_links=True))


def _taken(lines: list[AddedIn], external_id: str) -> wanted.Errors:
    place = next(n for n, line in enumerate(lines) if line.external_id == external_id)
    text = _("This order has a ticket of another type under this number.")
    return {f"tickets.{place}.external_id": [text]}
