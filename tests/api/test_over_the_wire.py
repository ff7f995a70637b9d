"""What only the real server shows: bodies in pieces, and refusals while a body is still coming."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask

from tests import builders
from tests.api.caller import BEA
from tests.live_server import LiveServer
from ticketing import links

LARGE = b'{"shop": "' + b"x" * (10 * 1024 * 1024) + b'"}'


def post(server: LiveServer, data: Any, *, key: str) -> tuple[int, dict[str, Any]]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = Request(f"{server.url}/api/v1/orders", data=data, headers=headers)  # noqa: S310
    try:
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own server
            return answer.status, json.load(answer)
    except HTTPError as refused:
        return refused.code, json.load(refused)


def in_pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Sent without saying beforehand how much will come."""
    for start in range(0, len(data), size):
        yield data[start : start + size]


def test_ten_megabytes_are_refused_and_the_refusal_arrives(live_server: LiveServer) -> None:
    key = live_server.demo["api_key"]
    for data in (LARGE, in_pieces(LARGE, 100_000)):
        status, body = post(live_server, data, key=key)
        assert (status, list(body["errors"])) == (413, ["request"])


def test_without_a_key_nobody_reads_them(live_server: LiveServer) -> None:
    status, body = post(live_server, LARGE, key="none")
    assert (status, list(body["errors"])) == (401, ["request"])


def test_an_order_may_come_in_pieces(live_server: LiveServer) -> None:
    demo = live_server.demo
    order = {
        "shop": demo["shop"],
        "reference": "IN-PIECES",
        "booker": BEA,
        "tickets": [{"type": demo["ticket_types"][0], "quantity": 1}],
    }
    data = json.dumps(order).encode()
    assert post(live_server, in_pieces(data, 10), key=demo["api_key"])[0] == 201
    assert post(live_server, data, key=demo["api_key"])[0] == 200


@pytest.mark.parametrize("body", [b"[" * 90_000, b"[1]", b"5", b'"a"', b"{", b"{}"])
def test_json_sent_to_any_page_is_refused_unread(app: Flask, body: bytes) -> None:
    # Flask-Security looked for a token in it, and Flask-WTF for fields: both broke on what is no
    # object, or nested too deeply.
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    order = builders.make_order()
    share = builders.share(order.tickets[0])
    overview = f"/o/{links.order_token(order)}"
    shop = f"/shop/{order.shop.slug}"
    for path in ("/backoffice/sign-in", shop, share, f"{overview}/tickets/2/claim", "/o/none"):
        answer = app.test_client().post(path, data=body, content_type="application/json")
        # Signing in lacks its form's token, which is seen before.
        assert answer.status_code == (422 if path.endswith("sign-in") else 415), path
    refused = app.test_client().post("/api/v1/orders", data=body, content_type="application/json")
    assert refused.status_code == 401
