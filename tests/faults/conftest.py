"""A crew of processes, started once: their start takes longer than all that they do."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.faults.crew import Crew, crew_of
from ticketing import create_app
from ticketing.config import Settings

PROCESSES = 6


@pytest.fixture(scope="session")
def shared_instance(migrated_instance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shared") / "instance"
    shutil.copytree(migrated_instance, folder)
    return folder


@pytest.fixture
def app(shared_instance: Path) -> Iterator[Flask]:
    """The test's own app, on the crew's database."""
    app = create_app({"TESTING": True}, Settings(instance_path=shared_instance))
    with app.app_context():
        yield app


@pytest.fixture(scope="session")
def crew(shared_instance: Path) -> Iterator[Crew]:
    with crew_of(PROCESSES, shared_instance) as crew:
        yield crew
