"""Who waits for whom: one order of locking, so that nobody ever waits in a circle.

PostgreSQL lets writers pass each other (READ COMMITTED: each statement sees what was committed
when it began). Whatever a rule decides on, it therefore reads after it has taken the lock that
keeps it true, and all rules take their locks from the whole to the part:

    import → organiser → event → shop → ticket types → questions → orders
           → names (`queue_for`) → endpoint or connection → its calls → mails

One statement for all rows of a table, in the sequence of their ids. What has no place of its own
goes with what it belongs to: tickets and shares with their order, members, invitations and
wallets with their organiser, pictures with event or shop. An account is locked after its organiser.

A lock stops those who change the row, not those who write rows that refer to it: `FOR NO KEY
UPDATE` lets the look-up of a foreign key pass (`FOR KEY SHARE`), `FOR UPDATE` would not. A ticket
that is changed twice in one transaction has its foreign keys looked up again, so that whoever
claims would come to wait for whoever changes the ticket's type, against the order above.
https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-ROWS

SQLite has one writer, who locks everything (`transactions.write`): all of this is left out there.
"""

from typing import Any, Final, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from ticketing.models import Base

Model = TypeVar("Model", bound=Base)
Rows = TypeVar("Rows", bound="Select[*tuple[Any, ...]]")

_NO_KEY: Final = {"key_share": True}  # SQLAlchemy's words for NO KEY


def lock(session: Session, model: type[Model], row_id: int) -> Model:
    """The row as it is now, which nobody else changes until this transaction ends.

    Raises SQLAlchemy's `NoResultFound`.
    """
    return session.get_one(model, row_id, with_for_update=_NO_KEY, populate_existing=True)


def lock_if_there(session: Session, model: type[Model], row_id: int) -> Model | None:
    """As `lock`, for what somebody may have removed meanwhile."""
    return session.get(model, row_id, with_for_update=_NO_KEY, populate_existing=True)


def to_change(rows: Rows, *, of: type[Base] | None = None) -> Rows:
    """The selected rows, locked like `lock` does; where there may be several, sort them by id.

    `of` are those that are meant where others are loaded along. The others are as of the moment
    when the statement began.
    """
    return rows.with_for_update(of=of, **_NO_KEY).execution_options(populate_existing=True)


def to_rely_on(rows: Rows, *, of: type[Base] | None = None) -> Rows:
    """As `to_change`, for many at a time: none of them changes the rows, and nobody else does."""
    return rows.with_for_update(of=of, read=True).execution_options(populate_existing=True)


def queue_for(session: Session, *names: str) -> None:
    """Whoever queues for one of these names, too, goes on when this transaction has ended.

    For what no row stands for, such as how many mails somebody had today. Once in a transaction,
    with all names that are needed. Raises `Busy` through `write` where it takes too long.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    for name in sorted(set(names)):  # the same sequence for all, or two could hold each other up
        session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
