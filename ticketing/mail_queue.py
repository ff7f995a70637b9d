"""The outbox as a queue: which mail is next, who has it in hand, what became of it.

A lease is a short transaction of its own. Who dies with one leaves it to run out; the mail is
then due again, under the same Message-ID, by which mail programs recognise a double.
"""

import datetime as dt
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from ticketing.extensions import db
from ticketing.models import OutboxMail, now
from ticketing.transactions import Busy, write

Clock = Callable[[], dt.datetime]

LEASE: Final = dt.timedelta(minutes=2)  # longer than composing and the server's answers may take
SHORTEST_WAIT: Final = dt.timedelta(minutes=1)
LONGEST_WAIT: Final = dt.timedelta(hours=1)
# With these waits, even at their shortest, a mail is tried over more than three days.
MOST_ATTEMPTS: Final = 105

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lease:
    mail_id: int
    kind: str
    attempt: int


def lease(at: dt.datetime) -> Lease | None:
    """Take the mail that is due the longest; nobody else sends it until the lease runs out."""
    with write() as session:
        while (mail_id := next_due(at)) is not None:
            taken = session.execute(
                update(OutboxMail)
                .where(OutboxMail.id == mail_id, _due(at))
                .values(state="sending", leased_until=at + LEASE, attempts=OutboxMail.attempts + 1)
            )
            if _rows(taken) == 1:
                mail = session.get_one(OutboxMail, mail_id, populate_existing=True)
                return Lease(mail.id, mail.kind, mail.attempts)
    return None


def settle(held: Lease, **values: Any) -> None:
    """Write down how it went, unless the lease ran out and somebody else took over."""
    for last_try in (False, False, True):
        try:
            with write() as session:
                settled = session.execute(
                    update(OutboxMail)
                    .where(
                        OutboxMail.id == held.mail_id,
                        OutboxMail.state == "sending",
                        OutboxMail.attempts == held.attempt,
                    )
                    .values(leased_until=None, **values)
                )
        except Busy:
            if last_try:  # the lease will run out, and the mail be sent once more
                raise
        else:
            if _rows(settled) != 1:
                _log.warning("Mail %d: the lease had run out", held.mail_id)
            return


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
        return _rows(changed) == 1


def queue_age(*, clock: Clock = now) -> dt.timedelta | None:
    """How long the oldest undelivered mail has been waiting, None where none is."""
    oldest = db.session.scalar(select(func.min(OutboxMail.created_at)).where(_undelivered()))
    return None if oldest is None else clock() - oldest


def wait_after(attempt: int) -> dt.timedelta:
    """Until the next try: 1, 2, 4 … 60 minutes, a little less each time.

    The jitter keeps mails that failed together from coming back together.
    """
    full = min(SHORTEST_WAIT * (1 << min(attempt - 1, 10)), LONGEST_WAIT)
    return max(full * random.uniform(0.75, 1), SHORTEST_WAIT)  # noqa: S311 - nobody's secret


def next_due(at: dt.datetime) -> int | None:
    return db.session.scalar(
        select(OutboxMail.id)
        .where(_due(at))
        .order_by(OutboxMail.next_attempt_at, OutboxMail.id)
        .limit(1)
    )


def count_undelivered() -> int:
    count = db.session.scalar(select(func.count()).select_from(OutboxMail).where(_undelivered()))
    return count or 0


def _due(at: dt.datetime) -> ColumnElement[bool]:
    return or_(
        and_(OutboxMail.state == "waiting", OutboxMail.next_attempt_at <= at),
        and_(OutboxMail.state == "sending", OutboxMail.leased_until <= at),
    )


def _undelivered() -> ColumnElement[bool]:
    return OutboxMail.state.in_(["waiting", "sending"])


def _rows(result: Any) -> int:
    count: int = result.rowcount
    return count
