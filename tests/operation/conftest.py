"""One service for the tests that only look at it: two workers, a watcher, a mail server."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.live_server import LiveServer
from tests.operation.service import Watcher, running_service
from tests.smtp import SmtpServer
from ticketing import create_app


@pytest.fixture(scope="module")
def post() -> Iterator[SmtpServer]:
    server = SmtpServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def service(
    post: SmtpServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[LiveServer, Watcher]]:
    folder: Path = tmp_path_factory.mktemp("service")
    with running_service(
        folder, PASSALONG_LOG_FORMAT="json", PASSALONG_WORKERS="2", **post.environment()
    ) as running:
        yield running


@pytest.fixture(scope="module")
def server(service: tuple[LiveServer, Watcher]) -> LiveServer:
    return service[0]


@pytest.fixture(scope="module")
def watcher(service: tuple[LiveServer, Watcher]) -> Watcher:
    return service[1]


@pytest.fixture
def app(server: LiveServer) -> Iterator[Flask]:
    """An app of the test's own on the service's database."""
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        yield app
