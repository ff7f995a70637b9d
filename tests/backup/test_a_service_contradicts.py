"""A service in the operator's environment says otherwise than the address: the address counts."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url

from tests import builders, invariants
from tests.backup.conftest import Flask_
from tests.installations import Installations
from ticketing.backup.postgres import connection_of
from ticketing.extensions import db
from ticketing.models import Order

pytestmark = pytest.mark.engine("postgresql")


@pytest.fixture
def elsewhere(
    installations: Installations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of another installation's database, to which a service leads."""
    with installations.copy("postgresql", tmp_path / "elsewhere") as settings:
        url = make_url(settings.database_url)
        said = {**url.query, "dbname": url.database, "user": url.username, "password": "elsewhere"}
        lines = [f"{key}={value}\n" for key, value in said.items()]
        (tmp_path / "services").write_text("[elsewhere]\n" + "".join(lines))
        monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
        monkeypatch.setenv("PGSERVICE", "elsewhere")
        yield settings.database_url


def test_it_is_our_database_that_is_kept_and_replaced(
    elsewhere: str, flask: Flask_, order: Order, tmp_path: Path
) -> None:
    with psycopg.connect(elsewhere) as other:
        other.execute("CREATE TABLE theirs AS SELECT 1")
        other.execute("UPDATE installation SET backup_mark = 'theirs'")
    made = flask("backup", tmp_path / "backup")
    assert made.exit_code == 0, made.output
    builders.claim(order.tickets[2])
    done = flask("restore", tmp_path / "backup", "--replace")
    assert done.exit_code == 0, done.output
    states = [ticket.state for ticket in db.session.get_one(Order, order.id).tickets]
    assert states == ["personalised", "open", "open", "open"]
    invariants.check(db.session())
    with psycopg.connect(elsewhere) as other:
        found = other.execute("SELECT backup_mark FROM installation, theirs").fetchall()
    assert found == [("theirs",)]


def test_the_password_is_the_addresss_and_in_no_programs_call(elsewhere: str) -> None:
    to = connection_of(create_engine("postgresql+psycopg://passalong:ours@localhost/tickets"))
    assert to.conninfo == "host=localhost dbname=tickets user=passalong"
    assert to.environ["PGPASSWORD"] == "ours"
    assert "PGSERVICE" not in to.environ, "its password would count before a variable"


def test_what_an_address_leaves_out_is_the_services(elsewhere: str) -> None:
    to = connection_of(create_engine("postgresql+psycopg:///tickets"))
    assert (to.conninfo, to.environ["PGSERVICE"]) == ("dbname=tickets", "elsewhere")
