"""An order of pretix's becomes ours, and stays so.

Our reference is pretix's order code, a ticket's external id pretix's id of the position. What
pretix cancels is cancelled here for good; if pretix takes such an order up again, it comes anew,
as "CODE~2" with new tickets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from ticketing import history
from ticketing.extensions import db
from ticketing.history import By
from ticketing.models import HistoryEntry, Order, PretixConnection, Shop
from ticketing.ordering import following
from ticketing.ordering.arriving import BadQuantity, NewTicket, UnknownTicketType
from ticketing.pretix import catalogue
from ticketing.pretix.problems import Problem, stored
from ticketing.pretix.reading import PretixOrder
from ticketing.refusals import OrderCancelled, ShopArchived
from ticketing.words import languages

PRETIX: Final = By("shop", "pretix")
_AGAIN: Final = "~"  # between the code and a number: how often the order came


class NotTaken(Exception):
    """The order, or what changed of it, can't be taken over; `text` is a kept problem."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.text = stored(problem, detail)


@dataclass(frozen=True, slots=True)
class Into:
    """Where orders go, and what becomes of what they hold; none of it in a transaction."""

    shop_id: int
    country: str
    spoken: list[str]
    items: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of an order; `left_out` are the products nobody has said yet what they are."""

    order: Order | None = None
    new: bool = False
    left_out: frozenset[str] = field(default_factory=frozenset)


def into(connection: PretixConnection) -> Into:
    shop = db.session.scalars(
        select(Shop).where(Shop.id == connection.shop_id).options(joinedload(Shop.event))
    ).one()
    return Into(shop.id, shop.event.country, list(shop.languages), dict(connection.items))


def take_over(told: PretixOrder, where: Into, *, send_mails: bool = True) -> Taken:
    """Bring our order to what pretix says of it, placing it if it isn't here; raises `NotTaken`.

    Orders that aren't paid are left alone, whether they are here or not: an order that is changed
    in pretix may be due for a payment, and what is cancelled here is cancelled for good.
    """
    known, reference = _latest(where.shop_id, told.code)
    if told.over:
        if known is not None:
            following.follow_cancelled(known, told.as_of, PRETIX)
        return Taken(known)
    if not told.counts:
        return Taken(known)
    if told.testmode:
        raise NotTaken(Problem.TEST_ORDER)
    if known is not None and known.state == "cancelled":
        if known.amended_as_of is not None and told.as_of <= known.amended_as_of:
            return Taken(known)  # told late: it was cancelled after this
        if not _cancelled_by_pretix(known):
            raise NotTaken(Problem.ENDED_HERE)
        reference = _next(known.reference, told.code)
        known = None
    left_out = frozenset(each.item for each in told.positions if each.item not in where.items)
    wanted = [
        NewTicket(
            where.items[each.item],
            holder=each.holder if each.named else None,
            external_id=each.id,
            or_open=True,
            may_lack=True,
        )
        for each in told.positions
        if where.items.get(each.item, catalogue.NOT_OURS) != catalogue.NOT_OURS
    ]
    if known is None and not wanted:
        return Taken(left_out=left_out)
    if told.booker is None:
        raise NotTaken(Problem.NO_EMAIL, told.code)
    try:
        amended, new = following.arrive(
            where.shop_id,
            reference,
            told.booker,
            wanted,
            told.as_of,
            locale=languages.best(told.locale, where.spoken),
            by=PRETIX,
            send_mails=send_mails,
        )
    except UnknownTicketType as unknown:
        raise NotTaken(Problem.NO_TYPE, str(unknown)) from unknown
    except BadQuantity as many:
        raise NotTaken(Problem.TOO_MANY, told.code) from many
    except ShopArchived as archived:
        raise NotTaken(Problem.ARCHIVED) from archived
    except OrderCancelled as ended:  # in this very moment
        raise NotTaken(Problem.ENDED_HERE) from ended
    return Taken(amended.order, new, left_out)


def code_of(order: Order) -> str:
    """pretix's code of an order that came from there."""
    return order.reference.partition(_AGAIN)[0]


def _latest(shop_id: int, code: str) -> tuple[Order | None, str]:
    """The order that follows pretix's of this code, and the reference it has or would have."""
    found = db.session.scalar(
        select(Order)
        .where(
            Order.shop_id == shop_id,
            (Order.reference == code) | Order.reference.startswith(code + _AGAIN, autoescape=True),
        )
        .order_by(Order.id.desc())
        .limit(1)
    )
    return found, found.reference if found is not None else code


def _next(reference: str, code: str) -> str:
    number = int(reference.partition(_AGAIN)[2] or "1")
    return f"{code}{_AGAIN}{number + 1}"


def _cancelled_by_pretix(order: Order) -> bool:
    actor = db.session.scalar(
        select(HistoryEntry.actor).where(
            HistoryEntry.order_id == order.id, HistoryEntry.action == "order_cancelled"
        )
    )
    return actor == history.SHOP.kind
