"""Asking other programs: nothing inside our own network, nothing endless, nothing followed."""

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.webhooks.receiver import Handler, Heard, Receiver
from tests.webhooks.receiver import receiver as another_receiver
from ticketing import create_app
from ticketing.calls import outbound
from ticketing.calls.outbound import NotReached, TargetRefused, TimedOut, is_public
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import now
from ticketing.storing.transactions import write


@pytest.fixture
def strict(app: Flask) -> Iterator[Flask]:
    """An installation as it is in earnest: no private addresses."""
    found: Settings = app.extensions["passalong.settings"]
    strict = create_app({"TESTING": True}, replace(found, allow_private_targets=False))
    with strict.app_context():
        yield strict


@contextlib.contextmanager
def tcp(*, says: bytes = b"", then_waits: bool = True) -> Iterator[int]:
    """A server that takes any connection, says something and, if it is to, waits."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(says)
                        if then_waits:
                            over.wait(20)
                            continue
                        # To hang up on a request that wasn't read would take back what was said.
                        connection.shutdown(socket.SHUT_WR)
                        connection.settimeout(20)
                        while connection.recv(4096):
                            pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        over.set()


def test_it_asks_and_answers(app: Flask, receiver: Receiver) -> None:
    receiver.answer = lambda handler, _: handler.say(418, b"short", X_Kind="teapot")
    answer = outbound.request(
        "POST", f"{receiver.url}?a=b&c=%20", headers={"X-Mine": "yes"}, body=b"\x00\xff"
    )
    assert (answer.status, answer.body, answer.cut, answer.ok) == (418, b"short", False, False)
    assert answer.headers["x-kind"] == "teapot"
    [heard] = receiver.heard
    assert heard.path == "/hook?a=b&c=%20"
    assert heard.body == b"\x00\xff"
    assert heard.headers["x-mine"] == "yes"
    assert heard.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "2130706433",  # 127.0.0.1 as one number
        "0x7f.0.0.1",
        "0.0.0.0",  # noqa: S104 - not bound
        "localhost",  # a name that leads here
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # where clouds keep their secrets
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "[fe80::1]",
        "[fc00::1]",
        "[fec0::1]",
        "[ff02::1]",
        "[64:ff9b::7f00:1]",  # 127.0.0.1 behind a NAT64
        "[2002:7f00:1::1]",  # and in 6to4
        "[2001:0:1:1::80ff:fffe]",  # and in Teredo
    ],
)
def test_it_calls_nothing_inside_our_network(strict: Flask, receiver: Receiver, host: str) -> None:
    with pytest.raises(TargetRefused, match="private network"):
        outbound.request("POST", f"https://{host}:{receiver.port}/hook", body=b"{}")
    assert receiver.heard == []


@given(st.ip_addresses(v=4))
def test_an_address_is_no_better_for_being_wrapped(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | number)
    nat64 = ipaddress.IPv6Address((0x64FF9B << 96) | number)
    assert is_public(mapped) == is_public(nat64) == is_public(address)
    if address.is_private or address.is_multicast or address.is_loopback or address.is_link_local:
        assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook",
        "ftp://example.org/hook",
        "file:///etc/passwd",
        "//example.org/hook",
        "example.org/hook",
        "https:///hook",
        "https://user:secret@example.org/hook",
        "https://user@example.org/hook",
        "https://example.org:99999/hook",
        "https://example.org:0/hook",
        "https://example.org/hook#part",
        "https://example.org/a b",
        "https://example.org/a\r\nX-Evil: 1",
        "https://example.org\\@127.0.0.1/",
        "https://exa\u202emple.org/",
        "https://[::1",
        "https://fe80%25eth0/",
        "https://example.org/" + "a" * 2000,
        "",
    ],
)
def test_what_is_no_address_is_refused_before_any_look_up(strict: Flask, url: str) -> None:
    with pytest.raises(TargetRefused):
        outbound.parse(url)


class TestNames:
    """What a name means is asked once, and all of it must be good."""

    @pytest.fixture
    def means(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
        """{name: what it means when it is asked for the first time, the second, …}."""
        names: dict[str, list[list[str]]] = {}
        ask = socket.getaddrinfo

        def answer(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
            if host not in names:
                return ask(host, port, *args, **kwargs)
            found = names[host].pop(0)
            return [row for each in found for row in ask(each, port, *args, **kwargs)]

        monkeypatch.setattr(socket, "getaddrinfo", answer)
        return names

    def test_a_name_can_mean_no_other_address_in_between(
        self, app: Flask, receiver: Receiver, means: dict[str, list[list[str]]]
    ) -> None:
        means["shop.example"] = [["127.0.0.1"], ["127.0.0.99"]]
        answer = outbound.request("GET", f"http://shop.example:{receiver.port}/", body=b"")
        assert answer.ok
        assert means["shop.example"] == [["127.0.0.99"]]  # it was asked for once
        assert receiver.heard[0].headers["host"] == f"shop.example:{receiver.port}"

    def test_one_bad_address_is_enough(
        self, strict: Flask, receiver: Receiver, means: dict[str, list[list[str]]]
    ) -> None:
        means["shop.example"] = [["93.184.216.34", "127.0.0.1"]]
        with pytest.raises(TargetRefused):
            outbound.request("GET", f"https://shop.example:{receiver.port}/")

    def test_the_next_address_is_tried_where_one_takes_no_connection(
        self, app: Flask, receiver: Receiver, means: dict[str, list[list[str]]]
    ) -> None:
        means["shop.example"] = [["127.0.0.99", "127.0.0.1"]]
        assert outbound.request("GET", f"http://shop.example:{receiver.port}/", body=b"").ok

    def test_a_name_that_nobody_has(self, app: Flask) -> None:
        with pytest.raises(NotReached, match="name"):
            outbound.request("GET", "http://nobody.invalid/")

    def test_a_resolver_that_hangs(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        over = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(20) and [])
        with pytest.raises(TimedOut):
            outbound.request("GET", "http://shop.example/", total=0.2)
        over.set()


class TestPatience:
    """However slow the other side is, it takes no longer than it may."""

    @pytest.fixture(autouse=True)
    def in_time(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        assert time.monotonic() - begun < 10

    def test_who_never_answers(self, app: Flask) -> None:
        with tcp() as port, pytest.raises(TimedOut, match=r"within 0\.3 seconds"):
            outbound.request("POST", f"http://127.0.0.1:{port}/", body=b"{}", total=0.3)

    def test_who_never_shakes_hands(self, app: Flask) -> None:
        with tcp() as port, pytest.raises(TimedOut):
            outbound.request("POST", f"https://127.0.0.1:{port}/", body=b"{}", total=0.3)

    def test_who_says_a_header_letter_by_letter(self, app: Flask, receiver: Receiver) -> None:
        def drip(handler: Handler, _heard: Heard) -> None:
            for _ in range(400):
                handler.wfile.write(b"H")
                time.sleep(0.05)

        receiver.answer = drip
        with pytest.raises(TimedOut):
            outbound.request("POST", receiver.url, body=b"{}", total=0.5)

    def test_who_says_a_body_letter_by_letter_has_answered(
        self, app: Flask, receiver: Receiver
    ) -> None:
        def drip(handler: Handler, _heard: Heard) -> None:
            handler.say(200, Content_Length="400")
            for _ in range(400):
                handler.wfile.write(b"x")
                time.sleep(0.05)

        receiver.answer = drip
        answer = outbound.request("POST", receiver.url, body=b"{}", total=0.5)
        assert answer.status == 200
        assert answer.cut
        assert len(answer.body) < 100

    def test_who_never_stops(self, app: Flask, receiver: Receiver) -> None:
        written = 0

        def flood(handler: Handler, _heard: Heard) -> None:
            nonlocal written
            handler.say(200, Content_Length=str(10**9))
            while True:
                handler.wfile.write(b"x" * 65536)
                written += 65536

        receiver.answer = flood
        answer = outbound.request("POST", receiver.url, body=b"{}")
        assert len(answer.body) == outbound.MOST_BYTES
        assert answer.cut
        assert written < 32 * 1024 * 1024  # no more than buffers hold

    def test_who_breaks_off_in_the_middle(self, app: Flask) -> None:
        said = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
        with tcp(says=said, then_waits=False) as port:
            answer = outbound.request("GET", f"http://127.0.0.1:{port}/")
        assert (answer.status, answer.body, answer.cut) == (200, b"half", True)

    @pytest.mark.parametrize("said", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP/1.1 20\r\n\r\n"])
    def test_who_speaks_something_else(self, app: Flask, said: bytes) -> None:
        with tcp(says=said, then_waits=False) as port, pytest.raises(NotReached, match="HTTP"):
            outbound.request("GET", f"http://127.0.0.1:{port}/")

    def test_endless_headers(self, app: Flask) -> None:
        said = b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 5000
        with tcp(says=said) as port, pytest.raises(NotReached):
            outbound.request("GET", f"http://127.0.0.1:{port}/", total=5)

    def test_where_nobody_listens(self, app: Flask) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(NotReached, match="connected"):
            outbound.request("GET", f"http://127.0.0.1:{port}/")


def test_redirects_are_not_followed(app: Flask, receiver: Receiver) -> None:
    with another_receiver() as elsewhere:
        receiver.answer = lambda handler, _: handler.say(302, Location=elsewhere.url)
        assert outbound.request("POST", receiver.url, body=b"{}").status == 302
        assert elsewhere.heard == []


def test_the_environments_proxies_are_not_asked(
    app: Flask, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another_receiver() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert outbound.request("POST", receiver.url, body=b"{}").ok
        assert proxy.heard == []


def test_no_transaction_is_held_meanwhile(app: Flask, receiver: Receiver) -> None:
    with write(), pytest.raises(RuntimeError, match="transaction"):
        outbound.request("GET", receiver.url)
    assert receiver.heard == []
    db.session.rollback()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for localhost, which is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - dt.timedelta(days=1))
        .not_valid_after(now() + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


class TestTLS:
    @pytest.fixture
    def port(self, certificate: Path) -> Iterator[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with socket.create_server(("127.0.0.1", 0)) as listener:

            def serve() -> None:
                while True:
                    try:
                        raw, _ = listener.accept()
                    except OSError:
                        return  # the test is over
                    with contextlib.suppress(OSError), context.wrap_socket(raw, True) as secure:
                        secure.recv(65536)
                        secure.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

            threading.Thread(target=serve, daemon=True).start()
            yield listener.getsockname()[1]

    @pytest.fixture
    def trusted(self, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        outbound._tls.cache_clear()
        yield
        outbound._tls.cache_clear()

    def test_a_good_certificate(self, app: Flask, port: int, trusted: None) -> None:
        answer = outbound.request("GET", f"https://localhost:{port}/")
        assert (answer.status, answer.body) == (200, b"ok")

    def test_one_for_another_name(self, app: Flask, port: int, trusted: None) -> None:
        with pytest.raises(NotReached, match="certificate"):
            outbound.request("GET", f"https://127.0.0.1:{port}/")

    def test_one_that_nobody_vouches_for(self, app: Flask, port: int) -> None:
        with pytest.raises(NotReached, match="certificate"):
            outbound.request("GET", f"https://localhost:{port}/")

    def test_none_at_all(self, app: Flask, receiver: Receiver) -> None:
        with pytest.raises(NotReached, match="secure"):
            outbound.request("GET", f"https://localhost:{receiver.port}/")
