"""A restored backup brings back whom we have forgotten: they are erased once more.

What is kept of somebody for that, outside the database, is a keyed digest of their address or
number. Whoever has the key and the address can tell that they were erased; nobody can read who was.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking.names import ERASED
from ticketing.extensions import db
from ticketing.members.audit import PASSALONG
from ticketing.models import Event, HistoryEntry, Order, OutboxMail, Share, Ticket
from ticketing.privacy import asked, retention
from ticketing.privacy.people import Person, digest_of
from ticketing.vault.revocations import Subject, replays


@replays(asked.NOTED)
def erase_person(subject: Subject, facts: dict[str, Any]) -> None:
    """Forget whoever has this digest; nothing where the database doesn't know them."""
    organiser_id: int | None = facts["organiser"]
    everybody = {digest_of(each, organiser_id): each for each in _people(db.session())}
    if str(subject) in everybody:
        person = everybody[str(subject)]
        asked.erase(person, organiser_id, history.SYSTEM, PASSALONG, valid_too=True)


@replays(retention.NOTED)
def erase_event(subject: Subject, facts: dict[str, Any]) -> None:
    """Erase everybody in an event, unless a database that is older than it has another one."""
    if _is_the_same(event_id := int(subject), facts):
        retention.erase_event(event_id, history.SYSTEM, PASSALONG, may=lambda _event: True)


@replays(retention.NOTED_FILES)
def drop_files(subject: Subject, facts: dict[str, Any]) -> None:
    """Drop files that were waiting when others of the event were dropped."""
    if _is_the_same(event_id := int(subject), facts):
        until = dt.datetime.fromisoformat(facts["at"])
        retention.drop_files(event_id, lambda _event: True, until=until)


@replays(retention.NOTED_ORDERS)
def erase_orders(subject: Subject, facts: dict[str, Any]) -> None:
    """Erase everybody in orders that were, though their event may be kept longer since."""
    link_ids = [int(link_id) for link_id in str(subject).split()]
    retention.erase_orders_again(link_ids, dt.datetime.fromisoformat(facts["at"]))


def _is_the_same(event_id: int, facts: dict[str, Any]) -> bool:
    """Whether the restored database has the event under its number, and not a later one."""
    event = db.session.get(Event, event_id)
    return event is not None and event.created_at == dt.datetime.fromisoformat(facts["created"])


def _people(session: Session) -> Iterator[Person]:
    """Everybody whose address or number stands anywhere, and holders who gave neither."""
    emails = set(session.scalars(select(Order.email)))
    emails |= set(session.scalars(select(Ticket.email)))
    emails |= set(session.scalars(select(Share.recipient)))
    emails |= set(session.scalars(select(OutboxMail.recipient)))
    phones = set(session.scalars(select(Order.phone)))
    phones |= set(session.scalars(select(Ticket.phone)))
    for entry in session.execute(select(HistoryEntry.before, HistoryEntry.after)):
        for values in entry:
            emails |= {str(values[key]) for key in ("email", "to") if values.get(key)}
            phones |= {str(values["phone"])} if values.get("phone") else set()
    session.rollback()
    yield from (Person(email=each.lower()) for each in emails - {"", ERASED})
    yield from (Person(phone=each) for each in phones - {"", ERASED})
    unknown = select(Ticket.id).where(
        Ticket.email == "", Ticket.phone == "", Ticket.first_name != ""
    )
    yield from (Person(ticket_id=each) for each in session.scalars(unknown).all())
