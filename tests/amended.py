"""Tickets as a shop tells them, and what an order shows of them."""

from ticketing.extensions import db
from ticketing.models import Order
from ticketing.ordering.arriving import NewTicket

ANNA = {"first_name": "Anna", "last_name": "Visser", "email": "anna@example.org"}
BOB = {"first_name": "Bob", "last_name": "de Boer", "email": "bob@example.org"}


def tickets(*numbers: str, **holders: dict[str, str]) -> list[NewTicket]:
    """Weekend tickets; "x:friday" is one of another type."""
    found = []
    for each in numbers:
        number, _colon, type_code = each.partition(":")
        found.append(NewTicket(type_code or "weekend", holders.get(number), number))
    return found


def shown(order: Order) -> list[tuple[int, str | None, str, str, str]]:
    db.session.expire_all()
    return [
        (each.position, each.external_id, each.type.code, each.state, each.first_name)
        for each in order.tickets
    ]
