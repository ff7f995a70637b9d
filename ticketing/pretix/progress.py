"""How far a connection's calls are: what waits, what has failed, and what was made last."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from ticketing.extensions import db
from ticketing.models import Call, CallTry, PretixConnection
from ticketing.pretix import queue

SHOWN: Final = 10  # calls of a connection on its page


@dataclass(frozen=True, slots=True)
class Waiting:
    """What of a connection waits, and what has failed."""

    waiting: int = 0
    failed: int = 0
    fetched: int | None = None  # new orders so far, while all paid ones are being fetched


def waiting(connection: PretixConnection) -> Waiting:
    counted = dict(
        db.session.execute(
            select(Call.state, func.count())
            .where(
                Call.connection_id == connection.id,
                Call.state.in_(["waiting", "sending", "failed"]),
            )
            .group_by(Call.state)
        ).all()
    )
    fetching = db.session.scalar(
        select(Call)
        .where(
            Call.connection_id == connection.id,
            Call.event == queue.ALL,
            Call.state.in_(["waiting", "sending"]),
        )
        .limit(1)
    )
    return Waiting(
        waiting=counted.get("waiting", 0) + counted.get("sending", 0),
        failed=counted.get("failed", 0),
        fetched=int(fetching.params.get("orders", 0)) if fetching is not None else None,
    )


def latest(connection: PretixConnection) -> list[tuple[Call, CallTry | None]]:
    """The last calls, the newest first, each with its last try."""
    found = list(
        db.session.scalars(
            select(Call)
            .where(Call.connection_id == connection.id)
            .order_by(Call.id.desc())
            .limit(SHOWN)
        )
    )
    last = (
        select(func.max(CallTry.id))
        .where(CallTry.call_id.in_([call.id for call in found]))
        .group_by(CallTry.call_id)
    )
    tries = {
        each.call_id: each
        for each in db.session.scalars(select(CallTry).where(CallTry.id.in_(last)))
    }
    return [(call, tries.get(call.id)) for call in found]
