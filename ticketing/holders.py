"""A ticket's holder: from what somebody gives to what is stored, and back."""

from collections.abc import Mapping
from typing import Any

from ticketing import fields
from ticketing.models import Event, Ticket, TicketType


def cleaned_details(ticket: Ticket, given: Mapping[str, str]) -> dict[str, str]:
    """The details as they are stored; raises `InvalidDetails`. The order must be loaded."""
    return details_for(ticket.order.shop.event, ticket.type, given)


def details_for(event: Event, ticket_type: TicketType, given: Mapping[str, str]) -> dict[str, str]:
    """As `cleaned_details`, for a ticket that is still to be made."""
    return fields.clean(fields.asked_of(event, ticket_type), given, region=event.country)


def holder_of(ticket: Ticket) -> dict[str, str | int]:
    """The holder's details as one flat dict, as the history keeps them."""
    own = {key: getattr(ticket, key) for key in fields.OF_TICKET}
    return {key: value for key, value in {**own, **ticket.details}.items() if value}


def as_columns(details: Mapping[str, str]) -> dict[str, Any]:
    """Details as a ticket's columns; of none at all, what an open ticket has in them."""
    columns: dict[str, Any] = {key: details.get(key, "") for key in fields.OF_TICKET}
    columns["details"] = {k: v for k, v in details.items() if k not in fields.OF_TICKET and v}
    return columns
