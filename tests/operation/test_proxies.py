"""Behind nginx and behind Caddy, set up as `deploy/` says: nothing is held back or told."""

import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import forms_in
from tests.operation.proxies import NAMES, Proxied, running_behind
from tests.operation.service import eventually
from ticketing import create_app, links
from ticketing.extensions import db
from ticketing.models import OutboxMail

ONLY_TLS = "max-age=63072000; includeSubDomains"


@pytest.fixture(scope="module", params=NAMES)
def proxied(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxied]:
    name = str(request.param)
    with running_behind(
        name, tmp_path_factory.mktemp(name), PASSALONG_METRICS_TOKEN="let-me-read"
    ) as running:
        yield running


@pytest.fixture
def app(proxied: Proxied) -> Iterator[Flask]:
    app = create_app({"TESTING": True}, proxied.server.settings)
    with app.app_context():
        yield app


@contextmanager
def open_stream(proxied: Proxied, path: str) -> Iterator[HTTPResponse]:
    at = urlsplit(proxied.url)
    connection = HTTPSConnection(at.hostname or "", at.port, timeout=60, context=proxied.trusted)
    try:
        connection.request("GET", f"{path}/stream?since=1")
        answer = connection.getresponse()
        assert answer.status == 200
        assert answer.getheader("Content-Type", "").startswith("text/event-stream")
        yield answer
    finally:
        connection.close()


def lines_until(stream: HTTPResponse, wanted: str) -> list[str]:
    """What comes until a line has this text; times out if it is held back."""
    lines: list[str] = []
    while not lines or wanted not in lines[-1]:
        line = stream.readline()
        assert line, "the stream ended"
        lines.append(line.decode())
    return lines


def test_a_claim_through_the_proxy_is_on_the_stream_through_the_proxy(
    proxied: Proxied, app: Flask
) -> None:
    order = builders.make_order(tickets=2)
    overview = f"/o/{links.order_token(order)}"
    share = builders.share(order.tickets[0])
    with open_stream(proxied, overview) as stream:
        lines_until(stream, "retry: ")  # the first of it comes before anything happens
        page = proxied.surfer().submit(share, **{**builders.ANNA, "first_name": "Łucja"})
        page.has("Łucja")
        assert "event: cards\n" in lines_until(stream, "Łucja")


def test_links_and_secrets_are_of_the_address_that_people_use(proxied: Proxied, app: Flask) -> None:
    order = builders.make_order(tickets=1)
    page = proxied.surfer().get(f"/o/{links.order_token(order)}/tickets/1/share")
    page.has(f"{proxied.url}/s/")
    assert page.headers.get_all("Strict-Transport-Security") == [ONLY_TLS]
    signing_in = proxied.surfer().get("/backoffice/sign-in")
    assert "Secure" in signing_in.headers["Set-Cookie"]
    assert signing_in.headers["Set-Cookie"].startswith("__Host-")


def test_nobody_chooses_their_own_address(proxied: Proxied, app: Flask) -> None:
    """Limits count by network address: a header must not make a new person of anybody."""
    shop = builders.make_shop()
    weekend = f"quantity_{shop.event.ticket_types[0].id}"
    for number in range(2):
        surfer = proxied.surfer()
        form = {"first_name": "Zoë", "last_name": "B", "email": f"zoe{number}@example.org"}
        page = surfer.get(f"/shop/{shop.slug}")
        known = forms_in(page.text)[f"/shop/{shop.slug}"]
        surfer.post(
            f"/shop/{shop.slug}",
            {**known, weekend: "1", **form},
            X_Forwarded_For=f"203.0.113.{number}",
            Forwarded=f"for=203.0.113.{number}",
        ).has("Not assigned")
    db.session.rollback()
    asked_from = {mail.asked_from for mail in db.session.query(OutboxMail) if mail.asked_from}
    assert len(asked_from) == 1


def test_the_numbers_need_their_token(proxied: Proxied) -> None:
    assert proxied.surfer().get("/metrics").status == 404
    answer = proxied.surfer().get("/metrics", Authorization="Bearer let-me-read")
    answer.has("passalong_http_requests_total")


def asked_in_the_clear(proxied: Proxied, path: str) -> tuple[int, str]:
    """(status, the whole answer) of who comes without TLS."""
    at = urlsplit(proxied.plain_url)
    with socket.create_connection((at.hostname or "", at.port or 0), timeout=30) as caller:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        caller.sendall(request.encode())
        answer = b""
        while part := caller.recv(4096):
            answer += part
    return int(answer.split(b" ")[1]), answer.decode()


def test_who_comes_without_tls_is_sent_on(proxied: Proxied) -> None:
    status, answer = asked_in_the_clear(proxied, "/shop/x")
    assert status in {301, 308}
    assert "ocation: https://localhost" in answer


def test_tls_is_new_enough_and_its_ciphers_keep_secrets(proxied: Proxied) -> None:
    """ASVS 12.1.1, 12.1.2; the proxy's certificate has a key for ECDSA."""
    assert agreed(proxied) == ("TLSv1.3", True)
    twelve = ssl.TLSVersion.TLSv1_2
    assert agreed(proxied, twelve, "ECDHE+AESGCM") == ("TLSv1.2", True)
    for version, ciphers in (
        (ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"),
        (twelve, "ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:@SECLEVEL=0"),
    ):
        with pytest.raises((ssl.SSLError, ConnectionError)):
            agreed(proxied, version, ciphers)


def agreed(
    proxied: Proxied, newest: ssl.TLSVersion | None = None, ciphers: str = ""
) -> tuple[str | None, bool]:
    """(the version that both agree on, whether the cipher authenticates what it hides)."""
    asking = ssl.create_default_context(cadata=ssl.DER_cert_to_PEM_cert(_certificate(proxied)))
    if newest:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # we know that it is old
            asking.minimum_version = asking.maximum_version = newest
    if ciphers:
        asking.set_ciphers(ciphers)
    at = urlsplit(proxied.url)
    with (
        socket.create_connection((at.hostname or "", at.port or 0), timeout=30) as raw,
        asking.wrap_socket(raw, server_hostname="localhost") as tls,
    ):
        name = (tls.cipher() or ("",))[0]
        return tls.version(), "GCM" in name or "CHACHA20" in name


def _certificate(proxied: Proxied) -> bytes:
    [der] = proxied.trusted.get_ca_certs(binary_form=True)
    return der


@pytest.mark.parametrize("path", ["/api/v1/orders", "/hooks/pretix/x"])
def test_programs_without_tls_are_refused(proxied: Proxied, path: str) -> None:
    """Sent on they would work, and show their key to the whole way each time, unnoticed."""
    status, answer = asked_in_the_clear(proxied, path)
    assert status == 403
    assert "ocation:" not in answer


def test_what_is_too_large_is_refused(proxied: Proxied) -> None:
    large: dict[str, Any] = {"text": "x" * 40_000_000}
    try:
        status = proxied.surfer().post("/shop/x", large).status
    except (ConnectionError, ssl.SSLError, OSError):  # hung up on amid the body
        return
    assert status == 413


def test_the_proxy_s_log_opens_nothing_even_when_the_server_is_away(
    proxied: Proxied, app: Flask
) -> None:
    """The last of this module's tests: it stops the server."""
    order = builders.make_order(tickets=1)
    overview = f"/o/{links.order_token(order)}"
    surfer = proxied.surfer()
    asked = surfer.get(f"{overview}?q=wilhelmina", X_Request_ID="chosen-by-the-client")
    assert asked.status == 200
    assert asked.headers["X-Request-ID"] != "chosen-by-the-client"
    eventually(lambda: asked.headers["X-Request-ID"] in proxied.server.log.read_text())
    with open_stream(proxied, overview) as stream:
        lines_until(stream, "retry: ")
    proxied.server.stop()
    away = surfer.get(overview)
    assert away.status == 502
    assert away.headers.get_all("Strict-Transport-Security") == [ONLY_TLS]
    eventually(lambda: bool(proxied.logged()))
    assert overview.removeprefix("/o/") not in proxied.logged()
    assert "wilhelmina" not in proxied.logged()
