"""What waits to be delivered, as the database tells it at the moment somebody asks."""

import logging
from collections.abc import Iterator
from typing import Final

from prometheus_client import Metric
from prometheus_client.metrics_core import GaugeMetricFamily
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from ticketing.extensions import db
from ticketing.models import Call, OutboxMail, now

# Done ones are no longer looked at: there may be millions.
_STATES: Final = ("waiting", "sending", "failed")

_log = logging.getLogger(__name__)


def families() -> Iterator[Metric]:
    """How many mails and calls there are by kind and state, and how old the oldest undone are.

    Where the database doesn't answer, only that is said.
    """
    found: list[Metric] = []
    try:
        found += [*_of("mails", OutboxMail), *_of("calls", Call)]
        db.session.rollback()
    except SQLAlchemyError as error:
        db.session.remove()
        _log.warning("What waits can't be counted (%s)", type(error).__name__)
    up = "passalong_database_up"
    yield GaugeMetricFamily(up, "Whether the database answers", value=1 if found else 0)
    yield from found


def _of(name: str, table: type[OutboxMail] | type[Call]) -> tuple[Metric, Metric]:
    count = GaugeMetricFamily(
        f"passalong_{name}_in_hand", f"Of {name} not done", labels=("kind", "state")
    )
    age = GaugeMetricFamily(
        f"passalong_{name}_oldest_seconds", f"Age of the oldest of {name} undone", labels=("kind",)
    )
    oldest: dict[str, float] = {}
    at = now()
    for kind, state, number, since in db.session.execute(
        select(table.kind, table.state, func.count(), func.min(table.created_at))
        .where(table.state.in_(_STATES))
        .group_by(table.kind, table.state)
    ):
        count.add_metric((kind, state), number)
        if state != "failed":
            oldest[kind] = max(oldest.get(kind, 0.0), (at - since).total_seconds())
    for kind, seconds in oldest.items():
        age.add_metric((kind,), seconds)
    return count, age
