"""F5: PostgreSQL's disk is full, a small one of its own: first its tables, then its log as well.

Where no table can grow, PostgreSQL refuses what was written and goes on. Where its log can't grow,
it ends itself, and can't start again until there is room: its service manager tries in vain.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from tests import builders, clients
from tests.live_server import LiveServer, running_in_earnest
from tests.outages.forms import Claims, Desk, claims, desk_of
from tests.outages.sending import DONE, PATIENCE, answer_to, sending
from tests.outages.small_disk import SmallDisk, small_disk
from tests.postgres import Postgres, postgres_folder, postgres_in
from ticketing import links
from ticketing.extensions import db
from ticketing.models import Shop

LATER = 503
CLAIMS = 40  # more than there is room for in what the tables have already

pytestmark = pytest.mark.engine("postgresql")


@pytest.fixture
def folder() -> Iterator[Path]:
    with postgres_folder() as folder:
        yield folder


@pytest.fixture
def disk(folder: Path) -> Iterator[SmallDisk]:
    with small_disk(folder / "data", "140m") as disk:
        yield disk


@pytest.fixture
def postgres(folder: Path, disk: SmallDisk) -> Iterator[Postgres]:
    # What it keeps of its own catalogue is written anew by who connects after a vacuum: on a disk
    # that is full to the last byte nobody could connect any more.
    with postgres_in(folder, inside=disk.inside, autovacuum="off") as server:
        yield server


@pytest.fixture
def server(engine: str, postgres: Postgres, tmp_path: Path) -> Iterator[LiveServer]:
    url = postgres.create("small")
    with running_in_earnest(tmp_path, PASSALONG_DATABASE_URL=url) as server:
        yield server


def test_nothing_is_written_and_everything_can_be_read_until_there_is_room(
    app: Flask, server: LiveServer, disk: SmallDisk, postgres: Postgres
) -> None:
    pages, desk, claimed = what_is_there(app, server)
    address, forms = clients.address_of(server), claimed.filled_in(server)
    begin_a_fresh_log(postgres)
    disk.fill()
    with sending(address, forms) as sent:
        sent.wait_for(LATER, 8)
        assert [desk.get(path).status for path in pages] == [200] * len(pages)
        disk.free()
        sent.finish()
    print(sent.told)
    assert set(sent.told) == {DONE, LATER}
    claimed.check(sent)
    assert "could not extend file" in postgres.log
    assert "starting PostgreSQL" not in postgres.log.partition("could not extend file")[2]

    # The same again, and its log can't grow either.
    forms = (claimed := claims(app, CLAIMS)).filled_in(server)
    disk.fill()
    with sending(address, forms) as sent:
        use_up_the_log(postgres)
        assert postgres.process.wait(PATIENCE) != 0
        sent.wait_for(LATER, 4)
        postgres.begin()
        assert postgres.process.wait(PATIENCE) != 0, "there is still no room"
        assert answer_to(address, clients.get(pages[0])) == LATER
        disk.free()
        postgres.start()
        sent.finish()
    print(sent.told)
    assert set(sent.told) == {DONE, LATER}
    claimed.check(sent)
    assert [desk.get(path).status for path in pages] == [200] * len(pages)
    assert "Traceback" not in server.log.read_text()


def what_is_there(app: Flask, server: LiveServer) -> tuple[list[str], Desk, Claims]:
    """Pages to be read, somebody of the team who has signed in, and claims to be made."""
    shop = db.session.scalars(select(Shop)).one()
    order = builders.make_order(shop, tickets=2)
    ticket = builders.claim(order.tickets[0])
    pages = [f"/o/{links.order_token(order)}", f"/t/{links.ticket_token(ticket)}"]
    pages += [f"/shop/{shop.slug}", f"/backoffice/orders/{order.id}", "/healthz"]
    desk = desk_of(shop)
    desk.sign_in(server)
    return pages, desk, claims(app, CLAIMS)


def begin_a_fresh_log(postgres: Postgres) -> None:
    """Room in it for all that is tried in vain; else it might be full first."""
    with postgres.connect() as connection:
        connection.execute("SELECT pg_switch_wal()")
        connection.execute("CHECKPOINT")


def use_up_the_log(postgres: Postgres) -> None:
    """Until it needs a file more, and ends."""
    with suppress(psycopg.OperationalError), postgres.connect() as connection:
        while True:
            connection.execute("SELECT pg_create_restore_point('full')")
            connection.execute("SELECT pg_switch_wal()")
