"""What there is: the organiser's orders, page by page, and its shops with what they sell."""

from collections.abc import Sequence
from typing import Final

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from ticketing.api.access import READ, needs
from ticketing.api.answers import invalid
from ticketing.api.blueprint import blueprint
from ticketing.api.orders import json_of
from ticketing.api.present import order_listed, shop_out
from ticketing.api.shapes import parameters
from ticketing.api.shapes.orders import OrdersOut, ShopsOut
from ticketing.api.shapes.parameters import OrdersWanted
from ticketing.extensions import db
from ticketing.models import ApiKey, Event, Order, Shop, Ticket

_COUNTED: Final = ("open", "personalised", "checked_in", "cancelled")


@blueprint.get("/v1/orders")
@needs(READ)
def list_orders(key: ApiKey) -> ResponseReturnValue:
    """Those that changed longest ago stand first: one that changes meanwhile comes later again."""
    wanted = parameters.read(OrdersWanted)
    found = list(db.session.scalars(_selected(key, wanted).limit(wanted.limit + 1)))
    shown = found[: wanted.limit]
    counts = _counts([order.id for order in shown])
    following = None
    if len(found) > len(shown):
        following = parameters.cursor_after(shown[-1].updated_at, shown[-1].code)
    listed = [order_listed(order, counts[order.id]) for order in shown]
    return json_of(OrdersOut(orders=listed, next=following))


@blueprint.get("/v1/shops")
@needs(READ)
def list_shops(key: ApiKey) -> ResponseReturnValue:
    """The organiser's shops, archived ones last."""
    found = db.session.scalars(
        select(Shop)
        .where(Shop.organiser_id == key.organiser_id)
        .options(
            joinedload(Shop.event).selectinload(Event.ticket_types),
            joinedload(Shop.event).selectinload(Event.questions),
        )
        .order_by(Shop.archived_at.is_not(None), Shop.id)
    )
    return json_of(ShopsOut(shops=[shop_out(shop) for shop in found]))


def _selected(key: ApiKey, wanted: OrdersWanted) -> Select[Order]:
    orders = (
        select(Order)
        .join(Order.shop)
        .options(contains_eager(Order.shop))
        .where(Order.organiser_id == key.organiser_id)
        .order_by(Order.updated_at, Order.id)
    )
    if wanted.shop is not None:
        shop_id = db.session.scalar(
            select(Shop.id).where(Shop.slug == wanted.shop, Shop.organiser_id == key.organiser_id)
        )
        if shop_id is None:
            raise invalid({"shop": [_("There is no such shop.")]})
        orders = orders.where(Order.shop_id == shop_id)
    if wanted.reference is not None:
        orders = orders.where(Order.reference == wanted.reference)
    if wanted.state is not None:
        orders = orders.where(Order.state == wanted.state)
    if wanted.updated_since is not None:
        orders = orders.where(Order.updated_at >= wanted.updated_since)
    if wanted.after is not None:
        orders = _after(orders, key, wanted.after)
    return orders


def _after(orders: Select[Order], key: ApiKey, cursor: str) -> Select[Order]:
    """What follows the place of that order, wherever it has gone since."""
    moment, code = parameters.place_of(cursor)
    last = db.session.scalar(
        select(Order.id).where(Order.code == code, Order.organiser_id == key.organiser_id)
    )
    if last is None:
        raise invalid({"after": [_("Please use what the page before gave as next.")]})
    return orders.where(
        or_(Order.updated_at > moment, and_(Order.updated_at == moment, Order.id > last))
    )


def _counts(order_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """{order id: {state: how many tickets}}."""
    found = {order_id: dict.fromkeys(_COUNTED, 0) for order_id in order_ids}
    rows = db.session.execute(
        select(Ticket.order_id, Ticket.state, func.count())
        .where(Ticket.order_id.in_(order_ids))
        .group_by(Ticket.order_id, Ticket.state)
    )
    for order_id, state, number in rows:
        found[order_id][state] = number
    return found
