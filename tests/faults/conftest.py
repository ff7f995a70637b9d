"""A crew of processes, started once: their start takes longer than all that they do."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from tests.faults.crew import Crew, crew_of
from tests.installations import Installations
from ticketing import create_app
from ticketing.config import Settings
from ticketing.extensions import db

PROCESSES = int(os.environ.get("PASSALONG_PROCESSES", "6"))


class Shared:
    """One installation an engine, and the crew that works on it; each made when first asked for."""

    def __init__(self, installations: Installations, folder: Path) -> None:
        self._installations, self._folder = installations, folder
        self._settings: dict[str, Settings] = {}
        self._crews: dict[str, Crew] = {}
        self.stack = ExitStack()

    def settings(self, engine: str) -> Settings:
        if engine not in self._settings:
            copy = self._installations.copy(engine, self._folder / engine)
            self._settings[engine] = self.stack.enter_context(copy)
        return self._settings[engine]

    def crew(self, engine: str) -> Crew:
        if engine not in self._crews or not self._crews[engine].is_whole:
            crew = crew_of(PROCESSES, self.settings(engine))
            self._crews[engine] = self.stack.enter_context(crew)
        return self._crews[engine]


@pytest.fixture(scope="session")
def shared(
    installations: Installations, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shared]:
    found = Shared(installations, tmp_path_factory.mktemp("shared"))
    with found.stack:
        yield found


@pytest.fixture
def app(engine: str, shared: Shared) -> Iterator[Flask]:
    """The test's own app, on the crew's database."""
    app = create_app({"TESTING": True}, shared.settings(engine))
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def crew(engine: str, shared: Shared) -> Crew:
    return shared.crew(engine)
