"""An installation with data gets the newest tables and loses nothing."""

import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade

from tests import builders
from ticketing import create_app
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Base

REVISIONS = [
    script.revision
    for script in ScriptDirectory(
        str(Path(__file__).parent.parent / "ticketing" / "migrations")
    ).walk_revisions()
]  # the newest first


def rows_of(path: Path) -> dict[str, int]:
    with sqlite3.connect(path) as database:
        return {
            table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0]  # noqa: S608
            for table in Base.metadata.tables
            if database.execute(
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [table]
            ).fetchone()
        }


@pytest.mark.parametrize("before", REVISIONS[1:])
def test_from_each_earlier_version(tmp_path: Path, before: str) -> None:
    settings = Settings(instance_path=tmp_path)
    app = create_app(settings=settings)
    path = tmp_path / "passalong.db"
    with app.app_context():
        upgrade()
        order = builders.make_order(tickets=3)
        builders.claim(order.tickets[0])
        db.session.remove()
        newest = rows_of(path)
        downgrade(revision=before)
        earlier = rows_of(path)
        assert earlier["tickets"] == 3
        assert earlier["history"] == newest["history"]
        upgrade()
        after = rows_of(path)
    assert {table: after[table] for table in earlier} == earlier
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
