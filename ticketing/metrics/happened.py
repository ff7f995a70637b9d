"""What people and programs did, counted once it is committed: a rule that is undone did nothing."""

from collections import Counter
from typing import Final

from sqlalchemy import event
from sqlalchemy.orm import Session

from ticketing.metrics.measures import current

_NOTED: Final = "happened"  # in the session's info


def note(session: Session, action: str, actor: str) -> None:
    """Count an entry of a history if the caller's transaction is committed."""
    noted: Counter[tuple[str, str]] = session.info.setdefault(_NOTED, Counter())
    noted[action, actor] += 1


@event.listens_for(Session, "after_commit")
def _count(session: Session) -> None:
    for labels, number in session.info.pop(_NOTED, {}).items():
        current().happened.labels(*labels).inc(number)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_NOTED, None)
