"""One person, as they are asked for: by address, by number, or by a code that they can read out."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select
from sqlalchemy.orm import Session

from ticketing.asking.addresses import clean_email, clean_phone
from ticketing.asking.names import ERASED
from ticketing.models import HistoryEntry, Order, OutboxMail, Share, Ticket
from ticketing.ordering.order_codes import ALPHABET, LENGTH
from ticketing.storing.transactions import SLOW
from ticketing.vault import sealing

_CODE: Final = re.compile(rf"([{ALPHABET}]{{{LENGTH}}})(?:-([0-9]{{1,3}}))?", re.IGNORECASE)
_KEY: Final = "people whose details were erased"


class NobodyFound(Exception):
    """What was typed is no address, no number and no code, or nothing is held under it."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody, known by one of these; `email` is in lower case, `phone` in E.164.

    `ticket_id` stands for a holder of whom there is neither address nor number.
    """

    email: str = ""
    phone: str = ""
    ticket_id: int | None = None

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset({self.email} - {""})

    def is_in(self, details: Mapping[str, Any]) -> bool:
        """Whether these details are theirs: they carry the address or the number."""
        if self.email:
            return str(details.get("email", "")).lower() == self.email
        return bool(self.phone) and details.get("phone") == self.phone


@dataclass(frozen=True, slots=True)
class Everybody:
    """Nobody is left out."""

    addresses: frozenset[str] = frozenset()

    def is_in(self, details: Mapping[str, Any]) -> bool:
        return bool(details)


EVERYBODY: Final = Everybody()


def find(
    session: Session, text: str, organiser_id: int | None, regions: Collection[str] = ()
) -> Person:
    """Who is meant by an address, a phone number, or the code of an order or a ticket.

    An order's code means its booker, a ticket's its holder. `organiser_id` None asks the whole
    installation; `regions` are where a national number is read. Raises `NobodyFound`.
    """
    text = text.strip()
    if "@" in text:
        try:
            return Person(email=clean_email(text).lower())
        except ValueError:
            raise NobodyFound from None
    if found := _CODE.fullmatch(text):
        return _of_code(session, found[1].upper(), found[2], organiser_id)
    for region in regions or ("ZZ",):
        try:
            return Person(phone=clean_phone(text, region))
        except ValueError:
            continue
    raise NobodyFound


def _of_code(session: Session, code: str, position: str | None, organiser_id: int | None) -> Person:
    wanted = select(Order).where(Order.code == code, *_of_organiser(organiser_id))
    order = session.scalar(wanted)
    if order is None:
        raise NobodyFound
    if position is None:
        return _known_by(order.email, order.phone)
    ticket = session.scalar(
        select(Ticket).where(Ticket.order_id == order.id, Ticket.position == int(position))
    )
    if ticket is None or not ticket.first_name:
        raise NobodyFound
    return _known_by(ticket.email, ticket.phone, ticket.id)


def _known_by(email: str, phone: str, ticket_id: int | None = None) -> Person:
    if ERASED in {email, phone}:
        raise NobodyFound
    if email:
        return Person(email=email.lower())
    if phone:
        return Person(phone=phone)
    return Person(ticket_id=ticket_id)


def orders_of(session: Session, person: Person, organiser_id: int | None) -> list[int]:
    """The ids of all orders in which anything is held of them, today's details or former ones."""
    if person.ticket_id is not None:
        wanted = select(Ticket.order_id).where(Ticket.id == person.ticket_id)
        return list(session.scalars(wanted))
    found: set[int] = set()
    for some in _places(person):
        of_these = select(Order.id).where(Order.id.in_(some), *_of_organiser(organiser_id))
        found |= set(session.scalars(of_these, execution_options=SLOW))
    return sorted(found)


def _places(person: Person) -> list[Select[Any]]:
    """Each place where somebody's address or number stands, as the ids of the orders."""
    address = _one_sigma(person.email)
    quoted = _in_json(address or person.phone)
    in_history = [
        _lower(cast(values, Text), address, _in_json).contains(quoted, autoescape=True)
        for values in (HistoryEntry.before, HistoryEntry.after)
    ]
    places: list[Select[Any]] = [select(HistoryEntry.order_id).where(or_(*in_history))]
    if person.phone:
        places.append(select(Order.id).where(Order.phone == person.phone))
        places.append(select(Ticket.order_id).where(Ticket.phone == person.phone))
        return places
    places.append(select(Order.id).where(is_address(Order.email, person)))
    places.append(select(Ticket.order_id).where(is_address(Ticket.email, person)))
    places.append(
        select(Ticket.order_id)
        .join(Share, Share.ticket_id == Ticket.id)
        .where(is_address(Share.recipient, person))
    )
    places.append(
        select(OutboxMail.order_id).where(
            OutboxMail.order_id.is_not(None), is_address(OutboxMail.recipient, person)
        )
    )
    return places


def is_address(column: Any, person: Person) -> ColumnElement[bool]:
    """The rows with the person's address, in whichever case it was typed."""
    address = _one_sigma(person.email)
    return _lower(column, address) == address


def _lower(column: Any, address: str, written: Callable[[str], str] = str) -> ColumnElement[str]:
    """The column in lower case, as far as it takes to find this address in it.

    SQLite's `lower()` knows A to Z alone, as does PostgreSQL's in some locales, and neither knows
    what is written in JSON: the address's other letters are replaced, one after the other.
    """
    for capital, small in _capitals().items():
        if small in address:
            column = func.replace(column, written(capital), written(small))
    if "σ" in address:
        column = func.replace(column, written("ς"), written("σ"))
    return func.lower(column)


@cache
def _capitals() -> dict[str, str]:
    """{capital: small letter} besides A to Z. Above the second plane there are none."""
    found = {each: each.lower() for each in map(chr, range(0x80, 0x20000))}
    return {each: small for each, small in found.items() if small != each and not small.isascii()}


def _in_json(text: str) -> str:
    """As it stands in a column of JSON, between the quotation marks."""
    return json.dumps(text)[1:-1]


def _one_sigma(address: str) -> str:
    """With σ for ς at the end of a word: of both of them Σ is the capital."""
    return address.replace("ς", "σ")


def _of_organiser(organiser_id: int | None) -> Sequence[ColumnElement[bool]]:
    return [] if organiser_id is None else [Order.organiser_id == organiser_id]


def digest_of(person: Person, organiser_id: int | None) -> str:
    """What may be kept of somebody who was erased: enough to know them again, nothing to read."""
    known = f"{organiser_id or 0}\0{person.email}\0{person.phone}\0{person.ticket_id or 0}"
    return hmac.digest(sealing.derived_key(_KEY), known.encode(), hashlib.sha256).hex()[:32]
