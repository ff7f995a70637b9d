"""Two-step sign-in: besides the password a code from an app on one's phone (RFC 6238), or in its
place, once, one of ten recovery codes.

What the phone's codes are made from is kept sealed (`sealing.py`), for it has to be read again. Of
the recovery codes there are only keyed digests: with 120 random bits each they can't be guessed
from them (ASVS 6.5.2).
"""

import base64
import hmac
import logging
import re
import secrets
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from passlib.exc import TokenError
from passlib.totp import TOTP
from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.members.audit import Actor
from ticketing.members.sessions import end_all_of
from ticketing.models import Membership, Organiser, RecoveryCode, User, now
from ticketing.posting import outbox
from ticketing.refusals import TwoStepRequired
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.vault import revoked, sealing

_log = logging.getLogger(__name__)

CODES: Final = 10
_DRIFT: Final = 30  # seconds that a phone's clock may be wrong: one code to either side
_KEPT: Final = "two-step secret"
_BEGUN: Final = "two-step secret that isn't confirmed yet"
_RECOVERY: Final = "recovery codes"
_RECOVERY_FORM: Final = re.compile(r"[a-z2-7]{24}")


_AUDITED: Final = {
    outbox.TWO_STEP_ON: audit.TWO_STEP_ON,
    outbox.TWO_STEP_OFF: audit.TWO_STEP_OFF,
    outbox.RECOVERY_CODE_USED: audit.RECOVERY_CODE_USED,
    outbox.RECOVERY_CODES_RENEWED: audit.RECOVERY_CODES,
}


class WrongCode(Exception):
    """It isn't the present code, or it was used already."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """What an app needs to make codes: `secret` to type, `uri` for a QR code.

    `sealed` holds the secret through the form until it is confirmed; only this user's form can.
    """

    secret: str
    uri: str
    sealed: str


def begin(user: User, sealed: str = "") -> Beginning:
    """A new secret, or the one that a form holds already; nothing is written."""
    try:
        secret = sealing.unseal(sealed, _BEGUN, _bound_to(user.id))
    except sealing.Unsealable:
        secret = base64.b32encode(secrets.token_bytes(20)).decode()
        sealed = sealing.seal(secret, _BEGUN, _bound_to(user.id))
    host = urlsplit(settings().base_url).hostname
    return Beginning(
        secret=" ".join(re.findall(".{4}", secret)),
        uri=TOTP(secret).to_uri(label=user.email, issuer=f"Passalong {host}"),
        sealed=sealed,
    )


def turn_on(user: User, sealed: str, code: str, *, locale: str) -> list[str]:
    """From now on signing in asks for a code; every session ends.

    `sealed` is a `Beginning`'s, `code` shows that the app has it. Returns the recovery codes,
    which nobody can read again later. Raises `WrongCode`.
    """
    user_id = user.id
    try:
        secret = sealing.unseal(sealed, _BEGUN, _bound_to(user_id))
    except sealing.Unsealable as error:
        raise WrongCode from error
    with write() as session:
        user = _locked(session, user_id)
        user.totp_counter = _counter(secret, code, None)
        user.totp_secret = sealing.seal(secret, _KEPT, _bound_to(user_id))
        revoked.note_recovery_codes(session, user)
        end_all_of(session, user)
        _tell(session, outbox.TWO_STEP_ON, user, locale)
        return _new_codes(session, user_id)


def check(user_id: int, code: str, *, locale: str) -> None:
    """Use up a code of the phone or a recovery code; raises `WrongCode`.

    Whichever it is, it counts once, for all processes together.
    """
    with write() as session:
        user = _locked(session, user_id)
        if user.totp_secret is None:
            raise WrongCode
        if _RECOVERY_FORM.fullmatch(_tidy(code)):
            _use_recovery_code(session, user_id, code)
            revoked.note_recovery_codes(session, user)
            _tell(session, outbox.RECOVERY_CODE_USED, user, locale)
        else:
            user.totp_counter = _counter(_secret_of(user), code, user.totp_counter)


def turn_off(user: User, *, locale: str) -> None:
    """From now on the password is enough; every session ends.

    Raises `TwoStepRequired` where a team or the installation asks for it.
    """
    user_id = user.id
    with write() as session:
        user = _locked(session, user_id)
        if settings().two_step_required or session.scalar(_teams_that_require(user_id).limit(1)):
            raise TwoStepRequired
        turn_off_of(session, user, locale)


def reset(user_id: int, *, locale: str) -> None:
    """Turn it off for somebody who lost their phone and recovery codes; every session ends.

    Whoever calls has to know that it is them who ask. Teams that require it have them set it up
    anew when they next sign in.
    """
    with write() as session:
        turn_off_of(session, _locked(session, user_id), locale)


def renew_recovery_codes(user_id: int, *, locale: str) -> list[str]:
    """Ten new ones; the former open nothing any more. Raises `WrongCode` where it is off."""
    with write() as session:
        user = _locked(session, user_id)
        if user.totp_secret is None:
            raise WrongCode
        _tell(session, outbox.RECOVERY_CODES_RENEWED, user, locale)
        revoked.note_recovery_codes(session, user)
        return _new_codes(session, user_id)


def recovery_codes_left(user_id: int) -> int:
    unused = RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None)
    found = db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused))
    return found or 0


def has_to_set_up(user: User, organiser: Organiser | None) -> bool:
    """Whether this user sees nothing of this organiser before signing in in two steps."""
    asked = settings().two_step_required or (organiser is not None and organiser.two_step_required)
    return asked and user.totp_secret is None


def require(organiser_id: int, required: bool) -> None:
    """Have everybody of a team sign in in two steps, or no longer."""
    with write() as session:
        session.get_one(Organiser, organiser_id).two_step_required = required


def turn_off_of(session: Session, user: User, locale: str) -> None:
    """The same in the caller's transaction."""
    if user.totp_secret is None:
        return  # the form sent twice
    user.totp_secret = user.totp_counter = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    revoked.note_recovery_codes(session, user)
    end_all_of(session, user)
    _tell(session, outbox.TWO_STEP_OFF, user, locale)


def _teams_that_require(user_id: int) -> Select[int]:
    return (
        select(Organiser.id)
        .join(Membership, Membership.organiser_id == Organiser.id)
        .where(Membership.user_id == user_id, Organiser.two_step_required.is_(True))
    )


def _secret_of(user: User) -> str:
    try:
        return sealing.unseal(user.totp_secret or "", _KEPT, _bound_to(user.id))
    except sealing.Unsealable as error:
        _log.error("The two-step secret of user %s is sealed under another key", user.id)
        raise WrongCode from error


def _counter(secret: str, code: str, last: int | None) -> int:
    """The number of the time step that the code is for; raises `WrongCode`."""
    tidy = re.sub(r"[\s-]", "", code)
    if not re.fullmatch("[0-9]{6}", tidy):
        raise WrongCode
    try:
        match = TOTP(secret).match(tidy, time.time(), window=_DRIFT, last_counter=last)
    except TokenError as error:
        raise WrongCode from error
    return int(match.counter)


def _use_recovery_code(session: Session, user_id: int, code: str) -> None:
    found = session.scalar(
        select(RecoveryCode).where(
            RecoveryCode.user_id == user_id,
            RecoveryCode.digest == _digest(user_id, _tidy(code)),
            RecoveryCode.used_at.is_(None),
        )
    )
    if found is None:
        raise WrongCode
    found.used_at = now()


def _new_codes(session: Session, user_id: int) -> list[str]:
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    # The letters of base32 can't be mistaken for each other: there is neither 0 nor 1.
    codes = [base64.b32encode(secrets.token_bytes(15)).decode().lower() for _ in range(CODES)]
    session.add_all(RecoveryCode(user_id=user_id, digest=_digest(user_id, each)) for each in codes)
    return ["-".join(re.findall(".{4}", each)) for each in codes]


def _tidy(code: str) -> str:
    """A recovery code as it was made, however it was typed."""
    return re.sub(r"[\s-]", "", code).lower().replace("0", "o").replace("1", "l")


def _digest(user_id: int, code: str) -> str:
    key = sealing.derived_key(_RECOVERY)
    return hmac.digest(key, f"{user_id} {code}".encode(), "sha256").hex()


def _locked(session: Session, user_id: int) -> User:
    """The user as they are now; nobody else uses a code of theirs until this transaction ends."""
    return lock(session, User, user_id)


def _tell(session: Session, kind: str, user: User, locale: str) -> None:
    outbox.tell_user(session, kind, user, locale)
    audit.record(session, _AUDITED[kind], Actor(user.id))


def _bound_to(user_id: int) -> str:
    return f"user {user_id}"
