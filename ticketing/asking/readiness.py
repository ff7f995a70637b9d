"""Tickets become ready without a name, when their type no longer asks for one."""

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from ticketing import history
from ticketing.history import By
from ticketing.models import OPEN, PERSONALISED, Change, Order, Share, Ticket, now
from ticketing.ordering.gathering import gathered
from ticketing.storing.locking import to_change


def make_ready(session: Session, type_id: int, by: By) -> int:
    """Make all open tickets of a type ready in the caller's transaction; returns how many.

    Links they were shared by end, each history tells, each open overview hears of it, and so do
    programs that listen. Bookers get no mail: thousands would come at once, of which nobody needs
    any. In a few statements however many tickets they are, for everybody else waits meanwhile.
    """
    of_type = (Ticket.ticket_type_id == type_id, Ticket.state == OPEN)
    touched = Order.id.in_(select(Ticket.order_id).where(*of_type))
    # From now on nobody claims any of them.
    orders = {
        order.id: order
        for order in session.scalars(to_change(select(Order).where(touched).order_by(Order.id)))
    }
    waiting = session.scalars(
        select(Ticket).where(*of_type).order_by(Ticket.order_id, Ticket.position)
    ).all()
    if not waiting:
        return 0
    with gathered(session):
        for ticket in waiting:
            history.record(
                session,
                orders[ticket.order_id],
                "made_ready",
                by,
                ticket=ticket,
                before={"state": OPEN},
                after={"state": PERSONALISED},
            )
    at = now()
    session.execute(
        update(Order).where(touched).values(version=Order.version + 1),
        execution_options={"synchronize_session": False},
    )
    versions = session.execute(select(Order.id, Order.version).where(touched)).all()
    session.execute(
        update(Share)
        .where(
            Share.ticket_id.in_(select(Ticket.id).where(*of_type)),
            Share.ended_at.is_(None),
        )
        .values(ended_at=at, ended_by="ready"),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        update(Ticket)
        .where(*of_type)
        .values(
            state=PERSONALISED,
            personalised_at=at,
            revision=Ticket.revision + 1,
            # Past the next one too, which an open share dialog may have handed out.
            share_generation=Ticket.share_generation + 2,
            version=select(Order.version).where(Order.id == Ticket.order_id).scalar_subquery(),
        ),
        execution_options={"synchronize_session": False},
    )
    session.execute(
        insert(Change),
        [{"order_id": order_id, "version": version} for order_id, version in versions],
    )
    session.expire_all()
    return len(waiting)
