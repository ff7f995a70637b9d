"""All that is held of one person, in one document that a program can read.

The right of access and the right to portability (GDPR, articles 15 and 20). docs/privacy.md
describes the form. Of others in the same orders nothing stands in it.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from ticketing.asking.fields import OF_TICKET
from ticketing.asking.holders import holder_of
from ticketing.models import HistoryEntry, Order, OutboxMail, Share, SignIn, Ticket, User, now
from ticketing.ordering import orders
from ticketing.privacy.asked import holds
from ticketing.privacy.erasing import CONTACT, HOLDING, in_portions
from ticketing.privacy.people import Person, is_address, orders_of
from ticketing.privacy.stories import Story

FORM: Final = "passalong-person/1"
_ORDERS_AT_ONCE: Final = 50

Document = dict[str, Any]


def everything_about(session: Session, person: Person, organiser_id: int | None) -> Document:
    """What this organiser, or (None) the whole installation, holds of somebody."""
    found: Document = {
        "format": FORM,
        "made_at": _moment(now()),
        "about": {"email": person.email, "phone": person.phone},
        "orders": [],
        "tickets": [],
        "former_details": [],
        "shares": [],
        "mails": _mails(session, person, organiser_id),
    }
    for some in in_portions(orders_of(session, person, organiser_id), _ORDERS_AT_ONCE):
        wanted = select(Order).where(Order.id.in_(some)).order_by(Order.id)
        for order in session.scalars(wanted.options(*orders.with_tickets())):
            _add_order(session, found, order, person)
    if organiser_id is None and person.email:
        found["account"] = _account(session, person)
    return found


def _add_order(session: Session, found: Document, order: Order, person: Person) -> None:
    entries = session.scalars(
        select(HistoryEntry).where(HistoryEntry.order_id == order.id).order_by(HistoryEntry.id)
    ).all()
    where = {
        "organiser": order.shop.organiser.name,
        "event": order.shop.event.name,
        "order": order.code,
    }
    contact = {key: getattr(order, key) for key in OF_TICKET}
    if person.is_in(contact):
        found["orders"].append(
            {
                **where,
                "reference": order.reference,
                "shop": order.shop.name,
                "state": order.state,
                "language": order.locale,
                "placed_at": _moment(order.created_at),
                "no_reminders_since": _moment(order.reminders_off_at),
                "details": {key: value for key, value in contact.items() if value},
            }
        )
    changed = [entry for entry in entries if entry.action == CONTACT]
    found["former_details"] += _former(where, Story(contact, changed), person)
    for ticket in order.tickets:
        _add_ticket(session, found, {**where, "ticket": ticket.code}, ticket, person, entries)


def _add_ticket(
    session: Session,
    found: Document,
    where: Mapping[str, str],
    ticket: Ticket,
    person: Person,
    entries: Sequence[HistoryEntry],
) -> None:
    if holds(person, ticket):
        found["tickets"].append(
            {
                **where,
                "type": ticket.type.name,
                "state": ticket.state,
                "language": ticket.locale,
                "details": holder_of(ticket),
                "given_by": ticket.personalised_by,
                "given_at": _moment(ticket.personalised_at),
                "checked_in_at": _moment(ticket.checked_in_at),
                "cancelled_at": _moment(ticket.cancelled_at),
                "history": [
                    {"at": _moment(entry.at), "what": entry.action}
                    for entry in entries
                    if entry.ticket_id == ticket.id
                ],
            }
        )
    holding = [e for e in entries if e.ticket_id == ticket.id and e.action in HOLDING]
    found["former_details"] += _former(where, Story(holder_of(ticket), holding), person)
    shares = select(Share).where(Share.ticket_id == ticket.id, is_address(Share.recipient, person))
    if person.email:
        found["shares"] += [
            {
                **where,
                "channel": share.channel,
                "to": share.recipient,
                "shared_at": _moment(share.shared_at),
                "opened_at": _moment(share.opened_at),
                "ended_at": _moment(share.ended_at),
            }
            for share in session.scalars(shares.order_by(Share.id))
        ]


def _former(where: Mapping[str, str], story: Story, person: Person) -> list[Document]:
    """Details that were theirs and were changed since, with the moment in which they were."""
    return [
        {**where, "until": _moment(entry.at), "details": state}
        for state, mine, entry in zip(
            story.states, story.told_of(person), story.entries, strict=False
        )
        if mine
    ]


def _mails(session: Session, person: Person, organiser_id: int | None) -> list[Document]:
    if not person.email:
        return []
    wanted = select(OutboxMail).where(is_address(OutboxMail.recipient, person))
    if organiser_id is not None:
        wanted = wanted.where(OutboxMail.organiser_id == organiser_id)
    found = session.scalars(wanted.order_by(OutboxMail.id).options(joinedload(OutboxMail.order)))
    return [
        {
            "order": mail.order.code if mail.order else None,
            "kind": mail.kind,
            "to": mail.recipient,
            "language": mail.locale,
            "state": mail.state,
            "asked_for_at": _moment(mail.created_at),
            "sent_at": _moment(mail.sent_at),
        }
        for mail in found
    ]


def _account(session: Session, person: Person) -> Document | None:
    """Whoever works for an organiser has an account, which belongs to the installation."""
    user = session.scalar(select(User).where(is_address(User.email, person)))
    if user is None:
        return None
    sign_ins = session.scalars(select(SignIn).where(SignIn.user_id == user.id).order_by(SignIn.id))
    return {
        "email": user.email,
        "name": user.name,
        "language": user.locale,
        "active": user.active,
        "since": _moment(user.created_at),
        "signed_in_at": _moment(user.signed_in_at),
        "two_steps": user.totp_secret is not None,
        "browsers": [
            {"browser": each.browser, "last_used_at": _moment(each.last_used_at)}
            for each in sign_ins
        ],
    }


def _moment(at: dt.datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
