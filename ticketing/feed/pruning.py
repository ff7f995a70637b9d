"""Forgetting what every process has long seen."""

import datetime as dt
from typing import Final

from sqlalchemy import delete, func, select

from ticketing.models import Change, now
from ticketing.storing.transactions import write

_AT_ONCE: Final = 5_000  # writers wait for each other: portions, not one long transaction


def prune(older_than: dt.timedelta = dt.timedelta(days=1)) -> int:
    """Remove changes older than this; returns how many.

    The newest always stays: by the gap before it, a process that slept for longer notices that
    it missed something, and compares all that it watches.
    """
    old = (
        Change.at < now() - older_than,
        Change.id < select(func.max(Change.id)).scalar_subquery(),
    )
    gone = 0
    while True:
        with write() as session:
            some = select(Change.id).where(*old).order_by(Change.id).limit(_AT_ONCE)
            some = some.with_for_update(skip_locked=True)  # somebody else removes those
            done = session.execute(delete(Change).where(Change.id.in_(some)))
        removed: int = done.rowcount  # type: ignore[attr-defined]
        gone += removed
        if removed < _AT_ONCE:
            return gone
