"""An overview that was drawn before is shown again, as long as it is what would be drawn now."""

import datetime as dt
import re
import time
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from tests import builders
from tests.overview.looking import path_of, seen, seen_anew
from tests.unpacked import body_of
from ticketing import cancelling, create_app, links, sharing
from ticketing.carried import admission, barcodes
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.feed import live
from ticketing.links import Link
from ticketing.models import Order, now
from ticketing.storing.transactions import write
from ticketing.web.booker import drawn
from ticketing.web.booker.drawn import MOST_SECONDS

TOKEN = re.compile(r'name="csrf_token" value="(\d+)')


@pytest.fixture
def order(app: Flask) -> Order:
    """Ticket 1 is nobody's, 2 shared, 3 claimed."""
    found = builders.make_order(tickets=3)
    builders.share(found.tickets[1])
    builders.claim(found.tickets[2])
    return found


def test_it_is_not_drawn_twice(client: FlaskClient, order: Order, statements: list[str]) -> None:
    path = path_of(order)
    statements.clear()
    first = client.get(path)
    assert statements
    statements.clear()
    again = client.get(path)
    assert not statements
    assert again.data == first.data
    assert seen(again) == seen(first)


HAPPENINGS: dict[str, Callable[[Order], object]] = {
    "claim": lambda order: builders.claim(order.tickets[0]),
    "share": lambda order: builders.share(order.tickets[0]),
    "recall": lambda order: sharing.recall(
        order.tickets[1], builders.ORGANISER, generation=order.tickets[1].share_generation
    ),
    "cancel": lambda order: cancelling.cancel_order(order, builders.ORGANISER),
    "check in": lambda order: admission.check_in(
        barcodes.text_of(order.tickets[2]), builders.ORGANISER
    ),
}


@pytest.mark.parametrize("happens", HAPPENINGS)
def test_whatever_happens_is_seen_at_once(
    app: Flask, client: FlaskClient, order: Order, happens: str
) -> None:
    before = seen(client.get(path_of(order)))
    db.session.rollback()
    HAPPENINGS[happens](order)
    after = seen(client.get(path_of(order)))
    assert after != before
    assert after == seen_anew(app, path_of(order))


def test_what_another_process_did_is_seen_at_once(client: FlaskClient, order: Order) -> None:
    path, order_id = path_of(order), order.id
    assert "Zoë" not in body_of(client.get(path)).decode()
    other = create_app({"TESTING": True}, settings())
    with other.app_context():
        builders.claim(db.session.get_one(Order, order_id).tickets[0], first_name="Zoë")
        db.session.remove()
        db.engine.dispose()
    assert "Zoë" in body_of(client.get(path)).decode()


def test_a_link_that_is_withdrawn_opens_nothing_any_more(client: FlaskClient, order: Order) -> None:
    path = path_of(order)
    assert client.get(path).status_code == 200
    with write() as session:
        order.link_generation += 1
        live.touch(session, order)
    assert client.get(path).status_code == 410
    assert client.get(path_of(order)).status_code == 200
    assert client.get(path).status_code == 410


def test_the_deadline_passes_while_nobody_does_anything(client: FlaskClient, order: Order) -> None:
    with write() as session:
        order.shop.personalisation_deadline = deadline = now() + dt.timedelta(seconds=2)
        session.flush()
    path = path_of(order)
    answers = []
    while now() < deadline:
        answers.append(body_of(client.get(path)).decode())
        time.sleep(0.05)
    assert all("Names can be filled in until" in page for page in answers[:-1])
    assert "The time for personalising is over" in body_of(client.get(path)).decode()


def test_its_forms_are_never_older_than_an_hour(
    client: FlaskClient, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are good for a day: who leaves the page open has the rest of it."""
    path, clock = path_of(order), time.time

    def issued() -> int:
        found = TOKEN.search(body_of(client.get(path)).decode())
        assert found is not None
        return int(found[1])

    first = issued()
    for later, reused in ((MOST_SECONDS / 2, True), (MOST_SECONDS + 1, False)):
        monkeypatch.setattr(time, "time", lambda later=later: clock() + later)
        assert (issued() == first) == reused
        assert clock() + later - issued() <= MOST_SECONDS


REQUESTS: list[dict[str, str]] = [
    {},
    {"Accept-Language": "nl, en;q=0.5"},
    {"Accept-Encoding": "br"},
    {"Accept-Encoding": "gzip"},
    {"Sec-Fetch-Dest": "document"},
    {"Sec-Fetch-Dest": "iframe"},
    {"HX-Request": "true"},
    {"HX-Request": "true", "HX-Target": "dialog", "Live-Version": "1"},
    {"Cookie": "session=x; other=y"},
    {"User-Agent": "WhatsApp/2.23"},
    {"Host": "elsewhere.example"},
    {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "https"},
    {"Referer": "https://festival.example/"},
    {"Origin": "https://festival.example"},
    {"Authorization": "Bearer psl_x"},
    {"Range": "bytes=0-10", "If-None-Match": "*"},
]
QUERIES = [
    "",
    "placed=1",
    "lang=en",
    "theme=dark",
    "accent=123456&radius=3",
    "fbclid=x",
    "%70laced",
]


def test_each_request_is_answered_as_if_it_were_the_first(app: Flask, client: FlaskClient) -> None:
    """In whichever sequence they come, and by whichever of their parts they differ."""
    order = builders.make_order(builders.make_shop(embed_origins=["https://festival.example"]))
    builders.share(order.tickets[0])
    asked = [(query, headers) for query in QUERIES for headers in REQUESTS]
    for query, headers in [*asked, *reversed(asked)]:
        path = f"{path_of(order)}?{query}"
        answered = seen(client.get(path, headers=headers))
        assert answered == seen_anew(app, path, headers=headers), f"{query} {headers}"
        assert answered[0] == 200


def test_of_two_orders_each_has_its_own(client: FlaskClient) -> None:
    shop = builders.make_shop()
    orders = [builders.make_order(shop, first_name=name) for name in ("Anna", "Bob")]
    for _ in range(2):
        for order, name in zip(orders, ("Anna", "Bob"), strict=True):
            assert f"{name} Booker" in body_of(client.get(path_of(order))).decode()


def test_what_changed_while_it_was_drawn_is_not_missed(app: Flask, order: Order) -> None:
    token = links.order_token(order)

    def draw(_order: Order, _link: Link) -> str:
        builders.claim(order.tickets[0])
        return "drawn before the claim"

    with app.test_request_context(f"/o/{token}"):
        assert drawn.overview(token, draw).get_data(as_text=True) == "drawn before the claim"
        again = drawn.overview(token, lambda *_: "drawn after it")
        assert again.get_data(as_text=True) == "drawn after it"
        third = drawn.overview(token, lambda *_: "not drawn at all")
        assert third.get_data(as_text=True) == "drawn after it"


@pytest.mark.engine("postgresql")
def test_a_database_that_was_restarted_is_asked_again(client: FlaskClient, order: Order) -> None:
    path = path_of(order)
    poll = f"{path}/changes?since={order.version}"
    answers = [client.get(path), client.get(poll)]
    with db.engine.begin() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    for _ in range(3):
        assert [client.get(path).status_code, client.get(poll).status_code] == [200, 204]
    assert seen(client.get(path)) == seen(answers[0])
