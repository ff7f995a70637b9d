"""Pages go out small where no cookie counts, and nowhere else (docs/decisions/packing.md)."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.backoffice.browsing import Browser
from tests.security.link_routes import ask, link_routes
from tests.unpacked import body_of
from ticketing import links
from ticketing.models import Order
from ticketing.web.around.packing import LEAST, encoding_for

ALL = {"Accept-Encoding": "gzip, deflate, br, zstd"}
PASSWORD = "correct horse battery"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("gzip;q=0, br;q=0", ""),
        ("*", "br"),
        ("deflate", ""),
        ("identity", ""),
        ("", ""),
        (";;;=", ""),
    ],
)
def test_a_browser_is_sent_what_it_understands(accepted: str, encoding: str) -> None:
    assert encoding_for(accepted) == encoding


@pytest.mark.parametrize("accepted", ["br", "gzip", "identity"])
def test_a_packed_page_is_the_same_page(
    client: FlaskClient, order_of_five: Order, accepted: str
) -> None:
    path = f"/o/{links.order_token(order_of_five)}"
    packed = client.get(path, headers={"Accept-Encoding": accepted})
    assert packed.headers.get("Content-Encoding", "identity") == accepted
    assert packed.content_length == len(packed.data)
    assert {"Accept-Encoding", "Accept-Language"} <= set(packed.vary)
    assert body_of(packed).count(b"<article") == 5
    if accepted != "identity":
        assert len(packed.data) < len(body_of(packed)) / 3


def test_behind_a_link_all_html_is_packed_and_nothing_else(
    app: Flask, client: FlaskClient, order_of_five: Order
) -> None:
    ticket = builders.claim(order_of_five.tickets[1])
    tokens = {
        "o": links.order_token(order_of_five),
        "s": builders.share(order_of_five.tickets[0]).removeprefix("/s/"),
        "t": links.ticket_token(ticket),
        "u": links.unsubscribe_url(order_of_five).rpartition("/")[2],
    }
    seen = set()
    for route in link_routes(app):
        answer = ask(client, route, tokens[route.kind], headers=ALL)
        packed = "Content-Encoding" in answer.headers
        html = answer.mimetype == "text/html"
        assert ("Accept-Encoding" in answer.vary) == html, str(route)
        if route.method == "HEAD":
            continue
        long = html and len(body_of(answer)) >= LEAST
        assert packed == long, f"{route}: {answer.status}, {answer.mimetype}"
        seen.add((answer.mimetype, packed))
    assert {("text/html", True), ("application/pdf", False), ("text/event-stream", False)} <= seen


def test_where_a_cookie_counts_nothing_is_packed(app: Flask, order_of_five: Order) -> None:
    """The length of a packed page would tell how alike its secrets and an outsider's words are."""
    organiser = order_of_five.shop.organiser
    builders.make_user(organiser, email="olga@example.org", password=PASSWORD)
    olga = Browser(app)
    olga.sign_in("olga@example.org", PASSWORD)
    long = 0
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.rule.startswith(("/static/", "/o/<token>")):
            continue
        path = re.sub(r"<int:\w+>", "1", rule.rule).replace("<code>", order_of_five.code)
        answer = olga.get(re.sub(r"<[^>]*>", "x", path), headers=ALL)
        if "Cookie" in answer.vary or "Set-Cookie" in answer.headers:
            assert "Content-Encoding" not in answer.headers, path
            long += answer.status_code == 200 and len(answer.data) >= LEAST
        answer.close()
    assert long > 15, "pages that would have been worth it"


def test_where_no_cookie_counts_none_changes_a_page(app: Flask, order_of_five: Order) -> None:
    """What makes packing safe there: somebody else's browser gets no more than anybody's."""
    builders.make_user(order_of_five.shop.organiser, email="o@example.org", password=PASSWORD)
    olga = Browser(app)
    olga.sign_in("o@example.org", PASSWORD)
    stranger = Browser(app)
    for path in (
        f"/o/{links.order_token(order_of_five)}",
        builders.share(order_of_five.tickets[0]),
        f"/shop/{order_of_five.shop.slug}",
        "/brand/0/123456.css",
    ):
        theirs, ours = stranger.get(path), olga.get(path)
        assert _without_tokens(ours.text) == _without_tokens(theirs.text), path
        assert "Cookie" not in ours.vary
        assert "Set-Cookie" not in ours.headers


def _without_tokens(page: str) -> str:
    """Without what each form has of its own: its second, its number."""
    return re.sub(r'(token|type="hidden"[^>]* value)="[^"]*"', "", page)
