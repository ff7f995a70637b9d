"""Asking other programs over HTTP, at addresses that people typed in.

Such an address must not lead back into the network we stand in: names are resolved here, each
address looked at, and the connection made to exactly that one, so that a name can't mean another
in between. Redirects aren't followed, proxies of the environment not used, answers read up to a
limit, and the whole takes no longer than it may.
"""

import contextlib
import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
from flask_babel import gettext as _

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.running.patience import ended_after

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
MOST_BYTES: Final = 64 * 1024
MAX_URL: Final = 2000
_PIECE: Final = 16 * 1024

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Ranges of IPv6 that carry an IPv4 address, which is the one that counts.
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")


class NotReached(Exception):
    """No answer came. `text` says why, for people, without what was sent."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class TargetRefused(NotReached):
    """The address is none that we call."""


class TimedOut(NotReached):
    """The answer took too long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `headers` by lower-case name.

    `cut`: the body isn't whole. It was longer than what is read, too slow, or broke off.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` as TLS and `Host` know it, `path` with its query."""

    secure: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    connect: float = CONNECT_SECONDS,
    total: float = TOTAL_SECONDS,
    most: int = MOST_BYTES,
) -> Answer:
    """Ask, and read up to `most` bytes of the answer, whatever its status; 3xx isn't followed.

    `connect` and `total` are seconds. Raises `NotReached`: `TargetRefused` where the address is
    none for us, `TimedOut` where the answer takes longer than `total`.
    """
    if db.session().info.get("writing"):
        raise RuntimeError("a transaction would be held while another program thinks")
    until = time.monotonic() + total
    target = parse(url)
    sent = {
        "Host": target.host_header,
        "User-Agent": "Passalong",
        "Accept-Encoding": "identity",  # what is short on the way is short here
        "Connection": "close",
        **(headers or {}),
    }
    try:
        with contextlib.closing(_connected(target, connect, until)) as raw, _ended_at(raw, until):
            return _ask(method, target, raw, sent, body, most, until)
    except ssl.SSLCertVerificationError as error:
        raise NotReached(f"Its certificate isn’t good: {error.verify_message}.") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if time.monotonic() >= until:
            raise TimedOut(f"No answer within {total:g} seconds.") from None
        if isinstance(error, ssl.SSLError):
            raise NotReached("No secure connection could be made.") from None
        raise NotReached("The connection broke off, or the answer isn’t HTTP.") from None


def parse(url: str) -> Target:
    """Where a URL leads; raises `TargetRefused` if it is none that we call, before any look-up."""
    if len(url) > MAX_URL or re.search(r"[\x00-\x20\x7f-\uffff\U00010000-\U0010ffff\\]", url):
        raise TargetRefused(_("The address holds characters that don’t belong there."))
    try:
        parts = urlsplit(url)
        port = parts.port
        host = parts.hostname or ""
    except ValueError:
        raise TargetRefused(_("The address isn’t a URL.")) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise TargetRefused(_("The address must begin with https://."))
    if parts.scheme == "http" and not settings().allow_private_targets:
        raise TargetRefused(_("The address must begin with https://."))
    if "@" in parts.netloc:
        raise TargetRefused(_("The address must not hold a user name or password."))
    if port == 0 or parts.fragment or "%" in host:
        raise TargetRefused(_("The address isn’t a URL that can be called."))
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    target = Target(secure, host, port or (443 if secure else 80), path)
    if f".{host.rstrip('.')}".endswith(".localhost"):  # by RFC 6761 never another machine's name
        _check([ipaddress.IPv4Address("127.0.0.1")])
    with contextlib.suppress(ValueError):
        _check([ipaddress.ip_address(host)])
    return target


def is_public(address: Address) -> bool:
    """Whether an address belongs to the internet at large, and to one machine there."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = _carried(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not (
        address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or address.is_loopback
        or address.is_link_local
        or address.is_private
    )


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo and address.teredo[1])


def _check(addresses: list[Address]) -> None:
    if settings().allow_private_targets:
        return
    if not all(is_public(address) for address in addresses):
        raise TargetRefused(_("The address leads into a private network, which isn’t called."))


def _resolve(target: Target, until: float) -> list[Address]:
    """Every address of a name, all of them good; raises `NotReached`."""
    found: list[Any] = []
    problem: list[Exception] = []

    def ask() -> None:
        try:
            found.extend(socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            problem.append(error)

    # The system's resolver knows no time limit of ours, so it is asked beside.
    asker = threading.Thread(target=ask, name="resolve", daemon=True)
    asker.start()
    asker.join(max(0.0, until - time.monotonic()))
    if asker.is_alive():
        raise TimedOut("Its name couldn’t be looked up in time.")
    if problem or not found:
        raise NotReached("Its name isn’t known.")
    addresses: list[Address] = [
        ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found
    ]
    _check(addresses)
    return list(dict.fromkeys(addresses))


def _connected(target: Target, connect: float, until: float) -> socket.socket:
    """A connection to the first of a name's addresses that takes one; raises `NotReached`."""
    addresses = _resolve(target, until)
    for address in addresses:
        left = until - time.monotonic()
        if left <= 0:
            break
        with contextlib.suppress(OSError):
            return socket.create_connection((str(address), target.port), min(connect, left))
    raise NotReached("It can’t be connected to.")


def _ask(
    method: str,
    target: Target,
    raw: socket.socket,
    headers: Mapping[str, str],
    body: bytes | None,
    most: int,
    until: float,
) -> Answer:
    raw.settimeout(max(0.01, until - time.monotonic()))
    connection = http.client.HTTPConnection(target.host, target.port)
    with contextlib.closing(connection):
        connection.sock = (
            _tls().wrap_socket(raw, server_hostname=target.host) if target.secure else raw
        )
        connection.request(method, target.path, body, headers)
        answer = connection.getresponse()
        read, whole = b"", False
        # What has been said by now stands, whatever becomes of the rest.
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            while len(read) <= most:
                piece = answer.read(min(_PIECE, most + 1 - len(read)))
                if not piece:
                    whole = not answer.length and time.monotonic() < until
                    break
                read += piece
        return Answer(
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            read[:most],
            cut=not whole,
        )


@contextlib.contextmanager
def _ended_at(raw: socket.socket, until: float) -> Iterator[None]:
    """Ends the connection then, even while it is being read: a drip resets every timeout."""
    handle = raw.dup()  # TLS takes the socket itself over

    def end() -> None:
        with contextlib.suppress(OSError):  # the other side was faster
            handle.shutdown(socket.SHUT_RDWR)

    try:
        with ended_after(until - time.monotonic(), end):
            yield
    finally:
        handle.close()


@cache
def _tls() -> ssl.SSLContext:
    """The system's certificate authorities; Mozilla's where the system keeps none."""
    context = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (paths.cafile or paths.capath):
        context.load_verify_locations(certifi.where())
    return context
