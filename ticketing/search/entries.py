"""What is searched follows what happens, in the transaction in which it does.

Every change of an order is noted in its history, and the history tells it here: nothing that
changes an order has to think of the search.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import bindparam, case, insert, or_, select, update
from sqlalchemy.orm import Session

from ticketing.models import OPEN, Order, Ticket
from ticketing.search import texts
from ticketing.search.index import entries
from ticketing.storing.transactions import at_the_end

_AT_ONCE: Final = 500

# Made once: to put them together takes as long as to have them done.
_INSERT: Final = insert(entries)
_CHANGING: Final = ("progress", "name", "text")
# Only where something differs: the index has work with every row that is written.
_CHANGE: Final = (
    update(entries)
    .where(
        entries.c.order_id == bindparam("new_order_id"),
        or_(*(entries.c[name] != bindparam(f"new_{name}") for name in _CHANGING)),
    )
    .values({name: bindparam(f"new_{name}") for name in _CHANGING})
)

# The history's words for what changes nothing that an order is found by.
_QUIET: Final = frozenset(
    """shared opened recalled new_barcode checked_in restored
    order_resent ticket_resent reminded details_asked""".split()
)


@dataclass
class _Noted:
    """The orders of one transaction whose entries are written at its end: {id: order}."""

    placed: dict[int, Order] = field(default_factory=dict)
    changed: dict[int, Order] = field(default_factory=dict)
    made_ready: set[int] = field(default_factory=set)

    def __call__(self, session: Session) -> None:
        session.flush()
        if self.placed:
            session.execute(_INSERT, [values_of(each) for each in self.placed.values()])
        changed = [each for key, each in self.changed.items() if key not in self.placed]
        if changed:
            session.execute(_CHANGE, [_new_values_of(each) for each in changed])
        if self.made_ready:
            _some_are_ready(session, sorted(self.made_ready))


def note(session: Session, order: Order, action: str) -> None:
    """Something happened to an order: what it is found by is looked at when all is known."""
    if action in _QUIET:
        return
    noted = at_the_end(session, _Noted())
    if action == "placed":
        noted.placed[order.id] = order
    elif action == "made_ready":
        noted.made_ready.add(order.id)  # thousands at once, and no name changes
    else:
        noted.changed[order.id] = order


def values_of(order: Order) -> dict[str, Any]:
    """The order's entry; `tickets` must be loaded."""
    return {
        "order_id": order.id,
        "organiser_id": order.organiser_id,
        "shop_id": order.shop_id,
        "created_at": order.created_at,
        "progress": texts.progress_of(order),
        "name": texts.name_of(order.first_name, order.last_name),
        "code": order.code,
        "text": texts.text_of(order),
    }


def _new_values_of(order: Order) -> dict[str, Any]:
    values = values_of(order)
    return {f"new_{name}": values[name] for name in ("order_id", *_CHANGING)}


def _some_are_ready(session: Session, order_ids: list[int]) -> None:
    """Tickets of these orders have become ready; is it all of them now?"""
    open_ = select(Ticket.id).where(Ticket.order_id == entries.c.order_id, Ticket.state == OPEN)
    progress = case((open_.exists(), "some"), else_="all")
    for start in range(0, len(order_ids), _AT_ONCE):
        some = order_ids[start : start + _AT_ONCE]
        session.execute(
            update(entries).where(entries.c.order_id.in_(some)).values(progress=progress)
        )
