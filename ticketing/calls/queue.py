"""The calls as a queue: written with what caused them, leased, settled, tried again."""

import datetime as dt
import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, insert, or_, select
from sqlalchemy.orm import Session, aliased

from ticketing import metrics
from ticketing.calls.handlers import Outcome, Result
from ticketing.extensions import db
from ticketing.models import (
    Call,
    CallTry,
    HistoryEntry,
    Order,
    PretixConnection,
    WebhookEndpoint,
    now,
)
from ticketing.storing.leases import Leases, change_all
from ticketing.storing.locking import lock_if_there
from ticketing.storing.transactions import write

LEASE: Final = dt.timedelta(minutes=2)  # longer than any handler takes
# Until the 2nd, 3rd … 10th try, as the Standard Webhooks specification proposes: 75 hours in all.
WAITS: Final = (
    dt.timedelta(seconds=5),
    dt.timedelta(minutes=5),
    dt.timedelta(minutes=30),
    dt.timedelta(hours=2),
    dt.timedelta(hours=5),
    dt.timedelta(hours=10),
    dt.timedelta(hours=14),
    dt.timedelta(hours=20),
    dt.timedelta(hours=24),
)
MOST_TRIES: Final = len(WAITS) + 1
LONGEST_WISH: Final = dt.timedelta(days=1)  # of a receiver that wants to be left alone

# Until then a call may have to wait, be it by ours or by its receiver's wish, and a little longer.
_LONGEST_WAIT: Final = max(*WAITS, LONGEST_WISH) * 1.1

leases: Final = Leases(Call, LEASE, _LONGEST_WAIT)

# Whom a call goes to: an endpoint's id and a connection's, at most one of them set.
Lane = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Lease:
    call_id: int
    kind: str
    attempt: int
    lane: Lane
    order_id: int | None
    erasures: int  # how often somebody was erased in its order until then


def enqueue(
    session: Session,
    kind: str,
    organiser_id: int,
    *,
    endpoint_id: int | None = None,
    connection_id: int | None = None,
    order_id: int | None = None,
    event: str = "",
    params: dict[str, Any] | None = None,
    not_before: dt.datetime | None = None,
) -> Call:
    """Write a call in the caller's transaction.

    `params` holds what the handler needs beside the rows it names: plain values, never a link,
    token or somebody's details.
    """
    call = Call(
        **_values(
            kind,
            organiser_id,
            endpoint_id=endpoint_id,
            connection_id=connection_id,
            order_id=order_id,
            event=event,
            params=params,
            not_before=not_before,
        )
    )
    session.add(call)
    return call


def enqueue_many(session: Session, calls: Sequence[dict[str, Any]]) -> None:
    """Write thousands in one statement; each is what `enqueue` takes, by name."""
    if calls:
        session.execute(insert(Call), [_values(**each) for each in calls])


def lease(at: dt.datetime, *, without: Iterable[Lane] = ()) -> Lease | None:
    """Take the call that is due the longest, but none to those in `without`."""

    def keep(call: Call) -> Lease:
        lane = (call.endpoint_id, call.connection_id)
        erasures = _erasures(db.session(), call.order_id)
        return Lease(call.id, call.kind, call.attempts, lane, call.order_id, erasures)

    return leases.take(at, keep, *_besides(without))


def next_due(at: dt.datetime, *, without: Iterable[Lane] = ()) -> int | None:
    return leases.next_due(at, *_besides(without))


def settle(held: Lease, outcome: Outcome, milliseconds: int, at: dt.datetime) -> str:
    """Log the try and write down what becomes of the call; returns its state.

    Raises `Unavailable`: then the call is made once more when the lease has run out.
    """

    def also(session: Session, still_held: bool) -> None:
        # The answer may repeat what the program was told of somebody who is erased by now.
        tells = _erasures(session, held.order_id) == held.erasures
        session.add(
            CallTry(
                call_id=held.call_id,
                at=at,
                milliseconds=milliseconds,
                status=outcome.status,
                error=outcome.error if tells else "",
                answer=outcome.answer if tells else "",
            )
        )
        if still_held and outcome.also is not None:
            outcome.also(session, at)

    def lock_first(session: Session) -> None:
        if held.order_id is not None:  # nobody is erased in it meanwhile
            lock_if_there(session, Order, held.order_id)
        if outcome.also is None:
            return
        endpoint_id, connection_id = held.lane
        if endpoint_id is not None:
            lock_if_there(session, WebhookEndpoint, endpoint_id)
        if connection_id is not None:
            lock_if_there(session, PretixConnection, connection_id)

    values = _after(held, outcome, at)
    leases.settle(held.call_id, held.attempt, first=lock_first, also=also, **values)
    metrics.current().calls.labels(held.kind, values["state"]).inc()
    return str(values["state"])


def replay(
    *conditions: ColumnElement[bool],
    states: Sequence[str] = ("waiting", "done", "failed", "dropped"),
    at: dt.datetime | None = None,
) -> int:
    """Make these calls once more, from now, with as many tries anew; returns how many.

    They keep their message id, so that a receiver that has seen one can tell. What is being made
    at this moment is left alone, whatever `states` say.
    """
    with write() as session:
        return change_all(
            session,
            Call,
            Call.state.in_(states),
            Call.state != "sending",
            *conditions,
            state="waiting",
            attempts=0,
            next_attempt_at=at or now(),
            done_at=None,
        )


def wait_after(attempt: int) -> dt.timedelta:
    """Until the next try. The jitter keeps calls that failed together from coming back so."""
    return WAITS[min(attempt, len(WAITS)) - 1] * random.uniform(1, 1.1)  # noqa: S311 - no secret


def _erasures(session: Session, order_id: int | None) -> int:
    if order_id is None:
        return 0
    wanted = select(func.count(HistoryEntry.id)).where(
        HistoryEntry.order_id == order_id, HistoryEntry.action == "erased"
    )
    return session.scalars(wanted).one()


def _after(held: Lease, outcome: Outcome, at: dt.datetime) -> dict[str, Any]:
    if outcome.result is Result.AGAIN and held.attempt < MOST_TRIES:
        wish = min(outcome.not_before or dt.timedelta(0), LONGEST_WISH)
        return {"state": "waiting", "next_attempt_at": at + max(wait_after(held.attempt), wish)}
    if outcome.result is Result.AGAIN:
        return {"state": "failed", "done_at": at}
    return {"state": outcome.result.value, "done_at": at}


def _besides(lanes: Iterable[Lane]) -> list[ColumnElement[bool]]:
    endpoints = [endpoint for endpoint, _ in lanes if endpoint is not None]
    connections = [connection for _, connection in lanes if connection is not None]
    return [
        or_(Call.endpoint_id.is_(None), Call.endpoint_id.not_in(endpoints)),
        or_(Call.connection_id.is_(None), Call.connection_id.not_in(connections)),
        ~_is_at_hand(),
    ]


def _is_at_hand() -> ColumnElement[bool]:
    """Whether a connection is being asked the same at this moment.

    One after the other: an answer that is overtaken by a newer one would be taken for the newest.
    """
    other = aliased(Call)
    same = select(other.id).where(
        other.state == "sending",
        other.id != Call.id,
        other.connection_id == Call.connection_id,
        other.kind == Call.kind,
        other.event == Call.event,
    )
    return same.exists()


def _values(
    kind: str,
    organiser_id: int,
    *,
    endpoint_id: int | None = None,
    connection_id: int | None = None,
    order_id: int | None = None,
    event: str = "",
    params: dict[str, Any] | None = None,
    not_before: dt.datetime | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "organiser_id": organiser_id,
        "endpoint_id": endpoint_id,
        "connection_id": connection_id,
        "order_id": order_id,
        "event": event,
        "params": params or {},
        "message_id": f"msg_{uuid.uuid4().hex}",  # the same over all tries
        "next_attempt_at": not_before or now(),
    }


def load(session: Session, call_id: int) -> Call:
    return session.scalars(select(Call).where(Call.id == call_id)).one()
