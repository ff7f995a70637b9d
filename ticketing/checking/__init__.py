"""Whether a database holds together: every invariant of the model, in words.

The database itself first, then what holds between tables, then each order with its tickets and
its history. Any number of orders, in the memory of a few hundred; people may go on meanwhile, for
each portion is looked at as of one moment.
"""

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ticketing.checking import database, loading, tables
from ticketing.checking import orders as of_orders
from ticketing.checking import tickets as of_tickets
from ticketing.models import OutboxMail
from ticketing.personalisation import CLAIM_MAILS_PER_RECIPIENT
from ticketing.posting import outbox

# Asking the full-text index for all that it should know of an order takes longer than all else
# about it. What was once out of step there would be in many places.
_INDEX_EVERY: Final = 100

Told = Callable[[int], None]


def problems(session: Session, *, told: Told = lambda _orders: None) -> Iterator[str]:
    """What is wrong with the whole database, one sentence each; `told` hears of orders done."""
    broken = list(database.problems(session))
    yield from broken
    if not broken:  # else there may be no tables to ask
        yield from tables.problems(session)
        yield from of_these(session, told=told)


def of_these(
    session: Session,
    ids: Collection[int] | None = None,
    *,
    told: Told = lambda _orders: None,
    index_every: int = _INDEX_EVERY,
) -> Iterator[str]:
    """What is wrong with these orders (default: all)."""

    # One address that had enough may be that of thousands of claims, and is looked for among all
    # mails that there are.
    @lru_cache(maxsize=10_000)
    def flooded(address: str) -> bool:
        return _flooded(session, address)

    for portion in loading.orders(session, ids):
        for number, whole in enumerate(portion):
            code = whole.order.code
            for problem in of_orders.problems(whole):
                yield f"Order {code}: {problem}"
            for ticket in whole.order.tickets:
                for problem in of_tickets.problems(whole, ticket, flooded):
                    yield f"Ticket {code}-{ticket.position}: {problem}"
            if number % index_every == 0 and database.missing_terms(session, whole.order):
                yield f"Order {code}: the full-text index lacks some of it"
        told(len(portion))


def _flooded(session: Session, address: str) -> bool:
    """Whether claims of strangers have sent this address all that they may."""
    found = session.scalar(
        select(func.count())
        .select_from(OutboxMail)
        .where(OutboxMail.kind == outbox.TICKET, outbox.to(address))
    )
    return (found or 0) >= CLAIM_MAILS_PER_RECIPIENT
