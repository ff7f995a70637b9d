"""What must hold of every order whatever happened to it: asked after each race and each step.

What holds in any database says `ticketing/checking`, which `flask check` asks as well. In a test
nothing was forgotten yet, so that the change feed is whole, and there is time to look into the
full-text index to the last term.
"""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.search import peeking
from ticketing import checking
from ticketing.feed import live
from ticketing.models import Change, Order
from ticketing.ordering import orders


def check(session: Session, order_ids: Collection[int] | None = None) -> None:
    """Look at these orders (default: all, and all tables); raises `AssertionError` with what is
    wrong."""
    found = checking.problems(session)
    if order_ids is not None:
        found = checking.of_these(session, order_ids)
    told = list(found)
    assert not told, "\n".join(told)
    _check_feed_and_index(session, order_ids)
    session.rollback()


def _check_feed_and_index(session: Session, order_ids: Collection[int] | None) -> None:
    wanted = select(Order).options(*orders.with_tickets())
    if order_ids is not None:
        wanted = wanted.where(Order.id.in_(order_ids))
    engine, indexed = session.get_bind().dialect.name, peeking.indexed(session, order_ids)
    for order in session.scalars(wanted):
        assert indexed.get(order.id) == peeking.expected(order, engine=engine), "index out of step"
        versions = session.scalars(
            select(Change.version).where(Change.order_id == order.id).order_by(Change.id)
        ).all()
        restored = order.version > live.OF_A_RESTORE  # which begins the feed anew
        first = order.version - len(versions) + 1 if restored else 2
        assert versions == [*range(first, order.version + 1)], f"{order.version}: {versions}"
