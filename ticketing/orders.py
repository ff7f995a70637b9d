"""An order completes: in our own shop, through the API, by import – always here."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from ticketing import history, names, outbox
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import (
    OPEN,
    PERSONALISED,
    Order,
    OutboxMail,
    Shop,
    Ticket,
    TicketType,
    now,
)
from ticketing.transactions import write

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: a code survives being read out over a bad line.
CODE_ALPHABET: Final = "34679ACDEFGHJKMNPQRTVWXY"
CODE_LENGTH: Final = 6
MAX_TICKETS: Final = 500

# References of our own shop begin so, and nobody else's may: whoever could choose the reference
# of another shop's order would be handed that order, or could take its place.
WEB_REFERENCE: Final = "web:"

# A day, for orders that anybody may place.
CONFIRMATIONS_PER_RECIPIENT: Final = 20
CONFIRMATIONS_PER_ADDRESS: Final = 200


@dataclass(frozen=True, slots=True)
class Booker:
    """Cleaned: names tidy, email valid, phone in E.164 or empty."""

    first_name: str
    last_name: str
    email: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    type_code: str
    quantity: int


class UnknownTicketType(Exception):
    """The event sells nothing under this code."""


class BadQuantity(Exception):
    """No tickets at all, or more than one order can hold."""


class ReferenceTaken(Exception):
    """The shop has used this reference for another order; `code` is that order's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def place(
    shop_id: int,
    reference: str,
    booker: Booker,
    lines: Sequence[Line],
    *,
    locale: str,
    by: By = history.SHOP,
    asked_from: str = "",
) -> tuple[Order, bool]:
    """Place an order; returns it and whether it is new.

    The same shop and reference again with the same content is the same order, however often and
    however simultaneously it arrives; with another content `ReferenceTaken` is raised. Also
    raises `UnknownTicketType` and `BadQuantity`.

    `asked_from` is a digest of the network address of somebody that nobody vouches for: then
    confirmations are limited, so that orders can't be used to bomb people; `TooManyMails`.
    """
    digest = _digest(booker, lines)
    try:
        with write() as session:
            known = _by_reference(session, shop_id, reference)
            if known is None:
                if asked_from:
                    _check_limits(session, booker, asked_from)
                order = _insert(session, shop_id, reference, digest, booker, lines, locale, by)
                _confirm(session, order, asked_from)
                return order, True
            return _same_or_refuse(known, digest), False
    except IntegrityError:
        # PostgreSQL lets two insert at once; the loser finds the winner's order.
        known = _by_reference(db.session(), shop_id, reference)
        if known is None:
            raise
        return _same_or_refuse(known, digest), False


def _by_reference(session: Session, shop_id: int, reference: str) -> Order | None:
    return session.scalar(
        select(Order).where(Order.shop_id == shop_id, Order.reference == reference)
    )


def _same_or_refuse(known: Order, digest: str) -> Order:
    if known.content_digest != digest:
        raise ReferenceTaken(known.code)
    return known


def _insert(
    session: Session,
    shop_id: int,
    reference: str,
    digest: str,
    booker: Booker,
    lines: Sequence[Line],
    locale: str,
    by: By,
) -> Order:
    shop = session.scalars(
        select(Shop).where(Shop.id == shop_id).options(joinedload(Shop.event))
    ).one()
    wanted = _types_of(session, shop, lines)
    order = Order(
        organiser_id=shop.organiser_id,
        shop=shop,
        code=_fresh_code(session),
        reference=reference,
        content_digest=digest,
        locale=locale,
        first_name=booker.first_name,
        last_name=booker.last_name,
        email=booker.email,
        phone=booker.phone,
    )
    for position, ticket_type in enumerate(wanted, start=1):
        # Who asks for no details has a ticket that is ready at once.
        ready = not ticket_type.needs_personal_data
        order.tickets.append(
            Ticket(
                type=ticket_type,
                position=position,
                state=PERSONALISED if ready else OPEN,
                personalised_at=now() if ready else None,
                locale=locale,
            )
        )
    order.search_text = search_text_of(order)
    session.add(order)
    session.flush()
    history.record(session, order, "placed", by, after={"tickets": len(wanted)})
    return order


def _confirm(session: Session, order: Order, asked_from: str) -> None:
    outbox.enqueue(
        session,
        outbox.CONFIRMATION,
        order,
        order.email,
        order.locale,
        asked_from=asked_from,
    )


def _check_limits(session: Session, booker: Booker, asked_from: str) -> None:
    outbox.check_limits(
        session,
        outbox.CONFIRMATION,
        (outbox.to(booker.email), CONFIRMATIONS_PER_RECIPIENT),
        (OutboxMail.asked_from == asked_from, CONFIRMATIONS_PER_ADDRESS),
    )


def _types_of(session: Session, shop: Shop, lines: Sequence[Line]) -> list[TicketType]:
    if any(line.quantity < 0 for line in lines):
        raise BadQuantity
    if not 1 <= sum(line.quantity for line in lines) <= MAX_TICKETS:
        raise BadQuantity
    by_code = {
        each.code: each
        for each in session.scalars(select(TicketType).where(TicketType.event_id == shop.event_id))
    }
    wanted: list[TicketType] = []
    for line in lines:
        if line.type_code not in by_code:
            raise UnknownTicketType(line.type_code)
        wanted += [by_code[line.type_code]] * line.quantity
    return wanted


def _fresh_code(session: Session) -> str:
    while True:
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        if session.scalar(select(Order.id).where(Order.code == code)) is None:
            return code


def _digest(booker: Booker, lines: Sequence[Line]) -> str:
    quantities: dict[str, int] = {}
    for line in lines:
        quantities[line.type_code] = quantities.get(line.type_code, 0) + line.quantity
    content = [
        [booker.first_name, booker.last_name, booker.email, booker.phone],
        sorted((code, n) for code, n in quantities.items() if n),
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def search_text_of(order: Order) -> str:
    """Everything an organiser may look an order up by, folded; `tickets` must be loaded."""
    parts = [
        order.code,
        order.reference,
        names.full(order.first_name, order.last_name),
        order.email,
        order.phone,
    ]
    for ticket in order.tickets:
        parts.append(f"{order.code}-{ticket.position}")
        if ticket.first_name or ticket.email:
            parts += [names.full(ticket.first_name, ticket.last_name), ticket.email, ticket.phone]
    return names.folded("\n".join(part for part in parts if part))


def with_tickets() -> tuple[ORMOption, ...]:
    """Loader options for an order page: shop, event, tickets, their types and live shares."""
    return (
        joinedload(Order.shop).joinedload(Shop.event),
        joinedload(Order.shop).joinedload(Shop.organiser),
        selectinload(Order.tickets).joinedload(Ticket.type),
        selectinload(Order.tickets).joinedload(Ticket.share),
    )
