"""The outbox as a queue: which mail is next, who has it in hand, what became of it.

A mail whose lease ran out is sent again under the same Message-ID, by which mail programs
recognise a double.
"""

import datetime as dt
import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import Select, case, false, func, select, true, update

from ticketing import metrics
from ticketing.asking.names import ERASED
from ticketing.extensions import db
from ticketing.models import Order, OutboxMail, now
from ticketing.storing.leases import Leases, change_all, rows
from ticketing.storing.locking import lock_if_there
from ticketing.storing.transactions import write

Clock = Callable[[], dt.datetime]

LEASE: Final = dt.timedelta(minutes=2)  # longer than composing and the server's answers may take
HELD_UP: Final = dt.timedelta(minutes=10)  # after which a mail that is due is later than usual
SHORTEST_WAIT: Final = dt.timedelta(minutes=1)
LONGEST_WAIT: Final = dt.timedelta(hours=1)
# With these waits, even at their shortest, a mail is tried over more than three days.
MOST_ATTEMPTS: Final = 105

_leases: Final = Leases(
    OutboxMail, LEASE, LONGEST_WAIT, (OutboxMail.bulk == false(), OutboxMail.bulk == true())
)


@dataclass(frozen=True, slots=True)
class Lease:
    mail_id: int
    kind: str
    attempt: int
    order_id: int | None


def lease(at: dt.datetime) -> Lease | None:
    """Take the mail that is due the longest; nobody else sends it until the lease runs out."""
    return _leases.take(at, lambda mail: Lease(mail.id, mail.kind, mail.attempts, mail.order_id))


def settle(held: Lease, **values: Any) -> None:
    """Write down how it went, unless the lease ran out and somebody else took over.

    What a mail server said of somebody who was erased meanwhile isn't kept: it quotes the address.
    """
    first = None
    if held.order_id is not None and values["state"] in {"waiting", "failed"}:
        first = partial(lock_if_there, model=Order, row_id=held.order_id)
        erased = OutboxMail.recipient == ERASED
        values["last_error"] = case((erased, ""), else_=values["last_error"])
    _leases.settle(held.mail_id, held.attempt, first=first, **values)
    metrics.current().mails.labels(held.kind, values["state"]).inc()


def note(error: str, at: dt.datetime) -> None:
    """Let the backoffice see what holds all mails up, on the one that is due the longest."""
    with write() as session:
        session.execute(
            update(OutboxMail).where(OutboxMail.id == next_due(at)).values(last_error=error)
        )


def retry(mail_id: int, *, clock: Clock = now) -> bool:
    """Try a failed mail, or one that waits for its next try, at once; returns whether it is one."""
    with write() as session:
        changed = session.execute(
            update(OutboxMail)
            .where(OutboxMail.id == mail_id, OutboxMail.state.in_(["failed", "waiting"]))
            .values(state="waiting", attempts=0, next_attempt_at=clock(), last_error="")
        )
        return rows(changed) == 1


def retry_all(mails: Select[OutboxMail], *, clock: Clock = now) -> int:
    """Try those of the selected mails that failed at once; returns how many there are."""
    chosen = mails.where(OutboxMail.state == "failed").with_only_columns(OutboxMail.id)
    with write() as session:
        return change_all(
            session,
            OutboxMail,
            OutboxMail.id.in_(chosen.order_by(None)),
            OutboxMail.state == "failed",
            state="waiting",
            attempts=0,
            next_attempt_at=clock(),
            last_error="",
        )


def queue_age(*, clock: Clock = now) -> dt.timedelta | None:
    """How long the oldest undelivered mail has been waiting, None where none is."""
    oldest = db.session.scalar(select(func.min(OutboxMail.created_at)).where(_leases.undone()))
    return None if oldest is None else max(clock() - oldest, dt.timedelta(0))


def held_up(mails: Select[OutboxMail], *, clock: Clock = now) -> OutboxMail | None:
    """Of the selected mails the one that should have gone out the longest ago, if any should."""
    late = mails.where(
        OutboxMail.state == "waiting", OutboxMail.next_attempt_at < clock() - HELD_UP
    )
    return db.session.scalar(late.order_by(OutboxMail.next_attempt_at).limit(1))


def wait_after(attempt: int) -> dt.timedelta:
    """Until the next try: 1, 2, 4 … 60 minutes, a little less each time.

    The jitter keeps mails that failed together from coming back together.
    """
    full = min(SHORTEST_WAIT * (1 << min(attempt - 1, 10)), LONGEST_WAIT)
    return max(full * random.uniform(0.75, 1), SHORTEST_WAIT)  # noqa: S311 - nobody's secret


def next_due(at: dt.datetime) -> int | None:
    return _leases.next_due(at)


def count_undelivered() -> int:
    return _leases.count_undone()
