"""From the token in an address to what it opens."""

from flask import g, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ticketing import links
from ticketing.extensions import db
from ticketing.guards import share_counts
from ticketing.links import Kind, Link, LinkWithdrawn, UnknownLink
from ticketing.models import Event, Order, Shop, Ticket
from ticketing.ordering import orders
from ticketing.posting import outbox
from ticketing.storing import limits
from ticketing.web.around import protection


def order_of(token: str, *, asking: bool = False) -> tuple[Order, Link]:
    """The booker's order, everything an overview draws loaded; `asking`: the questions as well.

    Raises `UnknownLink`, `LinkWithdrawn`.
    """
    link = links.read(links.keys(), Kind.ORDER, token)
    order = db.session.scalar(
        select(Order)
        .where(Order.link_id == link.link_id)
        .options(*orders.with_tickets(), *(orders.with_questions() if asking else ()))
    )
    if order is None:
        raise UnknownLink
    _dress(order)
    if order.link_generation != link.generation:
        raise LinkWithdrawn
    return order, link


def order_version_of(token: str) -> tuple[int, int]:
    """(order's id, its version): all that is asked of an overview where nothing is new.

    Raises `UnknownLink`, `LinkWithdrawn`.
    """
    link = links.read(links.keys(), Kind.ORDER, token)
    found = db.session.execute(
        select(Order.id, Order.version, Order.link_generation).where(Order.link_id == link.link_id)
    ).one_or_none()
    if found is None:
        raise UnknownLink
    if found.link_generation != link.generation:
        raise LinkWithdrawn
    return found.id, found.version


def shared_ticket_of(token: str) -> tuple[Ticket, Link]:
    """The ticket that a visitor's link is for. Raises `UnknownLink`, `LinkWithdrawn`."""
    ticket, link = _ticket_of(Kind.SHARE, token)
    if not share_counts(ticket, link.generation):
        raise LinkWithdrawn
    return ticket, link


def ticket_of(token: str) -> tuple[Ticket, Link]:
    """The holder's ticket. Raises `UnknownLink`, `LinkWithdrawn`."""
    ticket, link = _ticket_of(Kind.TICKET, token)
    if ticket.link_generation != link.generation:
        raise LinkWithdrawn
    return ticket, link


def _ticket_of(kind: Kind, token: str) -> tuple[Ticket, Link]:
    link = links.read(links.keys(), kind, token)
    ticket = db.session.scalar(
        select(Ticket)
        .where(Ticket.link_id == link.link_id)
        .options(
            joinedload(Ticket.type),
            joinedload(Ticket.share),
            joinedload(Ticket.order).options(
                joinedload(Order.shop).options(
                    joinedload(Shop.event).selectinload(Event.questions),
                    joinedload(Shop.organiser),
                )
            ),
        )
    )
    if ticket is None:
        raise UnknownLink
    _dress(ticket.order)
    return ticket, link


def unsubscriber_of(token: str) -> tuple[Order, Link]:
    """The order whose booker wants no reminders. Raises `UnknownLink`, `LinkWithdrawn`."""
    link = links.read(links.keys(), Kind.UNSUBSCRIBE, token)
    order = db.session.scalar(
        select(Order)
        .where(Order.link_id == link.link_id)
        .options(joinedload(Order.shop).options(joinedload(Shop.event), joinedload(Shop.organiser)))
    )
    if order is None:
        raise UnknownLink
    _dress(order)
    if order.link_generation != link.generation:
        raise LinkWithdrawn
    return order, link


def asked_from() -> str:
    """A digest of the visitor's network address, for the limits on mails."""
    network = limits.network_of(request.remote_addr or "")
    return outbox.address_digest(links.keys().address, network)


def _dress(order: Order) -> None:
    """Whose page this is: the organiser's colour, the frames that may hold it, the desk."""
    g.shop = order.shop
    g.order_code = order.code
    g.order_locale = order.locale
    protection.may_be_framed_by(order.shop.embed_origins)
