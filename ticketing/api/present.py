"""Orders and shops as the API shows them."""

from collections.abc import Mapping

from ticketing import links
from ticketing.api.shapes.orders import (
    AskedOut,
    BookerOut,
    EventOut,
    HolderOut,
    OrderListed,
    OrderOut,
    OrderPlaced,
    ShopOut,
    TicketOut,
    TicketPlaced,
    TypeOut,
)
from ticketing.asking.fields import OF_TICKET, asked_of
from ticketing.carried.downloads import Download, download_of
from ticketing.models import CHECKED_IN, PERSONALISED, Event, Order, Shop, Ticket, TicketType
from ticketing.personalisation import holder_of
from ticketing.status import status_of


def order_placed(order: Order) -> OrderPlaced:
    return OrderPlaced(
        code=order.code,
        reference=order.reference,
        overview_url=links.order_url(order),
        tickets=[
            TicketPlaced.model_validate(
                {
                    "id": ticket.code,
                    "type": ticket.type.code,
                    "state": ticket.state,
                    "external_id": ticket.external_id,
                }
            )
            for ticket in order.tickets
        ],
    )


def order_out(order: Order, *, with_links: bool) -> OrderOut:
    """`orders.with_tickets()` must be loaded. Links are for who may write: they let one act."""
    return OrderOut.model_validate(
        {
            "code": order.code,
            "reference": order.reference,
            "shop": order.shop.slug,
            "state": order.state,
            "locale": order.locale,
            "booker": _booker(order),
            "overview_url": links.order_url(order) if with_links else None,
            "created_at": order.created_at,
            "updated_at": order.updated_at,
            "cancelled_at": order.cancelled_at,
            "tickets": [_ticket(ticket, order, with_links=with_links) for ticket in order.tickets],
        }
    )


def order_listed(order: Order, counts: Mapping[str, int]) -> OrderListed:
    """`counts` is {state: how many tickets}; the shop must be loaded."""
    return OrderListed.model_validate(
        {
            "code": order.code,
            "reference": order.reference,
            "shop": order.shop.slug,
            "state": order.state,
            "booker": _booker(order),
            "created_at": order.created_at,
            "updated_at": order.updated_at,
            "cancelled_at": order.cancelled_at,
            "tickets": counts,
        }
    )


def shop_out(shop: Shop) -> ShopOut:
    """The event, its ticket types and questions must be loaded."""
    event = shop.event
    return ShopOut(
        slug=shop.slug,
        name=shop.name,
        archived=shop.archived_at is not None,
        languages=shop.languages,
        event=EventOut(
            name=event.name,
            place=event.place,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            timezone=event.timezone,
            currency=event.currency,
        ),
        ticket_types=[
            TypeOut(
                code=each.code,
                name=each.name,
                price=each.price,
                needs_personal_data=each.needs_personal_data,
                archived=each.archived_at is not None,
                asks=_asks(event, each),
            )
            for each in event.ticket_types
        ],
    )


def _asks(event: Event, ticket_type: TicketType) -> list[AskedOut]:
    if not ticket_type.needs_personal_data:
        return []
    return [
        AskedOut.model_validate(
            {
                "key": asked.field.key,
                "label": str(asked.field.label),
                "kind": asked.field.kind,
                "required": asked.required,
                "choices": [
                    {"key": key, "label": str(label)} for key, label in asked.field.choices
                ],
            }
        )
        for asked in asked_of(event, ticket_type)
        if asked.field.key != "email_check"  # for people: a program makes no slip of the finger
    ]


def _booker(order: Order) -> BookerOut:
    return BookerOut(
        first_name=order.first_name,
        last_name=order.last_name,
        email=order.email,
        phone=order.phone,
    )


def _ticket(ticket: Ticket, order: Order, *, with_links: bool) -> TicketOut:
    status = status_of(ticket, order.shop.event)
    has_page = ticket.state in {PERSONALISED, CHECKED_IN}
    return TicketOut.model_validate(
        {
            "id": ticket.code,
            "type": ticket.type.code,
            "state": ticket.state,
            "external_id": ticket.external_id,
            "status": status.kind,
            "status_text": status.text,
            "holder": _holder(ticket),
            "downloadable": download_of(ticket, order.shop) is Download.READY,
            "ticket_url": links.ticket_url(ticket) if has_page and with_links else None,
            "personalised_at": ticket.personalised_at,
            "checked_in_at": ticket.checked_in_at,
        }
    )


def _holder(ticket: Ticket) -> HolderOut | None:
    """Nobody is named on an open ticket, nor on one that asks for no details."""
    given = holder_of(ticket)
    if not given:
        return None
    own = {key: given.pop(key, "") for key in OF_TICKET}
    return HolderOut.model_validate({**own, "details": given})
