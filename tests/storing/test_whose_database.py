"""Several machines serve one database; a machine with other secrets doesn't start."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextvars import Context
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests import builders
from tests.installations import variables_of
from tests.live_server import free_port
from ticketing import create_app, links
from ticketing.config import PROJECT, Settings
from ticketing.extensions import db
from ticketing.models import Base
from ticketing.storing import installation
from ticketing.storing.installation import OtherKeys
from ticketing.vault import keys

Change = Callable[[dict[str, object]], object]


@pytest.fixture
def other(app: Flask, settings: Settings, tmp_path: Path) -> Settings:
    """A second machine on the database, with a copy of the first one's secrets."""
    folder = tmp_path / "other"
    folder.mkdir()
    shutil.copy(settings.instance_path / "secrets.json", folder)
    database = settings.database_url or settings.sqlalchemy_url
    return Settings(instance_path=folder, database_url=database)


def change(settings: Settings, how: Change) -> None:
    path = settings.instance_path / "secrets.json"
    stored = json.loads(path.read_text())
    how(stored)
    path.write_text(json.dumps(stored))


def adopt(settings: Settings, answer: str) -> Result:
    runner = create_app({"TESTING": True}, settings).test_cli_runner()
    # In the test's own context the command would be the test's app's.
    return Context().run(runner.invoke, args=["keys", "adopt"], input=answer)


def problem(settings: Settings) -> str:
    return installation.problem_of(create_app({"TESTING": True}, settings))


def test_the_same_secrets_open_the_same_links(app: Flask, other: Settings) -> None:
    order = builders.make_order()
    path = f"/o/{links.order_token(order)}"
    db.session.remove()
    assert problem(other) == ""
    second = create_app({"TESTING": True}, other)
    assert second.test_client().get(path).status_code == 200
    assert second.test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize("name", ["session", "barcode", "address", "programs"])
def test_each_secret_counts(other: Settings, name: str) -> None:
    change(other, lambda stored: stored.update({f"{name}_key": "ab" * 32}))
    told = problem(other)
    assert name in told.replace("barcode_seed", "barcode")
    assert str(other.instance_path / "secrets.json") in told
    assert "\n" not in told
    app = create_app({"TESTING": True}, other)
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json == {"database": "another installation's", "migrations": "current"}


@pytest.mark.parametrize(
    "command",
    [["outbox"], ["remind"], ["door", "X"], ["demo"], ["db", "upgrade"],
     ["user", "create", "olga@example.org", "--organiser", "X", "--password", "y" * 20]],
)  # fmt: skip
def test_no_command_works_with_other_secrets(other: Settings, command: list[str]) -> None:
    (other.instance_path / "secrets.json").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "flask", *command],
        cwd=PROJECT,
        env=variables_of(other),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 1, done.stderr
    assert "The database was made with other secrets" in done.stderr
    assert "Traceback" not in done.stderr


def test_nor_does_the_server(other: Settings) -> None:
    (other.instance_path / "secrets.json").unlink()
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "ticketing/server.py", "app:app"],
        cwd=PROJECT,
        env={**variables_of(other), "PORT": str(free_port()), "PASSALONG_WORKERS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 3, done.stderr
    assert "Passalong can't start: The database was made with other secrets" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_new_link_key_has_to_reach_every_machine(
    app: Flask, settings: Settings, other: Settings
) -> None:
    keys.rotate_links(settings)
    assert problem(settings) == ""
    assert "link 2" in problem(other)
    shutil.copy(settings.instance_path / "secrets.json", other.instance_path)
    assert problem(other) == ""

    def forget_the_old_one(stored: dict[str, object]) -> None:
        stored["link_keys"].pop("1")  # type: ignore[attr-defined]

    change(other, forget_the_old_one)
    assert problem(other) == "", "its time may be over"


def test_lost_secrets_are_given_up_on_purpose(app: Flask, other: Settings) -> None:
    token = links.order_token(builders.make_order())
    db.session.remove()
    (other.instance_path / "secrets.json").unlink()
    assert adopt(other, "n\n").exit_code == 1
    assert problem(other)
    assert adopt(other, "y\n").exit_code == 0
    assert problem(other) == ""
    assert create_app({"TESTING": True}, other).test_client().get(f"/o/{token}").status_code == 404
    with pytest.raises(OtherKeys):
        installation.check_keys()


def test_what_is_kept_of_a_secret_tells_nothing(app: Flask, settings: Settings) -> None:
    secrets = json.loads((settings.instance_path / "secrets.json").read_text())
    everything = ""
    for table in Base.metadata.sorted_tables:
        everything += str(db.session.execute(select(table)).all())
    kept = [*secrets["link_keys"].values(), *(v for k, v in secrets.items() if k.endswith("_key"))]
    assert len(kept) >= 5
    for secret in kept:
        assert secret not in everything
        assert secret[:16] not in everything
