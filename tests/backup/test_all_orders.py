"""What a restore does with every order there is, and what it leaves alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, select

from tests import builders, invariants
from tests.backup.conftest import Flask_
from tests.privacy import marked
from ticketing.backup import portions
from ticketing.extensions import db
from ticketing.feed import live
from ticketing.models import Change, Order, Shop
from ticketing.storing import installation
from ticketing.trying import demo


def claimed(shop: Shop, number: int) -> list[int]:
    """So many orders without an open ticket, of which a restore has nothing to take back."""
    orders = [builders.make_order(shop, tickets=1) for _ in range(number)]
    for order in orders:
        builders.claim(order.tickets[0])
    return [order.id for order in orders]


def backed_up_and_restored(flask: Flask_, folder: Path) -> None:
    for command in (("backup", folder / "backup"), ("restore", folder / "backup", "--replace")):
        done = flask(*command)
        assert done.exit_code == 0, done.output


def test_when_an_order_changed_stays_true(flask: Flask_, shop: Shop, tmp_path: Path) -> None:
    """Programs that list what changed since aren't told of all there is."""
    (order_id,) = claimed(shop, 1)
    order = db.session.get_one(Order, order_id)
    before = order.updated_at, order.version
    backed_up_and_restored(flask, tmp_path)
    order = db.session.get_one(Order, order_id)
    assert (order.updated_at, order.version % live.OF_A_RESTORE) == before
    assert order.version > live.OF_A_RESTORE


def test_an_event_that_was_erased_before_is_erased_no_more(
    flask: Flask_, shop: Shop, tmp_path: Path
) -> None:
    claimed(shop, 2)
    marked.is_over(shop.event, days=31)
    assert "Events erased: 1" in flask("retain").output
    backed_up_and_restored(flask, tmp_path)
    assert "Events erased: 0" in flask("retain").output
    invariants.check(db.session())


class Stopped(BaseException):
    """As Ctrl-C."""


@pytest.fixture
def stopped_at_the_second_portion(app: Flask) -> Iterator[None]:
    """Once, when the versions of the second one's orders are written."""
    seen = 0

    def look(_conn: object, _cursor: object, statement: str, *_more: object) -> None:
        nonlocal seen
        if statement.startswith("UPDATE orders SET version=") and "list_version" in statement:
            seen += 1
            if seen == 2:
                raise Stopped

    event.listen(db.engine, "before_cursor_execute", look)
    yield
    event.remove(db.engine, "before_cursor_execute", look)


def test_a_few_at_a_time_and_stopped_amid_them(
    app: Flask,
    flask: Flask_,
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    stopped_at_the_second_portion: None,
) -> None:
    claimed(shop, 5)
    monkeypatch.setattr(portions, "ORDERS_AT_ONCE", 2)
    with pytest.raises(Stopped):
        flask("restore", "--in-place")
    db.session.rollback()
    versions = select(Order.version).order_by(Order.id)
    restores = [version // live.OF_A_RESTORE for version in db.session.scalars(versions)]
    assert restores[0] == restores[1] > 0 == restores[2] == restores[4]
    assert db.session.scalars(select(Change)).first(), "the feed comes last"
    assert "flask restore --in-place" in installation.problem_of(app)
    done = flask("restore", "--in-place")
    assert done.exit_code == 0, done.output
    (again,) = {version // live.OF_A_RESTORE for version in db.session.scalars(versions)}
    assert again > restores[0]
    assert db.session.scalars(select(Change)).first() is None
    assert installation.problem_of(app) == ""
    invariants.check(db.session())


def test_the_demo_shows_the_order_that_it_showed(flask: Flask_, app: Flask, tmp_path: Path) -> None:
    before = demo.demo()
    backed_up_and_restored(flask, tmp_path)
    assert demo.demo() == before
    order = db.session.scalars(select(Order).where(Order.reference == "DEMO-1")).one()
    builders.share(order.tickets[0])
    assert demo.demo().overview_url != before.overview_url
