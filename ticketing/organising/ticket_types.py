"""What an event sells: ticket types, their order, and how they change once tickets are out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketing.asking import names, readiness
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import CANCELLED, OPEN, Event, Ticket, TicketType, now
from ticketing.refusals import EditedMeanwhile, TypeInUse
from ticketing.storing.locking import lock, to_change
from ticketing.storing.transactions import write
from ticketing.words import money

SETTINGS: Final = ("name", "code", "price", "needs_personal_data")
MAX_NAME: Final = 200
MAX_CODE: Final = 50
MAX_TYPES: Final = 100
_CODE: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


@dataclass(slots=True)
class InvalidTicketType(Exception):
    """Some settings can't be right: {setting: what to do about it}.

    `confirm` says that the settings are right, but need a yes: so many tickets would be ready.
    """

    errors: dict[str, str] = field(default_factory=dict)
    confirm: bool = False


def create(event: Event, given: Mapping[str, str]) -> TicketType:
    """A new type, last in its event's order; `given` has a text for each of `SETTINGS`.

    Raises `InvalidTicketType`.
    """
    event_id = event.id
    with write() as session:
        event = _locked(session, event_id)
        cleaned = _clean(event, None, given)
        if len(event.ticket_types) >= MAX_TYPES:
            raise InvalidTicketType(
                {"name": _("An event has at most %(n)d ticket types.", n=MAX_TYPES)}
            )
        last = max((each.position for each in event.ticket_types), default=0)
        made = TicketType(event_id=event_id, position=last + 1, **cleaned)
        session.add(made)
    return made


def change(
    ticket_type: TicketType,
    given: Mapping[str, str],
    by: By,
    *,
    revision: int,
    confirmed: bool = False,
) -> TicketType:
    """Change a type to what was typed; `given` has a text for each of `SETTINGS`.

    The code stays once tickets have it, for other programs know them by it. A type that needs
    personal data no longer makes its open tickets ready at once, if that was `confirmed`; one
    whose tickets are out without a name can't ask for names any more. `revision` is the type's
    when the form was drawn. Raises `InvalidTicketType`, and `EditedMeanwhile` if somebody changed
    or deleted the type since: then nothing is written.
    """
    type_id, event_id = ticket_type.id, ticket_type.event_id
    with write() as session:
        event = _locked(session, event_id)
        ticket_type = _type_in(event, type_id)
        if ticket_type.revision != revision:
            raise EditedMeanwhile
        cleaned = _clean(event, ticket_type, given)
        needed, needs = ticket_type.needs_personal_data, cleaned["needs_personal_data"]
        if needs and not needed:
            _check_nobody_is_nameless(session, type_id)
        if needed and not needs:
            _check_confirmed(session, type_id, confirmed)
        for column, value in cleaned.items():
            setattr(ticket_type, column, value)
        ticket_type.revision += 1
        if needed and not needs:
            session.flush()
            readiness.make_ready(session, type_id, by)
    return ticket_type


def move(ticket_type: TicketType, by: int) -> TicketType:
    """Move a type up (-1) or down (1) among those of its event; past the end nothing happens.

    Raises `EditedMeanwhile` if somebody deleted it.
    """
    type_id, event_id = ticket_type.id, ticket_type.event_id
    with write() as session:
        event = _locked(session, event_id)
        types = event.ticket_types
        # Those in use among themselves: on the page the archived stand elsewhere.
        archived = _type_in(event, type_id).archived_at is not None
        shown = [each for each in types if (each.archived_at is not None) == archived]
        others = [each for each in types if (each.archived_at is not None) != archived]
        at = next(index for index, each in enumerate(shown) if each.id == type_id)
        to = min(max(at + by, 0), len(shown) - 1)
        shown.insert(to, shown.pop(at))
        for position, each in enumerate([*shown, *others], start=1):
            each.position = position
    return shown[to]


def archive(ticket_type: TicketType) -> TicketType:
    """Sell no more of a type; its tickets stay what they are. Twice is the same as once.

    Raises `EditedMeanwhile` if somebody deleted it.
    """
    return _archived(ticket_type, archived=True)


def unarchive(ticket_type: TicketType) -> TicketType:
    """Sell a type again; raises `EditedMeanwhile` if somebody deleted it."""
    return _archived(ticket_type, archived=False)


def delete(ticket_type: TicketType) -> None:
    """Remove a type that no ticket ever had; raises `TypeInUse` for any other."""
    type_id, event_id = ticket_type.id, ticket_type.event_id
    with write() as session:
        event = _locked(session, event_id)
        found = next((each for each in event.ticket_types if each.id == type_id), None)
        if found is None:
            return
        if _in_use(session, type_id):
            raise TypeInUse
        session.delete(found)


def as_typed(ticket_type: TicketType, currency: str) -> dict[str, str]:
    """The settings as a form shows them."""
    return {
        "name": ticket_type.name,
        "code": ticket_type.code,
        "price": money.as_typed(ticket_type.price, currency),
        "needs_personal_data": "y" if ticket_type.needs_personal_data else "",
    }


def counts(event_id: int) -> dict[int, int]:
    """How many tickets there are of each of an event's types, cancelled ones too."""
    of_event = select(TicketType.id).where(TicketType.event_id == event_id)
    found = db.session.execute(
        select(Ticket.ticket_type_id, func.count())
        .where(Ticket.ticket_type_id.in_(of_event))
        .group_by(Ticket.ticket_type_id)
    )
    return {row[0]: row[1] for row in found}


def _locked(session: Session, event_id: int) -> Event:
    """The event, of which nobody else changes the types until this transaction ends.

    An order that is placed meanwhile waits too: see `arriving.on_sale`.
    """
    event = lock(session, Event, event_id)
    types = select(TicketType).where(TicketType.event_id == event_id).order_by(TicketType.id)
    session.scalars(to_change(types)).all()
    return event


def _type_in(event: Event, type_id: int) -> TicketType:
    found = next((each for each in event.ticket_types if each.id == type_id), None)
    if found is None:
        raise EditedMeanwhile
    return found


def _in_use(session: Session, type_id: int) -> bool:
    found = select(Ticket.id).where(Ticket.ticket_type_id == type_id).limit(1)
    return session.scalar(found) is not None


def _archived(ticket_type: TicketType, *, archived: bool) -> TicketType:
    type_id, event_id = ticket_type.id, ticket_type.event_id
    with write() as session:
        ticket_type = _type_in(_locked(session, event_id), type_id)
        if archived != (ticket_type.archived_at is not None):
            ticket_type.archived_at = now() if archived else None
            ticket_type.revision += 1
    return ticket_type


def _check_nobody_is_nameless(session: Session, type_id: int) -> None:
    count = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(
            Ticket.ticket_type_id == type_id,
            Ticket.state.not_in([OPEN, CANCELLED]),
            Ticket.first_name == "",
        )
    )
    if count:
        text = ngettext(
            "%(num)s ticket of this type is already out without a name. Make a new ticket type "
            "that asks for names, and stop selling this one.",
            "%(num)s tickets of this type are already out without a name. Make a new ticket type "
            "that asks for names, and stop selling this one.",
            count,
        )
        raise InvalidTicketType({"needs_personal_data": text})


def _check_confirmed(session: Session, type_id: int, confirmed: bool) -> None:
    count = session.scalar(
        select(func.count())
        .select_from(Ticket)
        .where(Ticket.ticket_type_id == type_id, Ticket.state == OPEN)
    )
    if count and not confirmed:
        text = ngettext(
            "%(num)s ticket of this type still waits for a name. It would be ready at once, and "
            "a link it was shared by would end. That can’t be undone: please say yes below.",
            "%(num)s tickets of this type still wait for a name. They would be ready at once, and "
            "links they were shared by would end. That can’t be undone: please say yes below.",
            count,
        )
        raise InvalidTicketType({"needs_personal_data": text}, confirm=True)


def _clean(
    event: Event, ticket_type: TicketType | None, given: Mapping[str, str]
) -> dict[str, Any]:
    readers: dict[str, Any] = {
        "name": _name,
        "code": lambda text: _code(event, ticket_type, text),
        "price": lambda text: money.read(text, event.currency),
        "needs_personal_data": bool,
    }
    cleaned: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for setting, read in readers.items():
        try:
            cleaned[setting] = read(given.get(setting, ""))
        except names.RefusedCharacter:
            errors[setting] = _(
                "This holds a character that can’t be printed. Please type it anew."
            )
        except ValueError as error:
            errors[setting] = str(error)
    if errors:
        raise InvalidTicketType(errors)
    return cleaned


def _name(text: str) -> str:
    name = names.tidy(text)
    if not name:
        raise ValueError(_("Please give the ticket type a name."))
    if len(name) > MAX_NAME:
        raise ValueError(_("Please use at most %(n)d characters.", n=MAX_NAME))
    return name


def _code(event: Event, ticket_type: TicketType | None, text: str) -> str:
    code = text.strip()
    if ticket_type is not None and code == ticket_type.code:
        return code  # also one that came from elsewhere in another form
    if ticket_type is not None and _in_use(db.session(), ticket_type.id):
        raise ValueError(_("There are tickets with this code: it can’t change any more."))
    code = code.lower()
    if not _CODE.fullmatch(code) or len(code) > MAX_CODE:
        raise ValueError(_("Please use letters a–z, digits and single hyphens, like day-2."))
    if any(each.code == code for each in event.ticket_types if each is not ticket_type):
        raise ValueError(_("Another ticket type of this event has this code."))
    return code
