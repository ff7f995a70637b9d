"""F5: the database restarts, crashes, or is somebody else's for a while, and people claim.

They are told to come back, never that something is wrong, and nothing acknowledged is lost.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests import clients
from tests.installations import Installations
from tests.live_server import LiveServer
from tests.outages.forms import claims
from tests.outages.sending import DONE, answer_to, sending
from tests.postgres import Postgres
from ticketing import links
from ticketing.extensions import db
from ticketing.models import Order

CLAIMS = 40
LATER = 503


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize("end", [Postgres.stop, Postgres.crash])
def test_postgresql_restarts_under_claims(
    app: Flask,
    server: LiveServer,
    installations: Installations,
    end: Callable[[Postgres], None],
) -> None:
    postgres, address = installations.postgres, clients.address_of(server)
    keep_what_is_acknowledged()
    forms = (claimed := claims(app, CLAIMS)).filled_in(server)
    with sending(address, forms) as sent:
        for times in (1, 2):
            sent.wait_for(DONE, 8 * times)
            end(postgres)
            try:
                sent.wait_for(LATER, 4 * times)
            finally:
                postgres.start()
        sent.finish()
    print(sent.told)
    claimed.check(sent)


def keep_what_is_acknowledged() -> None:
    """The tests' server is careless otherwise; what it knows of this survives its own crash."""
    db.session.execute(
        text(f'ALTER DATABASE "{db.engine.url.database}" SET synchronous_commit TO on')
    )
    db.session.commit()
    db.session.execute(
        text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )
    db.session.rollback()
    db.engine.dispose()


HOLD = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
other.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
other.execute("ROLLBACK")
"""


@contextmanager
def held_by_another_process(server: LiveServer) -> Iterator[None]:
    """SQLite's one write lock, as a backup or somebody with `sqlite3` may take it."""
    file = server.settings.instance_path / "passalong.db"
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    try:
        yield
    finally:
        other.communicate()


@pytest.mark.engine("sqlite")
def test_another_process_keeps_sqlite_locked(app: Flask, server: LiveServer) -> None:
    address = clients.address_of(server)
    forms = (claimed := claims(app, 6)).filled_in(server)
    order = db.session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()
    overview = f"/o/{links.order_token(order)}"
    db.session.rollback()
    with held_by_another_process(server), sending(address, forms, people=6) as sent:
        began = time.monotonic()
        assert answer_to(address, clients.get(overview)) == 200, "reading goes on"
        sent.wait_for(LATER, 6)
        waited = time.monotonic() - began
    print(f"told to come back after {waited:.1f} s")
    assert {form.answers[0] for form in sent.forms} == {LATER}
    with sending(address, forms) as sent:
        sent.finish()
    assert sent.told == {DONE: 6}, "whoever was told to come back has left nothing behind"
    claimed.check(sent)
