"""All orders of an installation, so many at a time: a transaction that has all of them is too long.

Whoever is stopped in between begins with the first one again.
"""

from collections.abc import Callable
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from ticketing.models import Order
from ticketing.storing.locking import to_change
from ticketing.storing.transactions import write

ORDERS_AT_ONCE: Final = 2_000


def in_portions(do: Callable[[Session, int, int], int], *which: ColumnElement[bool]) -> int:
    """Call `do(session, first, last)` for such orders, locked, from one id to another.

    Each time it is a transaction of its own. Returns the sum of what it returns.
    """
    done = last = 0
    while True:
        with write() as session:
            wanted = select(Order.id).where(Order.id > last, *which).order_by(Order.id)
            some = session.scalars(to_change(wanted.limit(ORDERS_AT_ONCE))).all()
            if not some:
                return done
            done += do(session, some[0], some[-1])
            last = some[-1]
