"""What each kind of call does. Whoever brings a kind registers its handler here."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Session

from ticketing.models import Call

More = Callable[[Session, dt.datetime], None]


class Result(StrEnum):
    DONE = "done"
    AGAIN = "again"  # it may go better later; after the last try it has failed
    FAILED = "failed"  # it never will
    DROPPED = "dropped"  # nobody needs it any more


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try went.

    `status` is HTTP's, None where no answer came. `error` is for the organiser's eyes: what
    happened, without a secret. `not_before` is when the other side wants to be asked again.
    `also` writes more in the transaction that settles the call, at this moment, if the lease
    still held. `answer` is how the other side's answer began, kept for the delivery log.
    """

    result: Result
    status: int | None = None
    error: str = ""
    not_before: dt.timedelta | None = None
    also: More | None = None
    answer: str = ""

    @classmethod
    def done(
        cls, status: int | None = None, *, also: More | None = None, answer: str = ""
    ) -> "Outcome":
        return cls(Result.DONE, status, also=also, answer=answer)

    @classmethod
    def again(
        cls,
        error: str,
        status: int | None = None,
        *,
        not_before: dt.timedelta | None = None,
        also: More | None = None,
        answer: str = "",
    ) -> "Outcome":
        return cls(Result.AGAIN, status, error, not_before, also, answer)

    @classmethod
    def failed(
        cls,
        error: str,
        status: int | None = None,
        *,
        also: More | None = None,
        answer: str = "",
    ) -> "Outcome":
        return cls(Result.FAILED, status, error, None, also, answer)

    @classmethod
    def dropped(cls, error: str) -> "Outcome":
        return cls(Result.DROPPED, None, error)


# Runs in a thread of its own, inside an application context. It may read and write the database,
# but ends every transaction (`db.session.rollback()`) before it turns to the network, and is done
# well within `queue.LEASE`. It may raise `outbound.NotReached`: then the call is tried again.
Handler = Callable[[Call], Outcome]

HANDLERS: Final[dict[str, Handler]] = {}
