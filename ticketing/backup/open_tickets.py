"""Open tickets after a restore: who has had a link or a barcode to one since, nobody knows."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from sqlalchemy import case, func, insert, literal, select, update
from sqlalchemy.orm import Session

from ticketing.backup.again import REASON
from ticketing.backup.portions import in_portions
from ticketing.extensions import db
from ticketing.feed import live
from ticketing.guards import WITHDRAWN
from ticketing.history import SYSTEM
from ticketing.models import OPEN, HistoryEntry, Order, Ticket, now
from ticketing.models.base import UTCDateTime
from ticketing.storing.leases import rows
from ticketing.vault import revocations


def unused_generation(others: Sequence[Path]) -> int:
    """One that no open ticket has had, here or after another restore of the same backup."""
    highest = select(func.max(Ticket.link_generation), func.max(Ticket.barcode_generation))
    known = db.session.execute(highest.where(Ticket.state == OPEN)).one()
    db.session.rollback()
    return 1 + max(revocations.restored_to(others), *(each or 0 for each in known))


def renew(generation: int) -> int:
    """Whoever personalised a ticket since the backup has a link and a barcode to it, and the next
    who does must not share them: open tickets get those of this generation, which none has had.
    A first link that was shared since is known to nobody: where none is out, the next is another.

    Returns how many tickets those are.
    """
    open_ = select(Ticket.id).where(Ticket.order_id == Order.id, Ticket.state == OPEN)
    return in_portions(partial(_renew_open, generation=generation), open_.exists())


def _renew_open(session: Session, first: int, last: int, *, generation: int) -> int:
    """Those of the orders from this one to that one, in a few statements."""
    pair = func.json_object if _is_sqlite(session) else func.json_build_object
    link, barcode = Ticket.link_generation, Ticket.barcode_generation
    share, unshared = Ticket.share_generation, ~Ticket.share.has()
    was = ("link", link, "barcode", barcode)
    is_ = ("link", generation, "barcode", generation)
    withdrawn = share + WITHDRAWN
    theirs = Ticket.state == OPEN, Ticket.order_id.between(first, last)
    told = select(
        Ticket.order_id,
        Ticket.id,
        literal(now(), UTCDateTime()),
        literal(SYSTEM.kind),
        literal(SYSTEM.name),
        literal("restored"),
        case((unshared, pair(*was, "share", share)), else_=pair(*was)),
        case((unshared, pair(*is_, "share", withdrawn)), else_=pair(*is_)),
        literal(REASON),
    ).where(*theirs)
    columns = "order_id ticket_id at actor actor_name action before after reason".split()
    session.execute(insert(HistoryEntry).from_select(columns, told, include_defaults=False))
    live.touch_between(session, first, last, Ticket.state == OPEN)
    return rows(
        session.execute(
            update(Ticket)
            .where(*theirs)
            .values(
                link_generation=generation,
                barcode_generation=generation,
                share_generation=case((unshared, withdrawn), else_=share),
            ),
            execution_options={"synchronize_session": False},
        )
    )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
