"""A ticket's holder: from what somebody gives to what is stored, and back."""

from collections.abc import Mapping
from typing import Any

from ticketing.asking import fields
from ticketing.asking.fields import Answer, Asked
from ticketing.models import OPEN, Event, Ticket, TicketType

# Notes beside the answers, which are nobody's detail.
_NOTES = {fields.ONE_NAME}


def cleaned_details(ticket: Ticket, given: Mapping[str, Answer]) -> dict[str, Any]:
    """The details as they are stored; raises `InvalidDetails`. The order must be loaded."""
    return details_for(ticket.order.shop.event, ticket.type, given)


def details_for(
    event: Event, ticket_type: TicketType, given: Mapping[str, Answer]
) -> dict[str, Any]:
    """As `cleaned_details`, for a ticket that is still to be made."""
    return fields.clean(fields.asked_of(event, ticket_type), given, region=event.country)


def asked_to_edit(ticket: Ticket) -> list[Asked]:
    """What an organiser's form asks: a detail that the holder hasn't given yet may stay away.

    Who corrects a slip in a name needn't know the rest.
    """
    known = known_of(ticket)
    asked = fields.asked_of(ticket.order.shop.event, ticket.type, kept=known)
    return asked if ticket.state == OPEN else fields.without_lack(asked, known)


def known_of(ticket: Ticket) -> dict[str, Any]:
    """All that is stored of the holder, by field, with the note of who has only one name."""
    return {**{key: getattr(ticket, key) for key in fields.OF_TICKET}, **ticket.details}


def holder_of(ticket: Ticket) -> dict[str, Any]:
    """The holder's details as one flat dict, as the history keeps them."""
    return {key: value for key, value in known_of(ticket).items() if value and key not in _NOTES}


def as_columns(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details as a ticket's columns; of none at all, what an open ticket has in them.

    Whoever claimed with other details is told so if they send them again: see `repeats`.
    """
    columns: dict[str, Any] = {key: details.get(key, "") for key in fields.OF_TICKET}
    columns["claim_digest"] = None
    columns["details"] = {k: v for k, v in details.items() if k not in fields.OF_TICKET and v}
    return columns


def with_answers(ticket: Ticket, answers: Mapping[str, Any]) -> dict[str, Any]:
    """A ticket's columns with these answers in place; what isn't asked any more stays as it is."""
    known = known_of(ticket)
    if "last_name" in answers:
        known.pop(fields.ONE_NAME, None)
    return as_columns({**known, **answers})
