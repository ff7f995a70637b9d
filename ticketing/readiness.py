"""Tickets become ready without a name, when their type no longer asks for one."""

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from ticketing.history import By
from ticketing.models import (
    OPEN,
    PERSONALISED,
    Change,
    HistoryEntry,
    Order,
    Share,
    Ticket,
    now,
)


def make_ready(session: Session, type_id: int, by: By) -> int:
    """Make all open tickets of a type ready in the caller's transaction; returns how many.

    Links they were shared by end, each history tells, each open overview hears of it. In a few
    statements however many they are, for everybody else waits meanwhile.
    """
    of_type = (Ticket.ticket_type_id == type_id, Ticket.state == OPEN)
    # In one order, so that two of these can't wait for each other; then nobody claims any more.
    list(
        session.scalars(
            select(Order.id)
            .where(Order.id.in_(select(Ticket.order_id).where(*of_type)))
            .order_by(Order.id)
            .with_for_update()
        )
    )
    waiting = session.execute(select(Ticket.id, Ticket.order_id).where(*of_type)).all()
    if not waiting:
        return 0
    at = now()
    touched = Order.id.in_(select(Ticket.order_id).where(*of_type))
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
        insert(HistoryEntry),
        [
            {
                "order_id": order_id,
                "ticket_id": ticket_id,
                "at": at,
                "actor": by.kind,
                "actor_name": by.name,
                "user_id": by.user_id,
                "action": "made_ready",
                "before": {"state": OPEN},
                "after": {"state": PERSONALISED},
                "reason": "",
            }
            for ticket_id, order_id in waiting
        ],
    )
    session.execute(
        insert(Change),
        [{"order_id": order_id, "version": version} for order_id, version in versions],
    )
    session.expire_all()
    return len(waiting)
