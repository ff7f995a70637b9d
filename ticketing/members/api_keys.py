"""Keys of programs: `psl_<prefix>_<secret>`, shown once, kept as a digest."""

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from flask_babel import gettext as _
from sqlalchemy import bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from ticketing.asking import names
from ticketing.asking.names import RefusedCharacter
from ticketing.extensions import db
from ticketing.models import ApiKey, Organiser, now
from ticketing.storing.locking import queue_for
from ticketing.storing.transactions import DATABASE_ERRORS, Unavailable, write
from ticketing.vault import revoked

READ: Final = "orders:read"
WRITE: Final = "orders:write"
DOOR: Final = "door"
SCOPES: Final = (READ, WRITE, DOOR)
MAX_NAME: Final = 100
MOST_KEYS: Final = 50  # of one organiser that are in force

_WITH_PREFIX: Final = select(ApiKey).where(ApiKey.prefix == bindparam("prefix"))
_FORM: Final = re.compile(r"psl_([0-9a-f]{12})_[0-9a-f]{48}")


class InvalidKey(Exception):
    """What was typed can't be: {field: what to do about it}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


def generate() -> str:
    """A fresh key of 192 random bits; the prefix finds its row, and tells people which it is."""
    return f"psl_{secrets.token_hex(6)}_{secrets.token_hex(24)}"


def issue(organiser_id: int, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
    """A new key as people ask for one, and its plain text; raises `InvalidKey`."""
    name, chosen = _cleaned(name, scopes)
    plain = generate()
    with write() as session:
        queue_for(session, f"API keys of organiser {organiser_id}")
        in_force = session.scalar(
            select(func.count(ApiKey.id)).where(
                ApiKey.organiser_id == organiser_id, ApiKey.revoked_at.is_(None)
            )
        )
        if (in_force or 0) >= MOST_KEYS:
            text = _("You have %(n)d keys, which is as many as go. Revoke one.", n=in_force)
            raise InvalidKey({"name": text})
        organiser = session.get_one(Organiser, organiser_id)
        key = register(session, organiser, name, chosen, plain)
    return key, plain


def revoke(key: ApiKey) -> None:
    """From now on it is as a key that never was; for good."""
    with write() as session:
        session.execute(
            update(ApiKey)
            .where(ApiKey.id == key.id, ApiKey.revoked_at.is_(None))
            .values(revoked_at=now())
        )
        revoked.note_key(session, key)


def note_use(key: ApiKey, *, at: dt.datetime | None = None) -> None:
    """Remember that the key was used, to the hour, so that it costs a write once in an hour."""
    hour = (at or now()).replace(minute=0, second=0, microsecond=0)
    if key.last_used_at is not None and key.last_used_at >= hour:
        return
    # Whoever calls is served though it can't be noted: the next call notes it.
    with suppress(Unavailable, *DATABASE_ERRORS), write() as session:
        session.execute(
            update(ApiKey)
            .where(
                ApiKey.id == key.id,
                or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < hour),
            )
            .values(last_used_at=hour)
        )


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
    key = db.session.scalar(_WITH_PREFIX, {"prefix": form[1]})
    # The comparison is made in any case, so that the time tells nothing about the prefix.
    same = hmac.compare_digest(_digest(plain), key.digest if key else "0" * 64)
    return key if key and same and key.revoked_at is None else None


def _cleaned(name: str, scopes: Sequence[str]) -> tuple[str, list[str]]:
    errors: dict[str, str] = {}
    try:
        name = names.tidy(name)
        if not name:
            errors["name"] = _("Please give it a name, so that you know it again.")
        elif len(name) > MAX_NAME:
            errors["name"] = _("Please use at most %(n)d characters.", n=MAX_NAME)
    except RefusedCharacter:
        errors["name"] = _("This holds a character that can’t be printed. Please type it anew.")
    chosen = [scope for scope in SCOPES if scope in scopes]
    if not chosen:
        errors["scopes"] = _("Please choose at least one.")
    if errors:
        raise InvalidKey(errors)
    return name, chosen


def _digest(plain: str) -> str:
    # The secret is random and long: a plain hash can't be searched backwards.
    return hashlib.sha256(plain.encode()).hexdigest()
