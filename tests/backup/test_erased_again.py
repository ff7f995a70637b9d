"""Whoever was erased since the backup doesn't come back with it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from tests import builders, invariants
from tests.backup.conftest import Flask_
from tests.privacy import marked
from ticketing.asking.names import ERASED
from ticketing.extensions import db
from ticketing.models import Order, Shop

Restore = Callable[[], str]


def names_now() -> list[str]:
    db.session.rollback()
    return [
        name
        for order in db.session.scalars(select(Order).order_by(Order.id))
        for name in (order.first_name, *(ticket.first_name for ticket in order.tickets))
    ]


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


@pytest.mark.parametrize("amid_it", ["its event is moved", "the process dies"])
def test_orders_of_an_event_that_went_in_part(
    flask: Flask_,
    shop: Shop,
    order: Order,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    amid_it: str,
) -> None:
    """What was erased is erased again; what wasn't is kept."""
    builders.claim(builders.make_order(shop, tickets=1).tickets[0])
    assert flask("backup", tmp_path / "backup").exit_code == 0
    marked.is_over(shop.event, days=31)

    def happens() -> None:
        if amid_it == "the process dies":
            raise KeyboardInterrupt
        marked.is_moved(shop.event)

    marked.once_amid_it(monkeypatch, happens)
    flask("retain")
    assert names_now() == [ERASED, ERASED, "", "", "", "Bea", "Anna"]
    restored = flask("restore", tmp_path / "backup", "--replace")
    assert restored.exit_code == 0, restored.output
    assert names_now() == [ERASED, ERASED, "", "", "", "Bea", "Anna"]
    invariants.check(db.session())
