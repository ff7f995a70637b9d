"""Whoever was erased since the backup doesn't come back with it."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from tests import builders, invariants
from tests.backup.conftest import Flask_
from tests.privacy import marked
from ticketing.extensions import db
from ticketing.models import Order
from ticketing.names import ERASED

Restore = Callable[[], str]


def names_now() -> list[str]:
    db.session.rollback()
    order = db.session.scalars(select(Order)).one()
    return [order.first_name, *(ticket.first_name for ticket in order.tickets)]


def test_one_person(
    flask: Flask_, order: Order, backed_up: Path, restore: Restore, tmp_path: Path
) -> None:
    builders.claim(order.tickets[2], **builders.BOB)
    done = flask("erase", "anna@example.org", "--yes", "--valid-too")
    assert done.exit_code == 0, done.output
    restore()
    assert names_now() == ["Bea", ERASED, "", "", ""]
    invariants.check(db.session())


def test_everybody_in_an_event(
    flask: Flask_, order: Order, backed_up: Path, restore: Restore
) -> None:
    marked.is_over(order.shop.event, days=31)
    done = flask("retain")
    assert "Events erased: 1" in done.output
    restore()
    assert names_now() == [ERASED, ERASED, "", "", ""]
    invariants.check(db.session())
