"""/healthz and /readyz: what they say, to whom, and how cheaply."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.running import health
from ticketing.vault import keys

Said = tuple[int, dict[str, str]]
READY = {"database": "writable", "migrations": "current", "secrets": "there", "draining": "no"}


@pytest.fixture(autouse=True)
def _nobody_asked_lately(app: Flask) -> None:
    app.extensions["passalong.health"] = {}


@pytest.fixture
def ask(app: Flask, client: FlaskClient) -> Callable[[str], Said]:
    """As if nobody had asked lately."""

    def asked(path: str) -> Said:
        app.extensions["passalong.health"].clear()
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.status_code, answer.get_json()

    return asked


def execute(statement: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def test_all_is_well(ask: Callable[[str], Said]) -> None:
    assert ask("/healthz") == (200, {"database": "up", "migrations": "current"})
    assert ask("/readyz") == (200, READY)


def test_migrations_that_are_still_to_come(ask: Callable[[str], Said]) -> None:
    execute("UPDATE alembic_version SET version_num = 'older'")
    assert ask("/healthz") == (503, {"database": "up", "migrations": "pending"})
    assert ask("/readyz") == (503, {**READY, "migrations": "pending"})


def test_secrets_that_are_gone(ask: Callable[[str], Said]) -> None:
    """The processes still know them; the next start would make new ones, and void every link."""
    (settings().instance_path / "secrets.json").unlink()
    assert not keys.are_there(settings())
    assert ask("/healthz")[0] == 200
    assert ask("/readyz") == (503, {**READY, "secrets": "missing"})


@pytest.mark.engine("sqlite")
def test_a_database_that_somebody_else_holds(
    ask: Callable[[str], Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "WRITABLE_WITHIN", 0.05)
    with db.engine.connect() as other:
        other.execution_options(writes_until=float("inf"))
        other.begin()
        assert ask("/healthz")[0] == 200
        assert ask("/readyz") == (503, {**READY, "database": "not writable"})
    assert ask("/readyz") == (200, READY)


@pytest.mark.engine("postgresql")
def test_a_database_that_takes_no_changes(ask: Callable[[str], Said]) -> None:
    with db.engine.connect() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
    execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    db.engine.dispose()  # it holds for new connections
    assert ask("/readyz") == (503, {**READY, "database": "not writable"})


def test_a_database_that_is_away(
    app: Flask, ask: Callable[[str], Said], caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise db.engine.dialect.dbapi.OperationalError("no password for you at db.internal")  # type: ignore[union-attr]

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "do_connect", refuse)
    try:
        assert ask("/healthz") == (503, {"database": "down", "migrations": "unknown"})
        status, said = ask("/readyz")
    finally:
        event.remove(db.engine, "do_connect", refuse)
    assert status == 503
    assert said == {**READY, "database": "down", "migrations": "unknown"}
    assert "db.internal" not in caplog.text


def test_looking_often_costs_one_look_a_second(app: Flask, client: FlaskClient) -> None:
    looks: list[str] = []

    def look(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        looks.append(statement)

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        for path in ("/healthz", "/readyz") * 20:
            assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", look)
    assert 0 < len(looks) < 40
    kept = app.extensions["passalong.health"]
    for name, (_at, said) in list(kept.items()):
        kept[name] = (float("-inf"), said)  # long ago
    execute("UPDATE alembic_version SET version_num = 'older'")
    assert client.get("/readyz").status_code == 503
