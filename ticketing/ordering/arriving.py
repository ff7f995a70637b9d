"""Tickets as they arrive from a shop, a file or another program: which ones, for whom.

They are checked before the transaction that writes them, for that takes its time.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.asking import fields, holders
from ticketing.asking.fields import ONE_NAME, InvalidDetails
from ticketing.history import By
from ticketing.models import OPEN, PERSONALISED, Event, Order, Shop, Ticket, TicketType, now
from ticketing.posting import outbox
from ticketing.storing.locking import to_rely_on

MAX_TICKETS: Final = 500
MAX_EXTERNAL_ID: Final = 64


@dataclass(frozen=True, slots=True)
class Line:
    """So many tickets of one type, nobody named yet."""

    type_code: str
    quantity: int


@dataclass(frozen=True, slots=True)
class NewTicket:
    """One ticket, whose holder may be known already.

    `holder` is {field key: value} as somebody gave it ("first_name", …, "q12"); None leaves the
    ticket open. A last name that is given and empty says that the person has one name. What the
    event doesn't ask for is left out. `external_id` is the shop's own number for this ticket,
    unique within the order. `or_open`: details that don't suffice leave the ticket open, instead
    of being refused. `may_lack`: with a name, required details may be missing; their holder is
    asked for them as for those that an event requires later.
    """

    type_code: str
    holder: Mapping[str, Any] | None = None
    external_id: str | None = None
    or_open: bool = False
    may_lack: bool = False


Wanted = Sequence[Line | NewTicket]


@dataclass(frozen=True, slots=True)
class Checked:
    """A ticket that may be written: `details` as they are stored, None while nobody is named."""

    type_code: str
    details: dict[str, Any] | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class Sale:
    """What a shop sells, by code; `archived`: it sells nothing new any more."""

    archived: bool
    types: dict[str, TicketType]


class UnknownTicketType(Exception):
    """The event sells nothing under this code, or no longer."""


class BadQuantity(Exception):
    """No tickets at all, or more than one order can hold."""


class InvalidTickets(Exception):
    """Tickets that can't be as they are: {place in what was wanted: {field: what to do}}.

    A field is a detail's key, `holder` or `external_id`.
    """

    def __init__(self, errors: dict[int, dict[str, str]]) -> None:
        super().__init__(errors)
        self.errors = errors


# Made once: to put it together takes as long as to have it answered.
_ON_SALE: Final = to_rely_on(
    select(Shop.archived_at, TicketType)
    .join(TicketType, TicketType.event_id == Shop.event_id)
    .where(Shop.id == bindparam("shop_id"), TicketType.archived_at.is_(None))
    .order_by(TicketType.id)
)


def on_sale(session: Session, shop_id: int) -> Sale:
    """What a shop sells; that and the shop stay as they are until the transaction ends.

    To be asked before an order is locked: whoever changes a type goes on to its orders.
    """
    found = session.execute(_ON_SALE, {"shop_id": shop_id}).all()
    if not found:  # it sells nothing
        at = session.scalars(to_rely_on(select(Shop.archived_at).where(Shop.id == shop_id))).one()
        return Sale(at is not None, {})
    return Sale(found[0][0] is not None, {each.code: each for _at, each in found})


def checked(event: Event, wanted: Wanted) -> list[Checked]:
    """The wanted tickets of a new order, one by one, as they are stored.

    Raises `BadQuantity`, `UnknownTicketType`, `InvalidTickets`.
    """
    quantities = [each.quantity if isinstance(each, Line) else 1 for each in wanted]
    if any(quantity < 0 for quantity in quantities) or not 1 <= sum(quantities) <= MAX_TICKETS:
        raise BadQuantity
    types = {each.code: each for each in event.ticket_types if each.archived_at is None}
    for each in wanted:
        if each.type_code not in types:
            raise UnknownTicketType(each.type_code)
    found: list[Checked] = []
    errors: dict[int, dict[str, str]] = {}
    seen: set[str] = set()
    for place, each in enumerate(wanted):
        if isinstance(each, Line):
            found += [Checked(each.type_code, None, None)] * each.quantity
            continue
        try:
            details = _details(event, types[each.type_code], each)
        except InvalidDetails as invalid:
            errors[place] = invalid.errors
            continue
        if each.external_id is not None:
            if each.external_id in seen:
                errors.setdefault(place, {})["external_id"] = taken_number()
            seen.add(each.external_id)
        found.append(Checked(each.type_code, details, each.external_id))
    if errors:
        raise InvalidTickets(errors)
    return found


def taken_number() -> str:
    """What to do about an `external_id` that stands there twice."""
    return str(_("Another ticket of this order has this number."))


def _details(event: Event, ticket_type: TicketType, ticket: NewTicket) -> dict[str, Any] | None:
    if ticket.holder is None:
        return None
    try:
        return details_of(event, ticket_type, ticket.holder, may_lack=ticket.may_lack)
    except InvalidDetails:
        if ticket.or_open:
            return None
        raise


def details_of(
    event: Event, ticket_type: TicketType, holder: Mapping[str, Any], *, may_lack: bool = False
) -> dict[str, Any]:
    """A program's details of a holder as they are stored; raises `InvalidDetails`.

    `may_lack` is a `NewTicket`'s. Its field `holder` says that tickets of this type have none.
    """
    if not ticket_type.needs_personal_data:
        raise InvalidDetails({"holder": _("Tickets of this type need no name.")})
    given = dict(holder)
    # A program makes no slip of the finger: it needs no second look at its address.
    given["email_check"] = given.get("email", "")
    if given.get("last_name") == "":
        given[ONE_NAME] = "1"
    if not (may_lack and given.get("first_name")):
        return holders.details_for(event, ticket_type, given)
    asked = fields.without_lack(fields.asked_of(event, ticket_type), given)
    return fields.clean(asked, given, region=event.country)


def digest_of(booker: Sequence[str], wanted: Wanted) -> str:
    """What tells the same order once more from another one, in whichever sequence it is told."""
    quantities: dict[str, int] = {}
    special: list[str] = []
    for each in wanted:
        if isinstance(each, Line) or (each.holder is None and each.external_id is None):
            number = each.quantity if isinstance(each, Line) else 1
            quantities[each.type_code] = quantities.get(each.type_code, 0) + number
        else:
            holder = {key: value for key, value in (each.holder or {}).items() if value}
            special.append(_canonical([each.type_code, each.external_id, holder]))
    content: list[Any] = [list(booker), sorted((code, n) for code, n in quantities.items() if n)]
    if special:
        content.append(sorted(special))
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def make(order: Order, new: Checked, position: int, by: By) -> Ticket:
    """The ticket of an order, which still wants its type: `give_type`."""
    ticket = Ticket(position=position, locale=order.locale, external_id=new.external_id)
    for column, value in holders.as_columns(new.details or {}).items():
        setattr(ticket, column, value)
    if new.details is None:
        ticket.state = OPEN
    else:
        ticket.state = PERSONALISED
        ticket.personalised_at = now()
        ticket.personalised_by = by.kind
    order.tickets.append(ticket)
    return ticket


def give_type(ticket: Ticket, ticket_type: TicketType) -> None:
    """A ticket whose type asks for nothing is ready at once."""
    ticket.ticket_type_id = ticket_type.id
    ticket.type = ticket_type
    if ticket.state == OPEN and not ticket_type.needs_personal_data:
        ticket.state = PERSONALISED
        ticket.personalised_at = now()


def tell(session: Session, ticket: Ticket, by: By, *, mail: bool) -> None:
    """Note in the caller's transaction who was named on a new ticket, and mail them their ticket.

    The shop vouches for its holders, so there is no limit as for claims of strangers.
    """
    if ticket.personalised_by is None:
        return
    order = ticket.order
    history.record(session, order, "named", by, ticket=ticket, after=holders.holder_of(ticket))
    if mail and ticket.email:
        outbox.enqueue(session, outbox.TICKET, order, ticket.email, ticket.locale, ticket=ticket)
