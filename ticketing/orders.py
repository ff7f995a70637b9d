"""An order completes: in our own shop, through the API, by import – always here."""

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from ticketing import arriving, history, outbox
from ticketing.arriving import (
    MAX_TICKETS,
    BadQuantity,
    Checked,
    InvalidTickets,
    Line,
    NewTicket,
    Sale,
    UnknownTicketType,
    Wanted,
    checked,
    digest_of,
)
from ticketing.extensions import db
from ticketing.gathering import gathered
from ticketing.history import By
from ticketing.locking import queue_for
from ticketing.models import Event, Order, OutboxMail, Shop, Ticket
from ticketing.refusals import ShopArchived
from ticketing.transactions import Busy, constraint_of, write

__all__ = [
    "MAX_TICKETS",
    "Arrival",
    "BadQuantity",
    "Booker",
    "InvalidTickets",
    "Line",
    "NewTicket",
    "ReferenceTaken",
    "ShopArchived",
    "UnknownTicketType",
    "check",
    "fresh_codes",
    "place",
    "place_in",
    "with_questions",
    "with_tickets",
]

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: a code survives being read out over a bad line.
CODE_ALPHABET: Final = "34679ACDEFGHJKMNPQRTVWXY"
CODE_LENGTH: Final = 6
_AT_ONCE: Final = 500  # values in one look-up

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


class ReferenceTaken(Exception):
    """The shop has used this reference for another order; `code` is that order's.

    The code is empty where two of the orders placed at once contradict each other.
    """

    def __init__(self, code: str, reference: str) -> None:
        super().__init__(code, reference)
        self.code = code
        self.reference = reference


@dataclass(frozen=True, slots=True)
class Arrival:
    """An order that was checked and may be written."""

    reference: str
    booker: Booker
    locale: str
    digest: str
    tickets: list[Checked]
    as_of: dt.datetime | None = None


def place(
    shop_id: int,
    reference: str,
    booker: Booker,
    wanted: Wanted,
    *,
    locale: str,
    by: By = history.SHOP,
    asked_from: str = "",
    send_mails: bool = True,
    mail_holders: bool = True,
    as_of: dt.datetime | None = None,
) -> tuple[Order, bool]:
    """Place an order; returns it and whether it is new.

    `wanted` are `Line`s and `NewTicket`s, mixed as they come; their sequence becomes the tickets'
    positions. A `NewTicket` with a holder is personalised at once, noted in the history as named
    by the shop, and mailed to its holder unless `mail_holders` is off. `send_mails=False` sends
    nothing to anybody, the booker included.

    The same shop and reference again with the same content is the same order, however often and
    however simultaneously it arrives, and whatever has changed in the settings since; with another
    content `ReferenceTaken` is raised. A new one may also be refused with `ShopArchived`,
    `UnknownTicketType` (archived ones too), `BadQuantity` and `InvalidTickets`; then nothing was
    written.

    `asked_from` is a digest of the network address of somebody that nobody vouches for: then
    confirmations are limited, so that orders can't be used to bomb people; `TooManyMails`.
    `as_of` is how new this state of the order is, for shops whose orders we follow (`amending`).
    """
    digest = digest_of(astuple(booker), wanted)
    known = _by_reference(db.session(), shop_id, reference)
    if known is not None:
        return _same_or_refuse(known, digest), False
    arrival = check(db.session(), shop_id, reference, booker, wanted, locale=locale)
    arrival = replace(arrival, as_of=as_of)
    try:
        with write() as session:
            ((order, new),) = place_in(
                session,
                shop_id,
                [arrival],
                by=by,
                asked_from=asked_from,
                send_mails=send_mails,
                mail_holders=mail_holders,
            )
    except IntegrityError as error:
        # PostgreSQL lets two insert at once; the loser finds the winner's order.
        known = _by_reference(db.session(), shop_id, reference)
        if known is not None:
            return _same_or_refuse(known, digest), False
        if constraint_of(error) == "uq_orders_code":  # two drew the same code in this very moment
            raise Busy from error
        raise
    return order, new


def check(
    session: Session, shop_id: int, reference: str, booker: Booker, wanted: Wanted, *, locale: str
) -> Arrival:
    """An order as it may be written by `place_in`; raises what `place` raises for a new one."""
    shop = _shop(session, shop_id)
    tickets = checked(session, shop.event, wanted)
    return Arrival(reference, booker, locale, digest_of(astuple(booker), wanted), tickets)


def place_in(
    session: Session,
    shop_id: int,
    arrivals: Sequence[Arrival],
    *,
    by: By,
    asked_from: str = "",
    send_mails: bool = True,
    mail_holders: bool = True,
) -> list[tuple[Order, bool]]:
    """Place checked orders of one shop in the caller's transaction, as `place` does.

    Thousands at once are a few statements. Raises `ReferenceTaken` (for the first that is),
    `ShopArchived`, `UnknownTicketType`, `TooManyMails`; all or nothing is then the caller's
    transaction's doing.
    """
    sale = arriving.on_sale(session, shop_id)
    if len(arrivals) > 1:  # two that hold the same references, each in its own sequence
        queue_for(session, f"orders into shop {shop_id}")
    known = _by_references(session, shop_id, [each.reference for each in arrivals])
    fresh: dict[str, Arrival] = {}
    for each in arrivals:
        if each.reference in known:
            _same_or_refuse(known[each.reference], each.digest)
        elif fresh.setdefault(each.reference, each).digest != each.digest:
            raise ReferenceTaken("", each.reference)
    if fresh:
        if sale.shop.archived_at is not None:
            raise ShopArchived
        if asked_from:
            _check_limits(session, [each.booker for each in fresh.values()], asked_from)
        codes = fresh_codes(session, len(fresh))
        placed = [
            _order(sale, each, code, by) for each, code in zip(fresh.values(), codes, strict=True)
        ]
        session.add_all(placed)
        session.flush()
        with gathered(session):
            for order in placed:
                _tell(session, order, by, asked_from, send_mails, send_mails and mail_holders)
                known[order.reference] = order
    result = []
    for each in arrivals:
        result.append((known[each.reference], fresh.pop(each.reference, None) is not None))
    return result


def _by_reference(session: Session, shop_id: int, reference: str) -> Order | None:
    return session.scalar(
        select(Order).where(Order.shop_id == shop_id, Order.reference == reference)
    )


def _by_references(session: Session, shop_id: int, references: list[str]) -> dict[str, Order]:
    found: dict[str, Order] = {}
    for start in range(0, len(references), _AT_ONCE):
        some = references[start : start + _AT_ONCE]
        for order in session.scalars(
            select(Order).where(Order.shop_id == shop_id, Order.reference.in_(some))
        ):
            found[order.reference] = order
    return found


def _same_or_refuse(known: Order, digest: str) -> Order:
    if known.content_digest != digest:
        raise ReferenceTaken(known.code, known.reference)
    return known


def _shop(session: Session, shop_id: int) -> Shop:
    shop = session.scalars(
        select(Shop).where(Shop.id == shop_id).options(joinedload(Shop.event))
    ).one()
    if shop.archived_at is not None:
        raise ShopArchived
    return shop


def _order(sale: Sale, arrival: Arrival, code: str, by: By) -> Order:
    shop, booker = sale.shop, arrival.booker
    order = Order(
        organiser_id=shop.organiser_id,
        shop=shop,
        code=code,
        reference=arrival.reference,
        content_digest=arrival.digest,
        locale=arrival.locale,
        first_name=booker.first_name,
        last_name=booker.last_name,
        email=booker.email,
        phone=booker.phone,
        amended_as_of=arrival.as_of,
    )
    for position, each in enumerate(arrival.tickets, start=1):
        if each.type_code not in sale.types:
            raise UnknownTicketType(each.type_code)
        arriving.make(order, each, sale.types[each.type_code], position, by)
    return order


def _tell(
    session: Session, order: Order, by: By, asked_from: str, confirm: bool, mail_holders: bool
) -> None:
    told: dict[str, object] = {"tickets": len(order.tickets)}
    if not confirm:
        told["without_mails"] = True
    history.record(session, order, "placed", by, after=told)
    if confirm:
        outbox.enqueue(
            session,
            outbox.CONFIRMATION,
            order,
            order.email,
            order.locale,
            asked_from=asked_from,
        )
    for ticket in order.tickets:
        arriving.tell(session, ticket, by, mail=mail_holders)


def _check_limits(session: Session, bookers: Sequence[Booker], asked_from: str) -> None:
    outbox.check_limits(
        session,
        outbox.CONFIRMATION,
        *[(outbox.to(booker.email), CONFIRMATIONS_PER_RECIPIENT) for booker in bookers],
        (OutboxMail.asked_from == asked_from, CONFIRMATIONS_PER_ADDRESS),
    )


def fresh_codes(session: Session, number: int) -> list[str]:
    """So many codes that no order has."""
    found: dict[str, None] = {}
    while len(found) < number:
        some = {
            "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
            for _ in range(min(number - len(found), _AT_ONCE))
        }
        taken = set(session.scalars(select(Order.code).where(Order.code.in_(some))))
        found |= dict.fromkeys(sorted(some - taken))
    return list(found)


def with_tickets() -> tuple[ORMOption, ...]:
    """Loader options for an order page: shop, event, tickets, their types and live shares."""
    return (
        joinedload(Order.shop).joinedload(Shop.event),
        joinedload(Order.shop).joinedload(Shop.organiser),
        selectinload(Order.tickets).joinedload(Ticket.type),
        selectinload(Order.tickets).joinedload(Ticket.share),
    )


def with_questions() -> tuple[ORMOption, ...]:
    """Beside `with_tickets`, for whoever asks for details or shows them: the event's questions."""
    return (joinedload(Order.shop).joinedload(Shop.event).selectinload(Event.questions),)
