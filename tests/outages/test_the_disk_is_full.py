"""F5: the disk is full, a small one of its own: nothing is written, what is there can be read,
and when there is room again all goes on by itself."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from tests import builders, clients, invariants
from tests.installations import Installations
from tests.live_server import running_in_earnest
from tests.outages.forms import claims, desk_of
from tests.outages.sending import answer_to, sending
from tests.outages.small_disk import SmallDisk, small_disk
from ticketing import create_app, links
from ticketing.config import Settings
from ticketing.extensions import db

LATER = 503

pytestmark = pytest.mark.engine("sqlite")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "instance", "40m") as disk:
        yield disk


@pytest.fixture
def app(engine: str, installations: Installations, tmp_path: Path) -> Iterator[Flask]:
    """What is there before: on a disk with room, from where it is copied to the small one."""
    with installations.copy(engine, tmp_path / "before") as settings:
        app = create_app({"TESTING": True}, settings)
        with app.app_context():
            yield app


def moved(source: Path, target: Path) -> None:
    db.session.remove()
    db.engine.dispose()
    shutil.copytree(source, target, dirs_exist_ok=True)


def test_nothing_is_written_and_everything_can_be_read(
    app: Flask, disk: SmallDisk, tmp_path: Path
) -> None:
    shop = builders.make_shop()
    order = builders.make_order(shop, tickets=2)
    ticket, other = [builders.claim(each) for each in order.tickets]
    page, overview = f"/t/{links.ticket_token(ticket)}", f"/o/{links.order_token(order)}"
    kept, unmade = f"{overview}/tickets.pdf", f"/t/{links.ticket_token(other)}/ticket.pdf"
    pages = [overview, page, f"/shop/{shop.slug}", f"/backoffice/orders/{order.id}", "/healthz"]
    desk = desk_of(shop)
    claimed = claims(app, 12)
    moved(tmp_path / "before", disk.here)

    with running_in_earnest(tmp_path, inside=disk.inside) as server:
        desk.sign_in(server)
        assert desk.get(kept).status == 200
        address, forms = clients.address_of(server), claimed.filled_in(server)
        disk.fill()
        assert answer_to(address, forms[0]) == LATER
        assert desk.get(kept).status == 200, "it was made before"
        assert desk.get(unmade).status == 200, "those that were kept give way"
        disk.fill()
        assert desk.get(kept).status in {200, LATER}
        disk.fill()
        with sending(address, forms) as sent:
            sent.wait_for(LATER, 8)
            assert [desk.get(path).status for path in pages] == [200] * len(pages)
            disk.free()
            sent.finish()
        print(sent.told)
        assert desk.get(kept).status == 200
        assert "Traceback" not in server.log.read_text()
    moved(disk.here, tmp_path / "after")
    with create_app({"TESTING": True}, Settings(instance_path=tmp_path / "after")).app_context():
        claimed.check(sent)
        invariants.check(db.session())
        assert db.session.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        db.session.remove()
        db.engine.dispose()
