"""One order sent fifty times in the same instant, to the real server with its two processes."""

import json
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from sqlalchemy import func, select

from tests import invariants
from tests.api.caller import BEA
from tests.live_server import LiveServer
from ticketing import create_app
from ticketing.extensions import db
from ticketing.models import Order, OutboxMail

TIMES = 50


def post(
    server: LiveServer, body: dict[str, Any], path: str = "/api/v1/orders"
) -> tuple[int, dict[str, Any]]:
    """As a good program does it: where the server is too busy, again when it says so."""
    request = Request(  # noqa: S310 - our own server
        f"{server.url}{path}",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {server.demo['api_key']}",
            "Content-Type": "application/json",
        },
    )
    for _attempt in range(5):
        try:
            with urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.load(answer)
        except HTTPError as refused:
            if refused.code != 503:
                return refused.code, json.load(refused)
            time.sleep(int(refused.headers["Retry-After"]))
    raise AssertionError("the server stayed busy")


def all_at_once(
    server: LiveServer, bodies: list[dict[str, Any]], path: str = "/api/v1/orders"
) -> list[tuple[int, dict[str, Any]]]:
    server.new_demo()  # asked for once here, not by fifty threads
    barrier = threading.Barrier(len(bodies))

    def send(body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        barrier.wait(30)
        return post(server, body, path)

    with ThreadPoolExecutor(len(bodies)) as threads:
        return list(threads.map(send, bodies))


def order_of(server: LiveServer, reference: str, quantity: int = 5) -> dict[str, Any]:
    return {
        "shop": server.demo["shop"],
        "reference": reference,
        "locale": "en",
        "booker": BEA,
        "tickets": [{"type": server.demo["ticket_types"][0], "quantity": quantity}],
    }


def test_fifty_posts_of_one_order_make_one_order_and_one_mail(live_server: LiveServer) -> None:
    answers = all_at_once(live_server, [order_of(live_server, "AT-ONCE")] * TIMES)
    assert Counter(status for status, _body in answers) == {201: 1, 200: TIMES - 1}
    bodies = [body for _status, body in answers]
    assert all(body == bodies[0] for body in bodies)
    assert orders_and_mails(live_server, "AT-ONCE") == (1, 1)


def test_of_fifty_different_orders_under_one_reference_one_wins(live_server: LiveServer) -> None:
    wanted = [order_of(live_server, "CONTESTED", quantity) for quantity in range(1, TIMES + 1)]
    answers = all_at_once(live_server, wanted)
    assert Counter(status for status, _body in answers) == {201: 1, 409: TIMES - 1}
    (won,) = [index for index, (status, _body) in enumerate(answers) if status == 201]
    assert len(answers[won][1]["tickets"]) == won + 1
    assert orders_and_mails(live_server, "CONTESTED") == (1, 1)


def test_fifty_orders_at_once_all_arrive(live_server: LiveServer) -> None:
    wanted = [order_of(live_server, f"RUSH-{number}", 2) for number in range(TIMES)]
    answers = all_at_once(live_server, wanted)
    assert Counter(status for status, _body in answers) == {201: TIMES}
    assert len({body["code"] for _status, body in answers}) == TIMES
    assert orders_and_mails(live_server, "RUSH-%") == (TIMES, TIMES)


def test_fifty_times_one_ticket_more_is_one_ticket_more_and_one_mail(
    live_server: LiveServer,
) -> None:
    _status, order = post(live_server, order_of(live_server, "GROWS", 1))
    body = {"tickets": [{"type": live_server.demo["ticket_types"][0], "external_id": "A"}]}
    path = f"/api/v1/orders/{order['code']}/tickets"
    answers = all_at_once(live_server, [body] * TIMES, path)
    assert Counter(status for status, _body in answers) == {201: 1, 200: TIMES - 1}
    assert all(
        [ticket["external_id"] for ticket in body["tickets"]] == [None, "A"]
        for _status, body in answers
    )
    assert orders_and_mails(live_server, "GROWS") == (1, 2)


def test_fifty_different_tickets_at_once_are_all_added(live_server: LiveServer) -> None:
    _status, order = post(live_server, order_of(live_server, "CROWD", 1))
    type_code = live_server.demo["ticket_types"][0]
    bodies = [
        {"tickets": [{"type": type_code, "external_id": str(number)}]} for number in range(TIMES)
    ]
    answers = all_at_once(live_server, bodies, f"/api/v1/orders/{order['code']}/tickets")
    assert Counter(status for status, _body in answers) == {201: TIMES}
    largest = max((body["tickets"] for _status, body in answers), key=len)
    assert [ticket["id"] for ticket in largest] == [
        f"{order['code']}-{position}" for position in range(1, TIMES + 2)
    ]
    assert orders_and_mails(live_server, "CROWD") == (1, TIMES + 1)


def orders_and_mails(server: LiveServer, reference: str) -> tuple[int, int]:
    """What the database says; on the way its tables and histories must tell the same story."""
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        found = list(db.session.scalars(select(Order.id).where(Order.reference.like(reference))))
        mails = db.session.scalar(
            select(func.count()).select_from(OutboxMail).where(OutboxMail.order_id.in_(found))
        )
        invariants.check(db.session(), found)
    return len(found), mails or 0
