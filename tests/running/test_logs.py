"""Whoever reads the logs must not be able to open an order with them."""

import datetime as dt
import io
import json
import logging
import os
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from tests import builders
from tests.installations import TESTING
from ticketing import create_app, links
from ticketing.config import Settings
from ticketing.extensions import csrf
from ticketing.models import Order
from ticketing.running import logs
from ticketing.running.logs import formatter, redact
from ticketing.storing.transactions import write

TOKEN = "AQ" + "x-_Z" * 8 + "9A"


@pytest.fixture
def written(app: Flask) -> Iterator[io.StringIO]:
    """What any logger writes while the app runs."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root = logging.getLogger()
    root.addHandler(handler)
    yield text
    root.removeHandler(handler)


@pytest.mark.parametrize("kind", ["o", "s", "t", "u"])
def test_links_are_cut_out_wherever_they_stand(kind: str) -> None:
    for before, after in [
        (f"GET /{kind}/{TOKEN} 200", f"GET /{kind}/… 200"),
        (
            f"https://a.example/{kind}/{TOKEN}/stream?since=3",
            f"https://a.example/{kind}/…/stream?…",
        ),
        (f"'/{kind}/{TOKEN}'", f"'/{kind}/…'"),
        (f"/{kind}/{TOKEN[:30]}", f"/{kind}/…"),
        (f"/{kind}/%41{TOKEN[1:]}", f"/{kind}/…"),
    ]:
        assert redact(before) == after


def test_a_token_is_cut_out_however_its_address_was_mangled() -> None:
    assert redact(f"GET /o//{TOKEN} 404") == "GET /o//… 404"
    assert redact(f"GET /O/{TOKEN} 404") == "GET /O/… 404"
    assert redact(f"token {TOKEN}, alone") == "token …, alone"
    assert redact(TOKEN) == "…"


def test_longer_runs_are_no_tokens() -> None:
    for left in ("a" * 35, "a" * 37, "5f" * 32):
        assert redact(f"pdf {left} made") == f"pdf {left} made"


def test_searches_are_cut_out_and_the_rest_is_left() -> None:
    assert redact("GET /backoffice/orders?q=anna HTTP/1.1") == "GET /backoffice/orders?… HTTP/1.1"
    assert redact("Is this all right? Yes.") == "Is this all right? Yes."
    assert redact("/static/app.css 200") == "/static/app.css 200"


def test_addresses_and_numbers_of_people_are_cut_out() -> None:
    assert redact("Refused: <anna.visser@example.org> unknown") == "Refused: <…@…> unknown"
    assert redact("Call +31 6 1234 5678, please") == "Call +…, please"
    assert redact("Call +31612345678") == "Call +…"
    assert redact("2 + 2, 1+1, C++, +3 h") == "2 + 2, 1+1, C++, +3 h"
    assert redact("Invalid request from ip=203.0.113.7: Bad line") == (
        "Invalid request from ip=…: Bad line"
    )


def test_no_logger_writes_a_link(written: io.StringIO, order_of_five: Order) -> None:
    url = links.order_url(order_of_five)
    logging.getLogger("some.library").warning("Could not open %s", url)
    logging.getLogger("another").warning({"url": url})
    try:
        int(url)
    except ValueError:
        logging.getLogger("third").exception("Failed")
    assert "Could not open" in written.getvalue()
    assert "ValueError" in written.getvalue()
    assert links.order_token(order_of_five) not in written.getvalue()


def test_an_error_of_ours_is_logged_without_its_link(
    settings: Settings, written: io.StringIO, order_of_five: Order
) -> None:
    app = create_app(TESTING, settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    token = links.order_token(order_of_five)

    @app.before_request
    def fail() -> None:
        raise RuntimeError(f"at /o/{token}")

    answer = app.test_client(use_cookies=False).get(f"/o/{token}")
    assert answer.status_code == 500
    assert "RuntimeError" in written.getvalue()
    assert token not in written.getvalue()


def test_an_error_is_logged_without_what_somebody_typed(
    settings: Settings, written: io.StringIO
) -> None:
    app = create_app(TESTING, settings)
    app.config["PROPAGATE_EXCEPTIONS"] = False

    @app.post("/api/fail")  # where no form's token is asked for
    def fail() -> str:
        value = request.form.get("first_name") or request.get_json()["booker"]["first_name"]
        raise ValueError(f"no good: {value!r}")

    csrf.exempt(fail)
    for sent in (
        {"data": {"first_name": "Łucja Wiśniewska"}},
        {"json": {"booker": {"first_name": "Łucja Wiśniewska"}}},
    ):
        assert app.test_client().post("/api/fail", **sent).status_code == 500
    logged = written.getvalue()
    assert logged.count("ValueError: no good: '…'") == 2
    assert "Wiśniewska" not in logged
    assert "raise ValueError" in logged, "the way to the error stays"


def test_an_error_of_the_database_is_logged_without_its_rows(
    app: Flask, written: io.StringIO, order_of_five: Order
) -> None:
    """Neither what SQLAlchemy adds, the statement's values, nor PostgreSQL: the row's."""
    again = {"code": order_of_five.code, "email": order_of_five.email}
    columns = {c.key: getattr(order_of_five, c.key) for c in Order.__table__.columns}
    columns.pop("id")
    twice = insert(Order).values({**columns, **again})
    with write() as session, pytest.raises(IntegrityError) as failed:
        session.execute(twice)
    logging.getLogger("some.library").error("Failed", exc_info=failed.value)
    assert "IntegrityError" in written.getvalue()
    for value in (*again.values(), order_of_five.first_name, order_of_five.phone):
        assert value not in written.getvalue()


@pytest.fixture
def as_json(app: Flask) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What was logged since, line by line, as programs read it."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(formatter("json"))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in text.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_a_line_says_when_who_what_and_in_which_request(
    as_json: Callable[[], list[dict[str, Any]]], client: FlaskClient, order_of_five: Order
) -> None:
    client.get(f"/o/{links.order_token(order_of_five)}", headers={"X-Request-ID": "gate-7/a b"})
    answer = client.get(
        f"/o/{links.order_token(order_of_five)}", headers={"X-Request-ID": "edge-000042"}
    )
    logging.getLogger("ticketing.somewhere").warning("First line\nsecond: %s", "“ü”")
    logs.traced.set(None)  # as the server does when a request is over
    logging.getLogger("ticketing.somewhere").info("Nobody asked")
    inside, outside = as_json()
    assert inside["message"] == "First line\nsecond: “ü”"
    assert inside["level"] == "warning"
    assert inside["logger"] == "ticketing.somewhere"
    assert inside["process"] == os.getpid()
    assert dt.datetime.fromisoformat(inside["time"]).tzinfo is not None
    assert inside["request_id"] == answer.headers["X-Request-ID"] == "edge-000042"
    assert (inside["method"], inside["route"]) == ("GET", "/o/<token>")
    assert not {"request_id", "method", "route"} & outside.keys()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("550e8400-e29b-41d4-a716-446655440000", True),
        ("Root=1-67891233-abcdef012345678912345678", True),
        ("4bf92f3577b34da6a3ce929d0e0e4736", True),
        ("short", False),
        ("a" * 65, False),
        ("two words and", False),
        ("anna@example.org", False),
        ("+31612345678", False),
        (TOKEN, False),
        (f"/o/{TOKEN}", False),
        ("", False),
    ],
)
def test_a_request_keeps_its_id_if_it_came_with_a_sane_one(
    client: FlaskClient, given: str, kept: bool
) -> None:
    answers = [client.get("/nothing", headers={"X-Request-ID": given}) for _ in range(2)]
    one, two = (answer.headers["X-Request-ID"] for answer in answers)
    assert (one == two == given) is kept
    assert kept or re.fullmatch("[0-9a-f]{16}", one)
    assert kept or one != two


def test_a_thread_that_fails_says_so_in_the_log(written: io.StringIO) -> None:
    def fail() -> None:
        raise RuntimeError(f"at /o/{TOKEN}")

    before, threading.excepthook = threading.excepthook, threading.__excepthook__
    try:
        logs.set_up("text")
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    finally:
        threading.excepthook = before
    assert "RuntimeError: at /o/…" in written.getvalue()
    assert TOKEN not in written.getvalue()


def test_an_address_writes_no_line_of_its_own(app: Flask, written: io.StringIO) -> None:
    builders.make_shop()
    access = logging.getLogger("werkzeug")
    access.setLevel(logging.INFO)
    access.info('"GET /x\n127.0.0.1 forged" 200')
    assert written.getvalue().count("\n") == 1


def test_nothing_forges_a_line_or_moves_a_cursor() -> None:
    """ASVS 16.4.1: whatever a name, an address or somebody else's program says."""
    evil = "one\r\n2026-11-27 [1] INFO ticketing: forged\x1b[2J\x9b2J\u2028two\0"
    logger = logging.getLogger("ticketing.somewhere")
    for name in logs.FORMATS:
        text = io.StringIO()
        handler = logging.StreamHandler(text)
        handler.setFormatter(formatter(name))
        logger.addHandler(handler)
        logger.error("It said %s", evil, exc_info=ValueError(evil))
        logger.removeHandler(handler)
        written = text.getvalue()
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]", written)
        first, *others = written.splitlines()
        assert "It said one" in first
        assert "forged" in written
        assert all(line.startswith("    ") for line in others), name
    assert not others, "JSON: one object a line"
