"""An installation with data gets the newest tables and loses nothing, on either engine."""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import inspect, text

from tests import builders
from tests.installations import Installations, variables_of
from ticketing import create_app
from ticketing.config import PROJECT, Settings
from ticketing.extensions import db
from ticketing.models import Base
from ticketing.storing import installation

REVISIONS = [
    script.revision
    for script in ScriptDirectory(str(PROJECT / "ticketing" / "migrations")).walk_revisions()
]  # the newest first


def rows() -> dict[str, int]:
    """How many rows each table has that there is."""
    db.session.remove()
    there = inspect(db.engine).get_table_names()
    with db.engine.connect() as connection:
        return {
            table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one()  # noqa: S608
            for table in Base.metadata.tables
            if table in there
        }


@pytest.mark.parametrize("before", REVISIONS[1:])
def test_from_each_earlier_version(
    engine: str, installations: Installations, tmp_path: Path, before: str
) -> None:
    with installations.copy(engine, tmp_path / "instance") as settings:
        app = create_app(settings=settings)
        with app.app_context():
            order = builders.make_order(tickets=3)
            builders.claim(order.tickets[0])
            newest = rows()
            downgrade(revision=before)
            earlier = rows()
            assert earlier["tickets"] == 3
            assert earlier["history"] == newest["history"]
            upgrade()
            after = rows()
            assert {table: after[table] for table in earlier} == earlier
            if engine == "sqlite":
                with db.engine.connect() as connection:
                    assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
                    assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            db.engine.dispose()


def test_the_tables_are_what_the_models_say(app: Flask) -> None:
    check()  # `flask db check` ends with an error where a migration is missing
    db.session.remove()


def test_all_the_way_down_and_up_again(
    engine: str, installations: Installations, tmp_path: Path
) -> None:
    with installations.empty(engine, tmp_path / "instance") as settings:
        app = create_app(settings=settings)
        with app.app_context():
            for _ in range(2):
                upgrade()
                builders.make_order()
                db.session.remove()
                downgrade(revision="base")
                assert rows() == {}
            db.engine.dispose()


def test_machines_that_start_at_once_migrate_once(
    engine: str, installations: Installations, tmp_path: Path
) -> None:
    """Each has a folder of its own on PostgreSQL, with the same secrets."""
    with installations.empty(engine, tmp_path / "1") as settings:
        app = create_app(settings=settings)
        with app.app_context(), installation.one_at_a_time():  # so that all of them have to wait
            machines = [settings]
            for number in range(2, 5):
                folder = tmp_path / "1"
                if engine == "postgresql":
                    folder = Path(shutil.copytree(folder, tmp_path / str(number)))
                machines.append(replace(settings, instance_path=folder))
            commands = [start(each, "db", "upgrade") for each in machines]
            if engine == "postgresql":
                wait_for_all(commands)
        for command in commands:
            output, _ = command.communicate(timeout=120)
            assert command.returncode == 0, output
        with app.app_context():
            builders.make_order()
            db.session.remove()
            db.engine.dispose()


def wait_for_all(commands: Sequence[subprocess.Popen[str]]) -> None:
    """Until each of them waits for the lock."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event = 'advisory'"
    )
    until = time.monotonic() + 120
    while time.monotonic() < until:
        with db.engine.connect() as connection:
            if connection.execute(waiting).scalar_one() == len(commands):
                return
        assert all(each.poll() is None for each in commands), "one didn't wait"
        time.sleep(0.05)
    raise AssertionError("they don't come")


def start(settings: Settings, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "flask", *arguments],
        cwd=PROJECT,
        env=variables_of(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
