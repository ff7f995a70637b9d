"""Keys of programs: `psl_<prefix>_<secret>`, shown once, kept as a digest."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.extensions import db
from ticketing.models import ApiKey, Organiser
from ticketing.transactions import write

_FORM: Final = re.compile(r"psl_([0-9a-f]{12})_[0-9a-f]{48}")


def generate() -> str:
    """A fresh key of 192 random bits; the prefix finds its row, and tells people which it is."""
    return f"psl_{secrets.token_hex(6)}_{secrets.token_hex(24)}"


def create(organiser: Organiser, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
    """A new key of this organiser, and its plain text, which nobody can read again later."""
    plain = generate()
    with write() as session:
        key = register(session, organiser, name, scopes, plain)
    return key, plain


def register(
    session: Session, organiser: Organiser, name: str, scopes: Sequence[str], plain: str
) -> ApiKey:
    """Write a generated key in the caller's transaction."""
    found = _FORM.fullmatch(plain)
    if found is None:
        raise ValueError("not a key made by generate()")
    key = ApiKey(
        organiser=organiser,
        name=name,
        prefix=found[1],
        digest=_digest(plain),
        scopes=list(scopes),
    )
    session.add(key)
    return key


def find(plain: str) -> ApiKey | None:
    """The key that this text is, unless it was revoked."""
    form = _FORM.fullmatch(plain)
    if form is None:
        return None
    key = db.session.scalar(select(ApiKey).where(ApiKey.prefix == form[1]))
    # The comparison is made in any case, so that the time tells nothing about the prefix.
    same = hmac.compare_digest(_digest(plain), key.digest if key else "0" * 64)
    return key if key and same and key.revoked_at is None else None


def _digest(plain: str) -> str:
    # The secret is random and long: a plain hash can't be searched backwards.
    return hashlib.sha256(plain.encode()).hexdigest()
