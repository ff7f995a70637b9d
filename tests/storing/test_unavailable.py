"""F5: the database is away for a while, or can't write: whoever asks is told to come back.

Nothing that was acknowledged is lost, and everything goes on by itself.
"""

import dataclasses
import itertools
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import DBAPIError
from werkzeug.test import TestResponse

from tests import builders
from tests.api.caller import make_key, order_body
from tests.at_once import PATIENCE
from tests.backoffice.browsing import Browser
from tests.installations import TESTING, Installations
from tests.postgres import Postgres
from tests.races.holding import hold
from ticketing import create_app, links
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import OPEN, Order, Shop
from ticketing.storing import transactions
from ticketing.storing.transactions import Busy, Unavailable, unavailable, write

PASSWORD = "correct horse battery"
on_postgresql = pytest.mark.engine("postgresql")
on_sqlite = pytest.mark.engine("sqlite")


@contextmanager
def away(server: Postgres) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


@pytest.fixture
def server(installations: Installations) -> Postgres:
    return installations.postgres


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def olga(app: Flask, shop: Shop) -> Browser:
    builders.make_user(shop.organiser, password=PASSWORD)
    browser = Browser(app)
    browser.sign_in("olga@example.org", PASSWORD)
    return browser


def path_of(link: str) -> str:
    return link[link.index("/", len("https://")) :]


def check_later(answer: TestResponse) -> None:
    """It says to come back, in the way of whoever asked."""
    assert answer.status_code == 503, (answer.request.path, answer.status)
    assert int(answer.headers["Retry-After"]) >= 1
    if answer.request.path.startswith("/api/"):
        assert list(answer.json["errors"]) == ["request"]  # type: ignore[index]
    else:
        assert "again" in answer.text
        assert "Something went wrong" not in answer.text


# PostgreSQL restarts


@on_postgresql
def test_an_idle_connection_is_renewed_unnoticed(olga: Browser, server: Postgres) -> None:
    assert olga.get("/backoffice/orders").status_code == 200
    with away(server):
        pass
    assert olga.get("/backoffice/orders").status_code == 200


@on_postgresql
def test_every_page_asks_to_come_back(
    app: Flask, olga: Browser, shop: Shop, server: Postgres
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False  # nor is anything left to the server
    order = builders.make_order(shop)
    shared = builders.share(order.tickets[1])
    holder = path_of(links.ticket_url(builders.claim(order.tickets[0])))
    overview = path_of(links.order_url(order))
    pages = [
        overview,
        f"{overview}/changes?since=0",
        f"{overview}/tickets/2/share",
        shared,
        holder,
        f"{holder}/ticket.pdf",
        f"/shop/{shop.slug}",
        "/backoffice/orders",
        f"/backoffice/orders/{order.id}",
        "/backoffice/account",
        f"/api/v1/orders/{order.code}",
    ]
    key = {"Authorization": f"Bearer {make_key(order.organiser)}"}
    place, body = "/api/v1/orders", order_body(shop)
    claim = olga.fields(shared)
    db.session.remove()
    for path in pages:
        assert olga.get(path, headers=key).status_code == 200, path
    with away(server):
        for path in pages:
            check_later(olga.get(path, headers=key))
        refused = olga.send(shared, claim, first_name="Zoë Beaumont")
        check_later(refused)
        assert "Zoë Beaumont" in refused.text, "nobody types it twice"
        check_later(olga.post(place, headers=key, json=body))
        check_later(olga.post("/backoffice/sign-in", {"email": "olga@example.org"}))
        assert Browser(app).get("/healthz").json["database"] == "down"  # type: ignore[index]
    for path in pages:
        assert olga.get(path, headers=key).status_code == 200, path
    assert olga.post(place, headers=key, json=body).status_code == 201


@on_postgresql
def test_a_claim_whose_connection_breaks_can_be_sent_again(app: Flask, shop: Shop) -> None:
    """It waits for the order when its connection is cut: not even then does it look like ours."""
    order = builders.make_order(shop, tickets=1)
    visitor = Browser(app)
    shared = builders.share(order.tickets[0])
    form = visitor.fields(shared)
    with cut_off(app, hold("orders", order.id)):
        answer = visitor.send(shared, form, **builders.ANNA)
    check_later(answer)
    db.session.rollback()
    assert order.tickets[0].state == OPEN
    assert visitor.send(shared, form, **builders.ANNA).status_code == 303
    db.session.rollback()
    assert order.tickets[0].first_name == "Anna"


@contextmanager
def cut_off(app: Flask, locks: str) -> Iterator[None]:
    """Whoever comes to wait for these locks meanwhile, loses their connection."""
    ended = threading.Event()
    everybody = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)

    def cut() -> None:
        with psycopg.connect(url) as holding, psycopg.connect(url, autocommit=True) as other:
            holding.execute(locks)
            held.set()
            while not ended.wait(0.01):
                other.execute(everybody)

    held = threading.Event()
    cutter = threading.Thread(target=cut)
    cutter.start()
    assert held.wait(PATIENCE)
    try:
        yield
    finally:
        ended.set()
        cutter.join(PATIENCE)


@on_postgresql
def test_what_is_given_up_anyway_may_lose_its_connection(app: Flask, shop: Shop) -> None:
    """An answer doesn't fail because of it, nor does a rule that begins by giving up a look."""
    shop_id = shop.id
    for end in (db.session.rollback, db.session.remove):
        lose_connection()
        end()
    lose_connection()
    with write() as session:
        session.get_one(Shop, shop_id).name = "Renamed"
    assert db.session.get_one(Shop, shop_id).name == "Renamed"


def lose_connection() -> None:
    pid = db.session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with db.engine.connect() as other:
        other.execute(text(f"SELECT pg_terminate_backend({pid}, 5000)"))


@on_postgresql
def test_restarted_under_load_it_loses_nothing_that_was_acknowledged(
    app: Flask, shop: Shop, server: Postgres
) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False  # whatever else there might be is an answer, too
    key = {"Authorization": f"Bearer {make_key(shop.organiser)}"}
    numbers, done = itertools.count(1), threading.Event()
    acknowledged: list[str] = []
    others: list[int] = []
    body = order_body(shop)
    db.session.remove()

    def place_orders() -> None:
        program = app.test_client(use_cookies=False)
        while not done.is_set():
            reference = f"L-{next(numbers)}"
            sent = {**body, "reference": reference}
            answer = program.post("/api/v1/orders", headers=key, json=sent)
            if answer.status_code == 201:
                acknowledged.append(reference)
            else:
                others.append(answer.status_code)

    programs = [threading.Thread(target=place_orders) for _ in range(4)]
    for each in programs:
        each.start()
    try:
        for _ in range(2):
            wait_for(acknowledged, len(acknowledged) + 10)
            with away(server):
                wait_for(others, len(others) + 4)
        wait_for(acknowledged, len(acknowledged) + 10)
    finally:
        done.set()
        for each in programs:
            each.join(PATIENCE)
    assert {*others} == {503}
    kept = [*db.session.scalars(select(Order.reference).where(Order.shop_id == shop.id))]
    assert {*acknowledged} <= {*kept}
    assert len(kept) == len({*kept})


def wait_for(collected: list[Any], number: int) -> None:
    until = time.monotonic() + PATIENCE
    while len(collected) < number:
        assert time.monotonic() < until, "it doesn't go on"
        time.sleep(0.01)


@on_postgresql
def test_all_places_taken_is_busy(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "BUSY_MILLISECONDS", 50)
    app = create_app(TESTING, dataclasses.replace(settings, database_connections=2))
    with app.app_context():
        path = path_of(links.order_url(builders.make_order()))
        db.session.remove()
        with db.engine.connect() as one, db.engine.connect() as other:
            assert not one.closed
            assert not other.closed
            check_later(Browser(app).get(path))
        assert Browser(app).get(path).status_code == 200
        db.session.remove()
        db.engine.dispose()


@on_postgresql
@pytest.mark.parametrize(
    ("state", "named"),
    [
        ("40P01", Busy),  # deadlock
        ("55P03", Busy),  # lock not available
        ("57014", Busy),  # cancelled, or took too long
        ("53100", Unavailable),  # disk full
        ("53300", Unavailable),  # too many connections
        ("57P01", Unavailable),  # shut down
        ("25006", Unavailable),  # a standby takes no writes
        ("42P01", None),  # undefined table: ours
        ("22001", None),  # too long for its column: ours
    ],
)
def test_what_passes_and_what_is_our_own_fault(
    app: Flask, state: str, named: type[Exception] | None
) -> None:
    statement = text(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$")
    with pytest.raises(named or DBAPIError) as raised, write() as session:
        session.execute(statement)
    assert named is None or raised.type is named
    with pytest.raises(DBAPIError) as read:
        db.session.execute(statement)
    assert type(unavailable(read.value)) is (named or type(None))


# SQLite


@on_sqlite
def test_a_database_that_another_program_keeps_to_itself(
    app: Flask, settings: Settings, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transactions, "BUSY_MILLISECONDS", 50)
    path = path_of(links.order_url(builders.make_order(shop)))
    db.session.remove()
    db.engine.dispose()
    other = sqlite3.connect(settings.instance_path / "passalong.db", isolation_level=None)
    other.execute("PRAGMA journal_mode=DELETE")
    other.execute("BEGIN EXCLUSIVE")  # without the log nobody can read meanwhile
    check_later(Browser(app).get(path))
    other.execute("ROLLBACK")
    other.close()
    assert Browser(app).get(path).status_code == 200


@on_sqlite
def test_a_full_disk_lets_people_read(app: Flask, shop: Shop) -> None:
    order = builders.make_order(shop, tickets=1)
    visitor, shared = Browser(app), builders.share(order.tickets[0])
    form = visitor.fields(shared)
    db.session.remove()
    pages = db.session.execute(text("PRAGMA page_count")).scalar_one()
    full = f"PRAGMA max_page_count={pages}"
    with each_connection_is_told(full):
        # The log takes more; the file itself has no room for what it would hold.
        with pytest.raises(Unavailable):
            fill()
        assert visitor.get(shared).status_code == 200
    assert visitor.send(shared, form, **builders.ANNA).status_code == 303


def fill() -> None:
    with write() as session:
        shop = session.scalars(select(Shop)).one()
        shop.delivery_note = "x" * 1_000_000


@on_sqlite
def test_a_folder_that_is_not_there(app: Flask, settings: Settings, shop: Shop) -> None:
    path = path_of(links.order_url(builders.make_order(shop)))
    db.session.remove()
    db.engine.dispose()
    elsewhere = settings.instance_path.with_name("unmounted")
    settings.instance_path.rename(elsewhere)
    check_later(Browser(app).get(path))
    with pytest.raises(Unavailable):
        fill()
    elsewhere.rename(settings.instance_path)
    assert Browser(app).get(path).status_code == 200


@contextmanager
def each_connection_is_told(statement: str) -> Iterator[None]:
    def tell(connection: Any, _record: object) -> None:
        connection.execute(statement)

    db.session.remove()
    db.engine.dispose()
    event.listen(db.engine, "connect", tell)
    try:
        yield
    finally:
        event.remove(db.engine, "connect", tell)
        db.session.remove()
        db.engine.dispose()


# Ours


def test_a_fault_of_ours_is_none_of_the_database_s(app: Flask) -> None:
    with pytest.raises(DBAPIError), write() as session:
        session.execute(text("SELECT nothing FROM nowhere"))
