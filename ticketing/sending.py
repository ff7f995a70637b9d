"""Mails that somebody asks for once more; nothing else changes."""

import datetime as dt
from collections.abc import Mapping
from typing import Final

from sqlalchemy import func, select

from ticketing import history
from ticketing.asking import fields, names
from ticketing.asking.fields import Answer, InvalidDetails
from ticketing.feed import live
from ticketing.guards import locked
from ticketing.history import By
from ticketing.models import CANCELLED, OPEN, Order, OutboxMail, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import EditedMeanwhile, NotPersonalised, TicketCancelled, TooManyMails
from ticketing.storing.lately import within
from ticketing.storing.transactions import write

MAILS_PER_TICKET: Final = 3  # a day, asked for by whoever holds a link
CONTACT_ASKED: Final = [
    fields.Asked(fields.BY_KEY[key], required=key in {"first_name", "email"})
    for key in fields.OF_TICKET
]


def address_of(ticket: Ticket) -> str:
    """Where a ticket's mail goes: to its holder; the booker where no holder is asked for one.

    Empty where nobody gave an address that is asked for.
    """
    asked = ticket.type.needs_personal_data and (
        fields.need_of("email", ticket.order.shop.event, ticket.type) != "off"
    )
    return ticket.email if ticket.email or asked else ticket.order.email


def mail_ticket(ticket: Ticket, by: By, *, asked_from: str = "") -> Ticket:
    """Mail a ticket to its holder's address on file.

    An organiser may as often as they like. Raises `NotPersonalised` (also where no address is on
    file), `TicketCancelled`, `TooManyMails`.
    """
    ticket_id, order_id = ticket.id, ticket.order_id
    with write() as session:
        order = locked(session, order_id)
        ticket = next(each for each in order.tickets if each.id == ticket_id)
        if history.is_repeated(session, order, by):
            return ticket
        if ticket.state == CANCELLED:
            raise TicketCancelled
        recipient = address_of(ticket)
        if ticket.state == OPEN or not recipient:
            raise NotPersonalised
        if by.kind != "organiser":
            recent = session.scalar(
                select(func.count())
                .select_from(OutboxMail)
                .where(
                    OutboxMail.order_id == order.id,  # it has an index
                    OutboxMail.ticket_id == ticket.id,
                    OutboxMail.kind == outbox.TICKET,
                    OutboxMail.params["asked"].as_boolean(),
                    within(OutboxMail.created_at, dt.timedelta(days=1), now()),
                )
            )
            if (recent or 0) >= MAILS_PER_TICKET:
                raise TooManyMails
        outbox.enqueue(
            session,
            outbox.TICKET,
            order,
            recipient,
            ticket.locale,
            ticket=ticket,
            params={"asked": by.kind != "organiser"},
            asked_from=asked_from,
        )
        history.record(session, order, "ticket_resent", by, ticket=ticket, after={"to": recipient})
    return ticket


def resend_order(order: Order, by: By) -> Order:
    """Mail the same order to its contact again: link and all tickets that are ready.

    No new order, no change of status. Raises `TicketCancelled` for a cancelled order.
    """
    with write() as session:
        order = locked(session, order.id)
        if history.is_repeated(session, order, by):
            return order
        if order.state == "cancelled":
            raise TicketCancelled
        outbox.enqueue(session, outbox.TICKETS, order, order.email, order.locale)
        history.record(session, order, "order_resent", by, after={"to": order.email})
    return order


def edit_contact(order: Order, given: Mapping[str, Answer], by: By, *, revision: int) -> Order:
    """Change who the order belongs to: first_name, last_name, email, phone.

    With another address comes another link: the former one stops working, for whoever has it,
    and the new address gets a mail with the new one.

    Raises `InvalidDetails`, `EditedMeanwhile`.
    """
    cleaned = clean_contact(given, region=order.shop.event.country)
    with write() as session:
        order = locked(session, order.id)
        if history.is_repeated(session, order, by):
            return order
        if order.revision != revision:
            raise EditedMeanwhile
        before = {key: getattr(order, key) for key in cleaned}
        for key, value in cleaned.items():
            setattr(order, key, value)
        order.revision += 1
        readdressed = before["email"] != order.email and order.state != "cancelled"
        if readdressed:
            order.link_generation += 1
        history.record(session, order, "contact_edited", by, before=before, after=cleaned)
        if readdressed:
            outbox.enqueue(session, outbox.TICKETS, order, order.email, order.locale)
        live.touch(session, order, order.tickets)
    return order


def clean_contact(given: Mapping[str, Answer], *, region: str) -> dict[str, str]:
    """A booker's or contact's details: first name and email are needed.

    Raises `InvalidDetails`.
    """
    return fields.clean(CONTACT_ASKED, given, region=region)


def contact_name(order: Order) -> str:
    return names.full(order.first_name, order.last_name)


__all__ = ["InvalidDetails", "clean_contact", "contact_name", "edit_contact", "mail_ticket"]
