"""Security events of a request: who is at it, as far as it is known, and from where."""

from flask import g, request

from ticketing import links
from ticketing.posting.outbox import address_digest
from ticketing.running import security_log
from ticketing.running.security_log import About
from ticketing.storing import limits


def note(event: str, **about: About) -> None:
    """Log it with the network's mark and, unless `about` says it, the user who is signed in."""
    security_log.note(event, **{"user": _who(), **about, "network": network()})


def network() -> str:
    """Equal for requests from one network, and without our key nobody can tell which it is."""
    where = limits.network_of(request.remote_addr or "")
    return address_digest(links.keys().address, f"log\0{where}")[:12]


def its_user(user_id: int) -> None:
    """Say for this request who is signed in; what is refused early asks no database for it."""
    g.noted_user = user_id


def _who() -> int | None:
    known: int | None = g.get("noted_user")
    return known
