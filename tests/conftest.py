"""An installation of its own for every test that asks for one, on each engine in turn."""

import os
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders, invariants, lock_order, quick
from tests.installations import ENGINES, Installations
from tests.live_server import live_server
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, Ticket

__all__ = ["live_server"]  # a fixture from its own room


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine", choices=ENGINES, help="run what needs a database on this one alone"
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "engine(name): run on this database engine alone: on others it is not or alike"
    )
    quick.keep_files_in_memory()
    quick.keep_bytecode(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever asks for a database runs once on each engine."""
    if "engine" not in metafunc.fixturenames:
        return
    only = metafunc.definition.get_closest_marker("engine")
    engines = [only.args[0]] if only else list(ENGINES)
    chosen = metafunc.config.getoption("engine")
    metafunc.parametrize("engine", [each for each in engines if chosen in {None, each}])


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One process a core for the whole suite; none beside this one for a few files."""
    whole = config.invocation_params.dir == config.rootpath and not config.option.file_or_dir
    return (os.cpu_count() or 1) if whole and not config.option.keyword else 0


@pytest.fixture(scope="session")
def installations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installations]:
    found = Installations(tmp_path_factory.mktemp("migrated"))
    yield found
    found.close()


@pytest.fixture
def settings(engine: str, installations: Installations) -> Settings:
    return installations.fresh(engine)


@pytest.fixture
def app(settings: Settings, installations: Installations) -> Iterator[Flask]:
    """The app, with an application context pushed for rules and queries."""
    with lock_order.watched() as problems, installations.app(settings) as app, app.app_context():
        yield app
    assert not problems, "\n\n".join(problems)


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
