"""Whoever reads the logs must not be able to open an order with them."""

import io
import logging
from collections.abc import Iterator

import pytest
from flask import Flask

from tests import builders
from tests.installations import TESTING
from ticketing import create_app, links
from ticketing.config import Settings
from ticketing.logs import redact
from ticketing.models import Order

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


def test_an_address_writes_no_line_of_its_own(app: Flask, written: io.StringIO) -> None:
    builders.make_shop()
    access = logging.getLogger("werkzeug")
    access.setLevel(logging.INFO)
    access.info('"GET /x\n127.0.0.1 forged" 200')
    assert written.getvalue().count("\n") == 1
