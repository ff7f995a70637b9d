"""Overviews that are open after a restore: each shows what the backup doesn't know of."""

from functools import partial

from sqlalchemy import delete, text, update
from sqlalchemy.orm import Session

from ticketing.backup.portions import in_portions
from ticketing.feed import live
from ticketing.models import Change, Order, Ticket
from ticketing.storing.leases import rows
from ticketing.storing.transactions import write


def begin_anew(generation: int) -> None:
    """The feed, and all versions. To each overview it is news, then, and every card of it; what
    it is told later is newer still.

    Nothing of the orders changed by that, so they say the same of when something did.
    """
    in_portions(partial(_versions, anew=generation * live.OF_A_RESTORE))
    with write() as session:
        session.execute(delete(Change), execution_options={"synchronize_session": False})
        _count_on(session)


def _versions(session: Session, first: int, last: int, *, anew: int) -> int:
    unread = {"synchronize_session": False}
    orders = update(Order).where(Order.id.between(first, last))
    tickets = update(Ticket).where(Ticket.order_id.between(first, last))
    session.execute(tickets.values(version=anew), execution_options=unread)
    return rows(
        session.execute(
            orders.values(
                version=anew + Order.version % live.OF_A_RESTORE,
                list_version=anew,
                updated_at=Order.updated_at,
            ),
            execution_options=unread,
        )
    )


def _count_on(session: Session) -> None:
    """The feed's lines get ids that none had before: an overview that is open knows the last."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(
            text("UPDATE sqlite_sequence SET seq = seq + :n WHERE name = 'changes'"),
            {"n": live.LEFT_OUT},
        )
        return
    session.execute(
        text("SELECT setval(s, nextval(s) + :n) FROM pg_get_serial_sequence('changes', 'id') AS s"),
        {"n": live.LEFT_OUT},
    )
