"""How often somebody may try something: counted in the database, for all processes together.

    if not limits.hit("sign-in", network_of(address), 30, dt.timedelta(minutes=15)):
        ...  # too often

Each hit takes up a share of the window (30 in 15 minutes: half a minute), one after the other,
and the one row that a subject has says until when they reach. A hit that would reach further than
one window ahead is refused and takes up nothing. So there are at most 30 in a row, then one every
half a minute, whatever was tried meanwhile: nobody is locked out for longer than that. (The
generic cell rate algorithm, as in telephone networks: ITU-T I.371.)

What stands in the database is a digest under a key outside it: neither addresses nor names.
"""

import datetime as dt
import ipaddress
import time
from typing import Any, Final

from sqlalchemy import and_, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ticketing import links
from ticketing.extensions import db
from ticketing.models import LimitUse
from ticketing.posting.outbox import address_digest
from ticketing.storing.transactions import write

_MILLISECOND: Final = dt.timedelta(milliseconds=1)
# By how much two machines' clocks may differ, and how long one may wait for the other's row.
_TOLERANCE: Final = 60_000  # milliseconds


def network_of(address: str) -> str:
    """Whom a network address stands for: an IPv6 household or server has a /64 to choose from."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((int(ip), 64), strict=False))
    return str(ip)


def hit(name: str, subject: str, most: int, window: dt.timedelta) -> bool:
    """Count one more; False, and nothing is counted, if that is more than `most` in a `window`.

    Not inside a rule's transaction: it has one of its own. Who is refused costs no write, so that
    a flood of tries doesn't hold up those who write. Raises `Busy`.
    """
    if wait(name, subject, most, window):
        return False
    with write() as session:
        return count(session, name, subject, most, window)


def count(session: Session, name: str, subject: str, most: int, window: dt.timedelta) -> bool:
    """The same in the caller's transaction, for several limits at once."""
    now, span = _now(), window // _MILLISECOND
    share = span // most
    insert: Any = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    reaches = _beginning(now, span) + share
    # One statement: of many at once, only so many as fit change the row.
    counted = session.scalar(
        insert(LimitUse)
        .values(name=name, subject=_digest(name, subject), spent_until=now + share)
        .on_conflict_do_update(
            index_elements=[LimitUse.name, LimitUse.subject],
            set_={"spent_until": reaches},
            where=reaches <= now + span,
        )
        .returning(LimitUse.spent_until)
    )
    return counted is not None


def give_back(session: Session, name: str, subject: str, most: int, window: dt.timedelta) -> None:
    """Take back one hit in the caller's transaction, for instance because it was no guess."""
    session.execute(
        update(LimitUse)
        .where(LimitUse.name == name, LimitUse.subject == _digest(name, subject))
        .values(spent_until=LimitUse.spent_until - window // _MILLISECOND // most)
        .execution_options(synchronize_session=False)
    )


def wait(name: str, subject: str, most: int, window: dt.timedelta) -> int:
    """In how many seconds the next hit is let through, rounded up; 0: at once. Counts nothing."""
    mine = LimitUse.name == name, LimitUse.subject == _digest(name, subject)
    with db.engine.connect() as connection:  # of its own: what the caller has loaded stays
        spent_until = connection.scalar(select(LimitUse.spent_until).where(*mine))
    now, span = _now(), window // _MILLISECOND
    if spent_until is None or not now < spent_until <= now + span + _TOLERANCE:
        return 0
    return max(0, -(-(spent_until + span // most - span - now) // 1000))


def prune() -> None:
    """Forget whoever has nothing used up any more."""
    with write() as session:
        session.execute(delete(LimitUse).where(LimitUse.spent_until < _now()))


def _beginning(now: int, span: int) -> Any:
    """From when the next hit takes up its share.

    What reaches further ahead than any hit could have was written by a clock that was wrong.
    """
    latest = now + span + _TOLERANCE
    used = and_(LimitUse.spent_until > now, LimitUse.spent_until <= latest)
    return case((used, LimitUse.spent_until), else_=now)


def _digest(name: str, subject: str) -> str:
    return address_digest(links.keys().address, f"{name}\0{subject}")


def _now() -> int:
    return time.time_ns() // 1_000_000
