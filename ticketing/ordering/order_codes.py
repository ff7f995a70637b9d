"""The codes of orders, which people read out and type."""

import secrets
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.models import Order

# No 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V: a code survives being read out over a bad line.
ALPHABET: Final = "34679ACDEFGHJKMNPQRTVWXY"
LENGTH: Final = 6
_AT_ONCE: Final = 500  # in one look-up


def any_code() -> str:
    """One of 190 million; the database refuses one that is taken."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def fresh_codes(session: Session, number: int) -> list[str]:
    """So many that no order has at this moment."""
    found: dict[str, None] = {}
    while len(found) < number:
        some = {any_code() for _ in range(min(number - len(found), _AT_ONCE))}
        taken = set(session.scalars(select(Order.code).where(Order.code.in_(some))))
        found |= dict.fromkeys(sorted(some - taken))
    return list(found)
