"""Who is signed in where: each browser has a row, and its cookie opens nothing without it.

A session lives for `LONGEST` and no longer than `IDLE` without use: about as long as somebody's
shift at the desk, and as a break in it. (NIST SP 800-63B-4 asks for at most 24 hours, and advises
one hour; who helps customers at a festival is away from the keyboard for longer than that.)
"""

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session, contains_eager

from ticketing.extensions import db
from ticketing.members import audit
from ticketing.members.accounts import new_uniquifier
from ticketing.members.audit import Actor
from ticketing.models import EmailChange, SignIn, User, now
from ticketing.posting import outbox
from ticketing.storing.locking import lock
from ticketing.storing.transactions import DATABASE_ERRORS, Unavailable, write

LONGEST: Final = dt.timedelta(hours=12)
IDLE: Final = dt.timedelta(hours=3)
FRESH: Final = dt.timedelta(minutes=10)  # for what asks people to show that it is them
MOST: Final = 20  # browsers of one account; the one least lately used goes first
_NOTED_EVERY: Final = dt.timedelta(minutes=5)
# Mails of one day about browsers that weren't seen before.
_NEW_BROWSER_MAILS: Final = 3


def begin(user_id: int, browser: str, *, known: bool, locale: str, address: str = "") -> str:
    """Sign somebody in; returns what their cookie holds, which nothing else does.

    `known`: whether they have signed in with this browser before. If not, they hear of it by
    mail, but for the first time ever. `address` is a digest of where they are.
    """
    secret = secrets.token_urlsafe(32)
    with write() as session:
        user = lock(session, User, user_id)
        session.add(SignIn(user_id=user_id, digest=_digest(secret), browser=browser))
        _keep_the_latest(session, user_id)
        new_mails = (outbox.to(user.email), _NEW_BROWSER_MAILS)
        if (
            user.signed_in_at is not None
            and not known
            and outbox.within_limits(session, outbox.NEW_BROWSER, new_mails)
        ):
            params = {"browser": browser, "at": now().isoformat()}
            outbox.tell_user(session, outbox.NEW_BROWSER, user, locale, params=params)
        user.signed_in_at = now()
        audit.record(session, audit.SIGNED_IN, Actor(user_id, address=address))
    return secret


def find(uniquifier: str, secret: str) -> SignIn | None:
    """The session that a cookie is for, with its user, if both are still good."""
    at = now()
    found = db.session.scalars(
        select(SignIn)
        .join(SignIn.user)
        .where(
            SignIn.digest == _digest(secret),
            SignIn.begun_at > at - LONGEST,
            SignIn.last_used_at > at - IDLE,
            User.fs_uniquifier == uniquifier,
            User.active.is_(True),
        )
        # Flask-Security looks at the roles of whoever is signed in.
        .options(contains_eager(SignIn.user).joinedload(User.roles))
    )
    return found.unique().one_or_none()


def note_use(sign_in: SignIn) -> None:
    """Remember that the session is in use, to some minutes, so that it rarely costs a write."""
    at = now()
    if sign_in.last_used_at > at - _NOTED_EVERY:
        return
    # Whoever only looks is served though it can't be noted: the next request notes it.
    with suppress(Unavailable, *DATABASE_ERRORS), write() as session:
        session.execute(update(SignIn).where(SignIn.id == sign_in.id).values(last_used_at=at))


def is_fresh(sign_in: SignIn) -> bool:
    """Whether the person has shown within the last minutes that it is them."""
    return now() - FRESH < sign_in.confirmed_at <= now()


def confirm(sign_in: SignIn) -> str:
    """The person has shown that it is them. Returns what the cookie holds from now on:
    copies of the former one open nothing any more."""
    secret = secrets.token_urlsafe(32)
    sign_in_id = sign_in.id
    with write() as session:
        session.execute(
            update(SignIn)
            .where(SignIn.id == sign_in_id)
            .values(digest=_digest(secret), confirmed_at=now(), last_used_at=now())
        )
    return secret


def of_user(user_id: int) -> Sequence[SignIn]:
    """Where somebody is signed in, the latest use first."""
    at = now()
    return db.session.scalars(
        select(SignIn)
        .where(
            SignIn.user_id == user_id,
            SignIn.begun_at > at - LONGEST,
            SignIn.last_used_at > at - IDLE,
        )
        .order_by(SignIn.last_used_at.desc(), SignIn.id.desc())
    ).all()


def end(user_id: int, sign_in_id: int) -> None:
    """Sign somebody out in one browser."""
    with write() as session:
        session.execute(delete(SignIn).where(SignIn.user_id == user_id, SignIn.id == sign_in_id))


def end_others(user_id: int, kept_id: int) -> None:
    """Sign somebody out everywhere but here."""
    with write() as session:
        session.execute(delete(SignIn).where(SignIn.user_id == user_id, SignIn.id != kept_id))


def end_all(user_id: int) -> None:
    """Sign somebody out everywhere; links to a new password or address are over, too."""
    with write() as session:
        end_all_of(session, lock(session, User, user_id))


def end_all_of(session: Session, user: User) -> None:
    """The same, in the caller's transaction: for whatever changes how somebody signs in."""
    user.fs_uniquifier = new_uniquifier()
    session.execute(delete(SignIn).where(SignIn.user_id == user.id))
    # Whoever asked for another address may be whom the others are to be rid of.
    session.execute(delete(EmailChange).where(EmailChange.user_id == user.id))


def end_everybodys() -> int:
    """Sign everybody out, for instance after an intrusion; returns how many sessions ended."""
    with write() as session:
        ended = session.execute(delete(SignIn))
        for user in session.scalars(select(User)):
            user.fs_uniquifier = new_uniquifier()
    count: int = ended.rowcount  # type: ignore[attr-defined]
    return count


def prune() -> None:
    """Forget the sessions that are over."""
    at = now()
    over = or_(SignIn.begun_at <= at - LONGEST, SignIn.last_used_at <= at - IDLE)
    with write() as session:
        session.execute(delete(SignIn).where(over))


def _keep_the_latest(session: Session, user_id: int) -> None:
    session.flush()
    mine = select(SignIn.id).where(SignIn.user_id == user_id)
    kept = mine.order_by(SignIn.last_used_at.desc(), SignIn.id.desc()).limit(MOST)
    session.execute(
        delete(SignIn).where(SignIn.user_id == user_id, SignIn.id.not_in(kept)),
        execution_options={"synchronize_session": False},
    )


def _digest(secret: str) -> str:
    # The secret is random and long: a plain hash can't be searched backwards.
    return hashlib.sha256(secret.encode()).hexdigest()
