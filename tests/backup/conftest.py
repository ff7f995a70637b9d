"""An installation that is backed up, goes on, and is put back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from tests import builders
from ticketing.extensions import db
from ticketing.models import Order, Shop

Flask_ = Callable[..., Result]


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    """Ticket 1 is Anna's, 2 is shared, 3 and 4 lie there as they came."""
    order = builders.make_order(shop, tickets=4)
    builders.claim(order.tickets[0])
    builders.share(order.tickets[1])
    return order


@pytest.fixture
def flask(app: Flask) -> Flask_:
    """Call a command, as an operator would beside a server that isn't running."""

    def call(*arguments: str | Path) -> Result:
        db.session.rollback()
        db.engine.dispose()
        result = app.test_cli_runner().invoke(args=[str(each) for each in arguments])
        db.session.rollback()
        return result

    return call


@pytest.fixture
def backed_up(flask: Flask_, order: Order, tmp_path: Path) -> Path:
    """A backup of the order as it is at the beginning."""
    made = flask("backup", tmp_path / "backup")
    assert made.exit_code == 0, made.output
    return tmp_path / "backup"


@pytest.fixture
def restore(flask: Flask_, backed_up: Path) -> Callable[[], str]:
    """Put the backup back; returns what the command says."""

    def call() -> str:
        done = flask("restore", backed_up, "--replace")
        assert done.exit_code == 0, done.output
        return done.output

    return call
