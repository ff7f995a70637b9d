"""A database on another machine is spoken to over TLS, and has to show whose it is.

libpq by itself prefers TLS, goes on without it where the server has none, and looks at no
certificate: https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
"""

import ipaddress
import os
import ssl
from collections.abc import Mapping
from typing import Final

import certifi
from psycopg import pq
from sqlalchemy import URL

_OF_INTEREST: Final = ("host", "hostaddr", "sslmode", "sslrootcert")


def connect_args(url: URL, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What libpq is told besides the address; nothing where that, or a `PG…` variable, says it.

    The file of a service that the address names isn't read: it may be about any machine.
    """
    others = _left_out(environ)
    said = {*url.query, *others}
    here = "service" not in url.query and all(_is_here(host) for host in _hosts(url, others))
    if "sslmode" in said or here:
        return {}
    wanted = {"sslmode": "verify-full"}
    if "sslrootcert" not in said:
        # "system" would be where the OpenSSL inside psycopg's package looks: nowhere.
        wanted["sslrootcert"] = ssl.get_default_verify_paths().cafile or certifi.where()
    return wanted


def _left_out(environ: Mapping[str, str]) -> dict[str, str]:
    """Where libpq looks for what an address leaves out: in its variables, but first in the file
    of a service, if one of them names it."""
    found = {name: environ.get(f"PG{name.upper()}", "") for name in _OF_INTEREST}
    if environ.get("PGSERVICE"):
        found |= {
            each.keyword.decode(): each.val.decode()
            for each in pq.Conninfo.get_defaults()
            if each.val and each.val != each.compiled
        }
    return {name: value for name, value in found.items() if value}


def _hosts(url: URL, others: Mapping[str, str]) -> list[str]:
    """The machines that an address names; what it leaves out stands in `others`.

    A `hostaddr` is where the database is, whatever its name says; both have to be here.
    """
    named = [*filter(None, [url.host]), *_listed(url, "host")] or [others.get("host", "")]
    addresses = _listed(url, "hostaddr") or [others.get("hostaddr", "")]
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
