"""The fetches from pretix and the writes to it that wait, among the calls to other programs."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from ticketing.calls.queue import enqueue, enqueue_many
from ticketing.extensions import db
from ticketing.models import Call, Order, PretixConnection, Ticket, now
from ticketing.storing.leases import change_all
from ticketing.storing.locking import to_rely_on
from ticketing.storing.transactions import at_the_end

FETCH: Final = "pretix_fetch"  # an order, whose code is the call's `event`, or all: `ALL`
WRITE: Final = "pretix_write"  # a ticket's holder
ALL: Final = "*"
MOST_WAITING: Final = 2_000  # fetches of one connection

# What people do to a ticket that pretix should hear of. What came from there is "named".
_PERSONALISING: Final = frozenset({"claimed", "edited", "completed"})


class TooManyWaiting(Exception):
    """So many fetches wait already that pretix had better say it again later."""


def fetch_order(
    session: Session, connection: PretixConnection, code: str, *, send_mails: bool = True
) -> None:
    """Have an order fetched now; one that waits already does for both. Raises `TooManyWaiting`."""
    if _hurried(session, connection, code):
        return
    waiting = session.scalar(
        select(func.count(Call.id)).where(
            Call.state == "waiting", Call.kind == FETCH, Call.connection_id == connection.id
        )
    )
    if (waiting or 0) >= MOST_WAITING:
        raise TooManyWaiting
    _fetch(session, connection, code, {"send_mails": send_mails})


def fetch_all(session: Session, connection: PretixConnection, *, send_mails: bool) -> None:
    """Have all paid orders fetched, a page a call, from the first one on."""
    change_all(
        session,
        Call,
        Call.state == "waiting",
        Call.kind == FETCH,
        Call.connection_id == connection.id,
        Call.event == ALL,
        state="dropped",
        done_at=now(),
    )
    _fetch(session, connection, ALL, {"send_mails": send_mails, "orders": 0})


def fetch_next(
    session: Session, connection: PretixConnection, params: dict[str, Any], codes: Sequence[str]
) -> None:
    """Have the next page fetched, as `params` say, and the orders of these codes once more."""
    for code in codes:
        if not _hurried(session, connection, code):
            _fetch(session, connection, code, {"send_mails": params["send_mails"]})
    if "since" in params:
        _fetch(session, connection, ALL, params)


def fetched_since(connection_id: int, at: dt.datetime) -> set[str]:
    """The codes of orders that were fetched on their own since then, or are just now."""
    wanted = select(Call.event).where(
        Call.kind == FETCH,
        Call.connection_id == connection_id,
        or_(Call.state == "sending", Call.done_at >= at),
    )
    return set(db.session.scalars(wanted))


def write_holders(
    session: Session, connection: PretixConnection, tickets: Sequence[Ticket]
) -> None:
    """Have the holders of these tickets written to pretix; their orders are loaded."""
    enqueue_many(
        session,
        [_writing(connection, ticket.id, ticket.order_id, ticket.order.code) for ticket in tickets],
    )


@dataclass
class _Personalised:
    """Tickets that have another holder since this transaction: {shop id: {ticket id: order}}."""

    of_shop: dict[int, dict[int, Order]] = field(default_factory=dict)

    def __call__(self, session: Session) -> None:
        # Nobody disconnects one in between; and whether it writes back is looked at afterwards,
        # for whoever is just switching it on doesn't see this transaction yet.
        connections = session.scalars(
            to_rely_on(
                select(PretixConnection)
                .where(PretixConnection.shop_id.in_(self.of_shop))
                .order_by(PretixConnection.id)
            )
        )
        enqueue_many(
            session,
            [
                _writing(connection, ticket_id, order.id, order.code)
                for connection in connections
                if connection.write_back
                for ticket_id, order in self.of_shop[connection.shop_id].items()
            ],
        )


def note(session: Session, order: Order, action: str, ticket: Ticket | None) -> None:
    """Have pretix told, if the ticket is one of its own; `history.record` calls it."""
    if action not in _PERSONALISING or ticket is None or ticket.external_id is None:
        return
    if order.amended_as_of is None:
        return  # no shop that we follow sold it
    personalised = at_the_end(session, _Personalised())
    personalised.of_shop.setdefault(order.shop_id, {})[ticket.id] = order


def _hurried(session: Session, connection: PretixConnection, code: str) -> bool:
    """Whether the order waits to be fetched already; if so, it is fetched now.

    One that is being fetched at this moment may have been read before what we are told of now.
    """
    waiting = session.scalar(
        select(Call)
        .where(
            Call.state == "waiting",
            Call.kind == FETCH,
            Call.connection_id == connection.id,
            Call.event == code,
        )
        .limit(1)
    )
    if waiting is None:
        return False
    waiting.next_attempt_at = min(waiting.next_attempt_at, now())
    return True


def _fetch(
    session: Session, connection: PretixConnection, code: str, params: dict[str, Any]
) -> None:
    enqueue(
        session,
        FETCH,
        connection.shop.organiser_id,
        connection_id=connection.id,
        event=code,
        params=params,
    )


def _writing(
    connection: PretixConnection, ticket_id: int, order_id: int, code: str
) -> dict[str, Any]:
    return {
        "kind": WRITE,
        "organiser_id": connection.shop.organiser_id,
        "connection_id": connection.id,
        "order_id": order_id,
        "event": code,
        "params": {"ticket": ticket_id},
    }
