"""`flask backup` and `flask restore`: all of it, whole, and nobody else's."""

import json
import os
import resource
import shutil
import stat
from collections.abc import Callable, Iterator
from contextvars import Context
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests import builders
from tests.backup.conftest import Flask_
from tests.faults.crew import crew_of
from tests.installations import Installations
from ticketing import create_app, links
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, Ticket
from ticketing.storing import installation
from ticketing.storing.transactions import write
from ticketing.vault import revocations


def test_what_was_there_is_there_again(
    order: Order, restore: Callable[[], str], client: FlaskClient, settings: Settings
) -> None:
    path = f"/o/{links.order_token(order)}"
    later = builders.make_order(order.shop)
    link = f"/o/{links.order_token(later)}"
    told = restore()
    assert "1 orders, and all that belongs to them: nothing is wrong." in told
    assert "Anna" in client.get(path).text
    assert client.get(link).status_code == 404, "it was placed after the backup"
    assert len(list(settings.instance_path.glob("replaced-*"))) == 1
    assert "What was there is kept" in told


def test_the_file_is_its_owners_alone_and_replaces_none(flask: Flask_, backed_up: Path) -> None:
    assert stat.S_IMODE(backed_up.stat().st_mode) == 0o600
    before = backed_up.read_bytes()
    again = flask("backup", backed_up)
    assert again.exit_code == 1
    assert "is there already" in again.output
    assert backed_up.read_bytes() == before
    assert [each.name for each in backed_up.parent.iterdir()] == ["backup"], "and nothing beside"


def test_a_folder_that_is_not_there(flask: Flask_, app: Flask, tmp_path: Path) -> None:
    failed = flask("backup", tmp_path / "nowhere" / "backup")
    assert failed.exit_code == 1
    assert "can't be written" in failed.output


def test_data_are_replaced_only_if_one_says_so(
    flask: Flask_, order: Order, backed_up: Path
) -> None:
    builders.claim(order.tickets[2])
    refused = flask("restore", backed_up)
    assert refused.exit_code == 1
    assert "Say --replace if they may go." in refused.output
    assert db.session.get_one(Ticket, order.tickets[2].id).first_name == "Anna"


def test_into_an_empty_installation_with_the_secrets(
    engine: str,
    settings: Settings,
    order: Order,
    backed_up: Path,
    installations: Installations,
    tmp_path: Path,
) -> None:
    path = f"/o/{links.order_token(order)}"
    folder = tmp_path / "new"
    folder.mkdir()
    with installations.empty(engine, folder) as new:
        refused = _restored(new, backed_up)
        assert refused.exit_code == 1
        assert "was made with other secrets" in refused.output
        for name in ("secrets.json", "revocations.jsonl"):
            shutil.copy(settings.instance_path / name, folder)
        done = _restored(new, backed_up)
        assert done.exit_code == 0, done.output
        assert "kept" not in done.output, "there was nothing to keep"
        assert "Anna" in create_app({"TESTING": True}, new).test_client().get(path).text


def _restored(settings: Settings, backup: Path) -> Result:
    """As on another machine: in the test's own context the command would be the test's app's."""
    app = create_app({"TESTING": True}, settings)

    def call() -> Result:
        with app.app_context():
            return app.test_cli_runner().invoke(args=["restore", str(backup)])

    return Context().run(call)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"SQLite format 3\0torn", b"PGDMP"])
def test_what_is_no_backup(flask: Flask_, order: Order, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file"
    file.write_bytes(content)
    refused = flask("restore", file, "--replace")
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output
    assert refused.exc_info is None or refused.exc_info[0] is SystemExit
    assert db.session.get_one(Order, order.id)


def test_one_of_a_newer_version(flask: Flask_, order: Order, tmp_path: Path) -> None:
    with write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = 'future'"))
    flask("backup", tmp_path / "newer")
    with write() as session:
        session.execute(
            text("UPDATE alembic_version SET version_num = :now"),
            {"now": installation.newest_migration()},
        )
    refused = flask("restore", tmp_path / "newer", "--replace")
    assert refused.exit_code == 1
    assert "made by a newer version" in refused.output


def test_not_under_a_server_that_runs(flask: Flask_, backed_up: Path, settings: Settings) -> None:
    with crew_of(1, settings):
        refused = flask("restore", backed_up, "--replace")
    assert refused.exit_code == 1
    assert "Somebody works with the database" in refused.output


def test_without_knowing_what_was_taken_back(
    flask: Flask_, settings: Settings, backed_up: Path
) -> None:
    revocations.path_of(settings).unlink()
    refused = flask("restore", backed_up, "--replace")
    assert refused.exit_code == 1
    assert "--without-revocations" in refused.output
    done = flask("restore", backed_up, "--replace", "--without-revocations")
    assert done.exit_code == 0, done.output


def test_a_restore_that_was_interrupted(
    app: Flask, flask: Flask_, settings: Settings, order: Order, backed_up: Path
) -> None:
    """Nothing starts on a database that would let in what was taken back."""
    lines = revocations.path_of(settings)
    with lines.open("a") as file:
        line = {"at": "2027-01-01T00:00:00+00:00", "kind": "?", "subject": "x", "facts": {}}
        file.write(json.dumps(line) + "\n")
    stopped = flask("restore", backed_up, "--replace")
    assert stopped.exit_code == 1
    assert "has lines of a newer version: ?" in stopped.output
    assert "flask restore --in-place" in installation.problem_of(app)
    assert flask("outbox").exit_code == 1
    lines.write_text(lines.read_text().replace('"kind": "?"', '"kind": "api key"'))
    done = flask("restore", "--in-place")
    assert done.exit_code == 0, done.output
    assert installation.problem_of(app) == ""


@pytest.fixture
def no_room(engine: str, backed_up: Path) -> Iterator[None]:
    """No file may get so long as the backup is, as on a disk that is all but full.

    On SQLite the database that is there already fits: it is the backup that has grown.
    """
    fits = backed_up.stat().st_size + 65_536 if engine == "sqlite" else 16_384
    os.truncate(backed_up, fits + 1_048_576)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (fits, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_onto_a_full_disk(
    engine: str,
    flask: Flask_,
    order: Order,
    backed_up: Path,
    app: Flask,
    settings: Settings,
    no_room: None,
) -> None:
    """All is as it was, and starts; nobody's data lie about."""
    failed = flask("restore", backed_up, "--replace")
    assert (failed.exit_code, type(failed.exception)) == (1, SystemExit), failed.output
    assert ("can't be put in" if engine == "sqlite" else "pg_dump") in failed.output
    assert installation.problem_of(app) == ""
    assert db.session.get_one(Order, order.id)
    left = [each.name for each in settings.instance_path.iterdir()]
    assert not [name for name in left if "coming" in name or name.startswith((".repl", "repl"))]


def test_put_back_by_other_means(
    engine: str, flask: Flask_, order: Order, backed_up: Path, app: Flask
) -> None:
    """A snapshot of the machine, or the provider's own restore: the marks are in the database."""
    done = flask("restore", "--in-place")
    assert done.exit_code == 0, done.output
    assert "nothing is wrong" in done.output
