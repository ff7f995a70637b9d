"""The one place where the backoffice reads: whatever it finds is the signed-in organiser's own.

A row of another organiser is answered like one that doesn't exist.
"""

from typing import Final

from flask import abort, g, request
from flask_security import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload
from werkzeug.exceptions import Forbidden

from ticketing import orders
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import Event, Membership, Order, OutboxMail, Shop, Ticket, User
from ticketing.web.backoffice import roles

LARGEST_ID: Final = 2**63 - 1


class WorksForNobody(Forbidden):
    """The account belongs to no organiser's team."""


def cursor(name: str) -> int | None:
    """The id in the address from which a list goes on; None for none, or for no id."""
    number = request.args.get(name, type=int)
    return number if number is not None and 0 <= number <= LARGEST_ID else None


def user() -> User:
    return current_user._get_current_object()


def membership() -> Membership | None:
    """The signed-in user's place: the first organiser they work for."""
    if "membership" not in g:
        g.membership = db.session.scalar(
            select(Membership)
            .where(Membership.user_id == user().id)
            .order_by(Membership.id)
            .options(joinedload(Membership.organiser))
            .limit(1)
        )
    return g.membership


def organiser_id() -> int:
    found = membership()
    if found is None:
        raise WorksForNobody
    return found.organiser_id


def may(role: str) -> bool:
    """Whether the signed-in user's role reaches this one."""
    found = membership()
    return found is not None and roles.reaches(found.role, role)


def acting() -> By:
    """Who acts, as the history keeps it."""
    who = user()
    return By("organiser", who.name or who.email, who.id)


def select_orders() -> Select[Order]:
    return select(Order).where(Order.organiser_id == organiser_id())


def select_events() -> Select[Event]:
    return select(Event).where(Event.organiser_id == organiser_id())


def select_shops() -> Select[Shop]:
    return select(Shop).where(Shop.organiser_id == organiser_id())


def select_mails() -> Select[OutboxMail]:
    return select(OutboxMail).where(OutboxMail.organiser_id == organiser_id())


def order_or_404(order_id: int) -> Order:
    """An order with everything that its page draws."""
    found = db.session.scalar(
        select_orders().where(Order.id == order_id).options(*orders.with_tickets())
    )
    if found is None:
        abort(404)
    g.order = found
    return found


def ticket_or_404(ticket_id: int) -> Ticket:
    """A ticket with its order, and everything that the order's page draws."""
    order = db.session.scalar(
        select_orders()
        .where(Order.id == select(Ticket.order_id).where(Ticket.id == ticket_id).scalar_subquery())
        .options(*orders.with_tickets())
    )
    if order is None:
        abort(404)
    g.order = order
    return next(ticket for ticket in order.tickets if ticket.id == ticket_id)


def shop_or_404(shop_id: int) -> Shop:
    found = db.session.scalar(
        select_shops().where(Shop.id == shop_id).options(joinedload(Shop.event))
    )
    return found or abort(404)


def event_or_404(event_id: int) -> Event:
    found = db.session.scalar(select_events().where(Event.id == event_id))
    return found or abort(404)


def mail_or_404(mail_id: int) -> OutboxMail:
    found = db.session.scalar(
        select_mails()
        .where(OutboxMail.id == mail_id)
        .options(
            joinedload(OutboxMail.ticket),
            joinedload(OutboxMail.order).joinedload(Order.shop).joinedload(Shop.event),
        )
    )
    return found or abort(404)
