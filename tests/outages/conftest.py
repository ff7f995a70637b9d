"""The real server on each engine, two workers as a service manager starts them, under faults."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from tests import builders, invariants
from tests.installations import Installations, variables_of
from tests.live_server import LiveServer, running_in_earnest
from ticketing import create_app
from ticketing.extensions import db


class Services:
    """One server an engine, started when first asked for, and anew when a test has ended it."""

    def __init__(self, installations: Installations, folder: Path) -> None:
        self._installations, self._folder = installations, folder
        self._running: dict[str, LiveServer] = {}
        self.stack = ExitStack()

    def on(self, engine: str) -> LiveServer:
        found = self._running.get(engine)
        if found is None or found.process.poll() is not None:
            folder = self._folder / f"{engine}-{len(list(self._folder.iterdir()))}"
            folder.mkdir()
            copy = self._installations.copy(engine, folder / "instance")
            variables = variables_of(self.stack.enter_context(copy))
            found = self.stack.enter_context(running_in_earnest(folder, **variables))
            self._running[engine] = found
        return found


@pytest.fixture(scope="session")
def services(
    installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Services]:
    found = Services(installations, tmp_path_factory.mktemp("outages"))
    with found.stack:
        yield found


@pytest.fixture
def server(engine: str, services: Services) -> LiveServer:
    return services.on(engine)


@pytest.fixture
def app(server: LiveServer) -> Iterator[Flask]:
    """The test's own app on the server's database, on which there is a shop."""
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        builders.make_shop()
        yield app
        db.session.rollback()
        invariants.check(db.session())
        db.session.remove()
        db.engine.dispose()
