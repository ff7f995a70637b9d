"""How fast orders come in: one by one through the API, and thousands from a file.

    uv run python -m benchmarks.intake [--engine sqlite|postgresql] [--seconds 10] [--clients 16]

Starts the real server (two workers) on each engine in turn; the clients share the machine. The
other side of the orders' rate is the bare insert of the same rows, one transaction an order, by
one process that does nothing else.
"""

import argparse
import itertools
import threading
import time
from collections.abc import Iterator
from typing import Any

from flask import Flask
from sqlalchemy import Connection, Select, Table, insert, select

from benchmarks.backoffice import Backoffice
from benchmarks.processes import spent
from benchmarks.servers import serving
from tests import claiming, clients
from tests.backoffice.browsing import forms_in
from tests.backoffice.files import ANNA, NOBODY, made_of, row
from tests.clients import Answer
from tests.installations import ENGINES
from tests.live_server import LiveServer
from ticketing import create_app
from ticketing.extensions import db
from ticketing.models import Base, Shop
from ticketing.models.base import random_link_id

TICKETS = 4  # an order
ROWS = 5_000  # a file
CLAIMS = 200  # at hand while the file is written; they are made one after the other

Rows = list[dict[str, Any]]

_ORDERS, *_OF_ORDER = (
    Base.metadata.tables[name] for name in ("orders", "tickets", "history", "outbox")
)
_FAR = 1_000_000_000  # no row of ours has such a number


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=ENGINES)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--clients", type=int, default=16)
    options = parser.parse_args()
    for engine in [options.engine] if options.engine else ENGINES:
        with serving(engine) as server:
            print(f"{engine}:")
            rate = orders_per_second(server, options.clients, options.seconds)
            bare_inserts(server, options.seconds / 2, rate)
            import_a_file(server)


def orders_per_second(server: LiveServer, number: int, seconds: float) -> float:
    """Prints the rate of orders through the API, and how long each waited."""
    address = clients.address_of(server)
    counter = itertools.count(1)
    clients.ask(address, *[clients.for_seconds(2, _posts(server, counter)) for _ in range(4)])
    started = time.perf_counter()
    with spent() as cost:
        answers = clients.flat(
            clients.ask(
                address,
                *[clients.for_seconds(seconds, _posts(server, counter)) for _ in range(number)],
            )
        )
    rate = len(answers) / (time.perf_counter() - started)
    assert {each.status for each in answers} == {201}, _told(answers)
    print(f"  {rate:.0f} orders of {TICKETS} tickets a second: {cost.each(len(answers))}")
    print(f"  {number} clients waited: {clients.waits(answers)}")
    return rate


def _posts(server: LiveServer, counter: Iterator[int]) -> Iterator[bytes]:
    demo = server.demo
    headers = {"Authorization": f"Bearer {demo['api_key']}"}
    for number in counter:
        body = {
            "shop": demo["shop"],
            "reference": f"INTAKE-{number}",
            "locale": "en",
            "booker": {
                "first_name": "Bea",
                "last_name": "Bakker",
                "email": f"bea.{number}@example.org",
                "phone": "+31687654321",
            },
            "tickets": [{"type": "weekend", "quantity": TICKETS}],
        }
        yield clients.post_json("/api/v1/orders", body, headers)


def _told(answers: list[Answer]) -> str:
    return next(str(each.body[:300]) for each in answers if each.status != 201)


def bare_inserts(server: LiveServer, seconds: float, rate: float) -> None:
    """The rows of an order that came through the API, written again and again."""
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context(), db.engine.connect() as connection:
        rows = _rows_of_the_last_order(connection)
        connection.rollback()
        done, started = 0, time.perf_counter()
        with spent() as cost:
            while time.perf_counter() - started < seconds:
                done += 1
                for table, some in _once_more(rows, done):
                    connection.execute(insert(table), some)
                connection.commit()
        bare = done / (time.perf_counter() - started)
    with app.app_context():
        db.engine.dispose()
    print(
        f"  the bare insert of the same rows: {bare:.0f}/s, {bare / rate:.1f} times ours: "
        f"{cost.each(done)}"
    )


def _rows_of_the_last_order(connection: Connection) -> dict[Table, Rows]:
    (order,) = _rows(connection, select(_ORDERS).order_by(_ORDERS.c.id.desc()).limit(1))
    found = {_ORDERS: [order]}
    for table in _OF_ORDER:
        found[table] = _rows(connection, select(table).where(table.c.order_id == order["id"]))
    return found


def _rows(connection: Connection, wanted: Select[Any]) -> Rows:
    return [dict(each) for each in connection.execute(wanted).mappings()]


def _once_more(rows: dict[Table, Rows], number: int) -> Iterator[tuple[Table, Rows]]:
    """The same rows, other only in what must be unique."""
    order_id = _FAR + number
    for table, some in rows.items():
        made: Rows = []
        for each in some:
            row = {**each, "order_id": order_id} if table is not _ORDERS else dict(each)
            row["id"] = order_id if table is _ORDERS else _FAR + len(some) * number + len(made)
            for name in {"link_id", "barcode_id"} & row.keys():
                row[name] = random_link_id()
            for name in {"code", "reference", "message_id"} & row.keys():
                row[name] = f"B{row['id']}"
            made.append(row)
        yield table, made


def import_a_file(server: LiveServer) -> None:
    """Prints how long a file of many rows takes, as a browser sees it, and a claim meanwhile."""
    app = create_app({"TESTING": True}, server.settings)
    address = clients.address_of(server)
    claims = claiming.filled_in(address, claiming.shared_links(app, CLAIMS))
    backoffice = Backoffice(server)
    page = _import_page(app)
    rows = [row(f"A-{n // 3}", holder=ANNA if n % 3 else NOBODY) for n in range(ROWS)]
    stop, answers = threading.Event(), list[Answer]()
    claimer = threading.Thread(target=_claim_until, args=(stop, address, claims, answers))
    started = time.perf_counter()
    at = backoffice.upload(page, made_of(*rows))
    steps = 0
    while f"{at}/check" in forms_in(backoffice.get(at)):
        backoffice.submit(at, f"{at}/check")
        steps += 1
    checked = time.perf_counter()
    claimer.start()
    backoffice.submit(at, f"{at}/place")
    placed = time.perf_counter()
    stop.set()
    claimer.join()
    assert "were added" in backoffice.get(at)
    assert {each.status for each in answers} == {303}, [each.status for each in answers]
    print(
        f"  a file of {ROWS} rows: {placed - started:.1f} s, of which {checked - started:.1f} s "
        f"for the upload and {steps} steps of checking, {placed - checked:.1f} s for the writing"
    )
    print(f"  {len(answers)} claims during the writing: {clients.waits(answers)}")


def _import_page(app: Flask) -> str:
    with app.app_context():
        shop_id = db.session.scalars(select(Shop.id).limit(1)).one()
        db.session.remove()
        db.engine.dispose()
    return f"/backoffice/shops/{shop_id}/import"


def _claim_until(
    stop: threading.Event, address: tuple[str, int], claims: list[bytes], answers: list[Answer]
) -> None:
    def one_by_one() -> Iterator[bytes]:
        for claim in claims:
            if stop.is_set():
                return
            yield claim

    (found,) = clients.ask(address, one_by_one())
    answers += found


if __name__ == "__main__":
    main()
