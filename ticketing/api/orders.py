"""Orders: place one, look one up, cancel one."""

from typing import Any, Final

from flask import g, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from ticketing import cancelling, history, sending
from ticketing.api import bodies, wanted
from ticketing.api.access import READ, WRITE, needs
from ticketing.api.answers import ApiError, invalid, not_found
from ticketing.api.blueprint import blueprint
from ticketing.api.present import order_out, order_placed
from ticketing.api.shapes.orders import CODE, CancelIn, OrderIn
from ticketing.asking.fields import InvalidDetails
from ticketing.extensions import db
from ticketing.models import ApiKey, Event, Order, Shop
from ticketing.ordering import orders
from ticketing.ordering.orders import Booker
from ticketing.words import languages


@blueprint.post("/v1/orders")
@needs(WRITE)
def place(key: ApiKey) -> ResponseReturnValue:
    """201 for a new order, 200 for the same once more, 409 for another under its reference."""
    sent = bodies.read(OrderIn)
    shop = _shop(key, sent)
    booker = _checked(sent, shop)
    try:
        order, new = orders.place(
            shop.id,
            sent.reference,
            booker,
            wanted.wanted_of(sent.tickets),
            locale=languages.best(sent.locale or "", shop.languages),
            by=by(key),
            mail_holders=sent.mail_holders,
        )
    except orders.ReferenceTaken as taken:
        text = _("Order %(code)s has this reference and another content.", code=taken.code)
        raise ApiError(409, {"reference": [text]}) from None
    except orders.UnknownTicketType as unknown:
        raise invalid(wanted.unknown_types(sent.tickets, str(unknown))) from None
    except orders.BadQuantity:
        raise invalid(wanted.too_many()) from None
    except orders.InvalidTickets as wrong:
        raise invalid(wanted.errors_of(sent.tickets, wrong.errors)) from None
    answer = json_of(order_placed(order))
    location = url_for("api.look_up", code=order.code)
    return answer, 201 if new else 200, {"Location": location}


@blueprint.get("/v1/orders/<code>")
@needs(READ)
def look_up(key: ApiKey, code: str) -> ResponseReturnValue:
    """The order with each ticket's state and holder."""
    return json_of(order_out(order_of(key, code), with_links=WRITE in key.scopes))


@blueprint.post("/v1/orders/<code>/cancel")
@needs(WRITE)
def cancel(key: ApiKey, code: str) -> ResponseReturnValue:
    """The order, cancelled with all its tickets; once more changes nothing."""
    order = order_of(key, code)
    sent = bodies.read(CancelIn, may_be_empty=True)
    cancelling.cancel_order(order, by(key), reason=sent.reason)
    return json_of(order_out(order_of(key, code), with_links=True))


def json_of(model: Any) -> dict[str, Any]:
    found: dict[str, Any] = model.model_dump(mode="json")
    return found


def by(key: ApiKey) -> history.By:
    return history.By("shop", key.name)


def order_of(key: ApiKey, code: str) -> Order:
    """The organiser's order; another organiser's is answered as one that isn't there."""
    order = CODE.fullmatch(code) and db.session.scalar(
        select(Order)
        .where(Order.code == code, Order.organiser_id == key.organiser_id)
        .options(*orders.with_tickets())
    )
    if not order:
        raise not_found()
    g.looked_at = order.id
    return order


# Made once: to put them together takes as long as to have them answered.
_SHOP: Final = (
    select(Shop)
    .where(Shop.slug == bindparam("slug"), Shop.organiser_id == bindparam("organiser_id"))
    .options(joinedload(Shop.event).joinedload(Event.ticket_types))
)
_SHOP_ASKING: Final = _SHOP.options(joinedload(Shop.event).selectinload(Event.questions))


def _shop(key: ApiKey, sent: OrderIn) -> Shop:
    """The organiser's shop. An archived one sells nothing new, but knows what it has sold."""
    wanted = _SHOP_ASKING if any(line.holder for line in sent.tickets) else _SHOP
    given = {"slug": sent.shop, "organiser_id": key.organiser_id}
    shop = db.session.scalars(wanted, given).unique().one_or_none()
    if shop is None:
        raise invalid({"shop": [_("There is no such shop.")]})
    if shop.archived_at is not None and not db.session.scalar(
        select(Order.id).where(Order.shop_id == shop.id, Order.reference == sent.reference)
    ):
        raise invalid({"shop": [_("This shop is archived and takes no new orders.")]})
    return shop


def _checked(sent: OrderIn, shop: Shop) -> Booker:
    """The booker's details as they are stored, if all that depends on the shop is right as well."""
    errors = wanted.unfit(sent.tickets, shop.event)
    if sum(line.quantity for line in sent.tickets) > orders.MAX_TICKETS:
        errors |= wanted.too_many()
    booker = None
    try:
        given = sent.booker.model_dump()
        booker = Booker(**sending.clean_contact(given, region=shop.event.country))
    except InvalidDetails as details:
        errors |= {f"booker.{key}": [text] for key, text in details.errors.items()}
    if booker is None or errors:
        raise invalid({**wanted.unfit_holders(sent.tickets, shop.event), **errors})
    return booker
