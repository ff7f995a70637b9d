"""A database on another machine is spoken to over TLS, and has to show whose it is.

libpq by itself prefers TLS, goes on without it where the server has none, and looks at no
certificate: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
"""

import ipaddress
import os
import ssl
from collections.abc import Mapping

import certifi
from sqlalchemy import URL


def connect_args(url: URL, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What libpq is told besides the address; nothing where that, or a `PG…` variable, says it."""
    said = {name for name in ("sslmode", "sslrootcert") if name in url.query}
    said |= {name for name in ("sslmode", "sslrootcert") if environ.get(f"PG{name.upper()}")}
    if "sslmode" in said or all(_is_here(host) for host in _hosts(url, environ)):
        return {}
    wanted = {"sslmode": "verify-full"}
    if "sslrootcert" not in said:
        # "system" would be where the OpenSSL inside psycopg's package looks: nowhere.
        wanted["sslrootcert"] = ssl.get_default_verify_paths().cafile or certifi.where()
    return wanted


def _hosts(url: URL, environ: Mapping[str, str]) -> list[str]:
    """The machines that an address names; what it leaves out, libpq takes from its variables.

    A `hostaddr` is where the database is, whatever its name says; both have to be here.
    """
    named = [*filter(None, [url.host]), *_listed(url, "host")] or [environ.get("PGHOST", "")]
    addresses = _listed(url, "hostaddr") or [environ.get("PGHOSTADDR", "")]
    hosts = [host for each in (*named, *addresses) for host in each.split(",")]
    return [_without_port(host) for host in filter(None, hosts)]


def _listed(url: URL, key: str) -> list[str]:
    """What a query says under a key, which may stand there several times."""
    said = url.query.get(key, ())
    return list(filter(None, [said] if isinstance(said, str) else said))


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() and ":" not in name else host


def _is_here(host: str) -> bool:
    """Whether it is this machine: a socket's folder, or its loopback address."""
    if host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
