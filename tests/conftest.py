"""An installation of its own for every test that asks for one."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade

from tests import builders, invariants
from tests.live_server import live_server
from ticketing import create_app
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, Ticket

__all__ = ["live_server"]  # a fixture from its own room


@pytest.fixture(scope="session")
def migrated_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance folder whose database went through the migrations; copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    app = create_app({"TESTING": True}, Settings(instance_path=folder))
    with app.app_context():
        upgrade()
    return folder


@pytest.fixture
def settings(migrated_instance: Path, tmp_path: Path) -> Settings:
    folder = tmp_path / "instance"
    shutil.copytree(migrated_instance, folder)
    return Settings(instance_path=folder)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The app, with an application context pushed for rules and queries."""
    app = create_app({"TESTING": True}, settings)
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client(use_cookies=False)


@pytest.fixture
def order_of_five(app: Flask) -> Order:
    return builders.make_order(tickets=5)


@pytest.fixture
def open_ticket(order_of_five: Order) -> Ticket:
    return order_of_five.tickets[0]


@pytest.fixture
def consistent(app: Flask) -> Iterator[None]:
    """When the test is over, tables and histories must still tell the same story."""
    yield
    invariants.check(db.session())
