"""An order completes: in our own shop, through the API, by import – always here."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from ticketing import history
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import Event, Order, OutboxMail, Shop, Ticket
from ticketing.ordering import arriving
from ticketing.ordering.arriving import (
    MAX_TICKETS,
    BadQuantity,
    Checked,
    InvalidTickets,
    Line,
    NewTicket,
    UnknownTicketType,
    Wanted,
    checked,
    digest_of,
)
from ticketing.ordering.gathering import as_if_loaded, completed, gathered, insert_new
from ticketing.ordering.order_codes import any_code, fresh_codes
from ticketing.posting import outbox
from ticketing.refusals import ShopArchived
from ticketing.running.turns import taking_turns
from ticketing.storing.locking import queue_for
from ticketing.storing.transactions import write

__all__ = [
    "MAX_TICKETS",
    "Arrival",
    "BadQuantity",
    "Booker",
    "InvalidTickets",
    "Line",
    "NewOrder",
    "NewTicket",
    "ReferenceTaken",
    "ShopArchived",
    "UnknownTicketType",
    "alone_with",
    "check",
    "known_digests",
    "made",
    "place",
    "place_in",
    "with_questions",
    "with_tickets",
]

_TRIES: Final = 5  # of placing an order whose code turns out to be taken
_AT_ONCE: Final = 500  # values in one look-up

# References of our own shop begin so, and nobody else's may: whoever could choose the reference
# of another shop's order would be handed that order, or could take its place.
WEB_REFERENCE: Final = "web:"

# In place of the digest of an order whose details were erased: a digest of names and addresses
# could be guessed. Such an order counts as the same whatever is told of it.
FORGOTTEN: Final = ""

# Why an order that nobody has placed before can't be.
REFUSALS: Final = (ShopArchived, UnknownTicketType, BadQuantity, InvalidTickets)

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


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order with all that can be known before the transaction that writes it."""

    order: Order
    wanted: list[Checked]  # its tickets, whose types are settled in the transaction


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
    `as_of` is how new this state of the order is, for shops whose orders we follow (`following`).
    """
    session = db.session()
    digest = digest_of(astuple(booker), wanted)
    try:
        arrival = check(session, shop_id, reference, booker, wanted, locale=locale)
        arrival = replace(arrival, as_of=as_of)
        order = _placed(
            session,
            shop_id,
            arrival,
            by=by,
            asked_from=asked_from,
            send_mails=send_mails,
            mail_holders=mail_holders,
        )
    except (*REFUSALS, IntegrityError):
        # Only now, for it is rare, and a query that each new order would wait for.
        known = _by_reference(session, shop_id, reference)
        if known is None:
            raise
        if known.content_digest not in {digest, FORGOTTEN}:
            raise ReferenceTaken(known.code, reference) from None
        return known, False
    return order, True


def _placed(
    session: Session, shop_id: int, arrival: Arrival, *, by: By, asked_from: str, **mails: bool
) -> Order:
    """The order, written; raises `IntegrityError` where its reference is taken."""
    for tries_left in reversed(range(_TRIES)):
        (new,) = made(session, shop_id, [arrival], by)
        try:
            with write(keep=True):
                place_in(session, shop_id, [new], by=by, asked_from=asked_from, **mails)
            break
        except IntegrityError:
            if not tries_left or _by_reference(session, shop_id, arrival.reference):
                raise
            # Another order has the code that was drawn for this one.
    as_if_loaded(session, [*new.order.tickets, new.order])
    return new.order


def check(
    session: Session, shop_id: int, reference: str, booker: Booker, wanted: Wanted, *, locale: str
) -> Arrival:
    """An order as it may be written by `place_in`; raises what `place` raises for a new one."""
    shop = _shop(session, shop_id)
    tickets = checked(shop.event, wanted)
    return Arrival(reference, booker, locale, digest_of(astuple(booker), wanted), tickets)


def made(session: Session, shop_id: int, arrivals: Sequence[Arrival], by: By) -> list[NewOrder]:
    """Checked orders of one shop with their rows; on SQLite everybody waits for who writes them,
    so they are made before."""
    shop = _shop(session, shop_id)
    number = len(arrivals)
    codes = [any_code()] if number == 1 else fresh_codes(session, number)
    return [
        NewOrder(_order(shop, each, code, by), each.tickets)
        for each, code in taking_turns(zip(arrivals, codes, strict=True))
    ]


def alone_with(session: Session, shop_id: int) -> None:
    """Whoever else writes several orders of this shop goes on when this transaction has ended.

    Two that have the same orders, each in its own sequence, would wait for each other.
    """
    arriving.on_sale(session, shop_id)  # which has to be locked before
    queue_for(session, f"orders into shop {shop_id}")


def place_in(
    session: Session,
    shop_id: int,
    new: Sequence[NewOrder],
    *,
    by: By,
    asked_from: str = "",
    send_mails: bool = True,
    mail_holders: bool = True,
) -> None:
    """Write new orders in the caller's transaction; thousands are a few statements.

    Who writes several asks for `alone_with` first. Raises `ShopArchived`, `UnknownTicketType`,
    `TooManyMails`, and SQLAlchemy's `IntegrityError` where one of them is here already.
    """
    sale = arriving.on_sale(session, shop_id)
    if sale.archived:
        raise ShopArchived
    placed = [each.order for each in new]
    if asked_from:
        _check_limits(session, shop_id, placed, asked_from)
    insert_new(session, placed)
    for each in new:
        for ticket, wanted in zip(each.order.tickets, each.wanted, strict=True):
            if wanted.type_code not in sale.types:
                raise UnknownTicketType(wanted.type_code)
            ticket.order_id = each.order.id
            arriving.give_type(ticket, sale.types[wanted.type_code])
    insert_new(session, [ticket for order in placed for ticket in order.tickets])
    with gathered(session):
        for order in placed:
            _tell(session, order, by, asked_from, send_mails, send_mails and mail_holders)


def known_digests(
    session: Session, shop_id: int, references: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """{reference: (content digest, code)} of those orders that the shop has."""
    found = {}
    for start in range(0, len(references), _AT_ONCE):
        some = references[start : start + _AT_ONCE]
        wanted = select(Order.reference, Order.content_digest, Order.code).where(
            Order.shop_id == shop_id, Order.reference.in_(some)
        )
        for reference, digest, code in session.execute(wanted):
            found[reference] = (digest, code)
    return found


def _by_reference(session: Session, shop_id: int, reference: str) -> Order | None:
    """The shop's order, with all that tells what was placed."""
    return session.scalar(
        select(Order)
        .where(Order.shop_id == shop_id, Order.reference == reference)
        .options(selectinload(Order.tickets).joinedload(Ticket.type))
    )


def _shop(session: Session, shop_id: int) -> Shop:
    """The shop, not asked for again where it is loaded; the transaction looks once more."""
    of_event = joinedload(Shop.event).selectinload(Event.ticket_types)
    shop = session.get_one(Shop, shop_id, options=[of_event])
    if shop.archived_at is not None:
        raise ShopArchived
    return shop


def _order(shop: Shop, arrival: Arrival, code: str, by: By) -> Order:
    booker = arrival.booker
    order = Order(
        organiser_id=shop.organiser_id,
        shop_id=shop.id,
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
        completed(arriving.make(order, each, position, by))
    completed(order)
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


def _check_limits(session: Session, shop_id: int, placed: Sequence[Order], asked_from: str) -> None:
    """Raises `TooManyMails`; an order that is here already sends none."""
    known = known_digests(session, shop_id, [order.reference for order in placed])
    recipients = [order.email for order in placed if order.reference not in known]
    if recipients:
        outbox.check_limits(
            session,
            outbox.CONFIRMATION,
            *[(outbox.to(email), CONFIRMATIONS_PER_RECIPIENT) for email in recipients],
            (OutboxMail.asked_from == asked_from, CONFIRMATIONS_PER_ADDRESS),
        )


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
