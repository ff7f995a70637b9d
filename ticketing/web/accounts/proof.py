"""Whether somebody is who they say: a password or a code, whose guesses are limited."""

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _

from ticketing.members import attempts, passwords, two_step
from ticketing.members.attempts import Attempt
from ticketing.members.two_step import WrongCode
from ticketing.models import User
from ticketing.running import security_log
from ticketing.web import browsers
from ticketing.web.around import noted


def at_password(email: str) -> Attempt:
    """Count that somebody types the password of an account here. Raises `Busy`."""
    return attempts.at_password(email, request.remote_addr or "", browsers.known_as(email))


def is_password(user: User, password: str) -> bool:
    """Whether it is this user's; False also after too many guesses. Raises `Busy`."""
    attempt = at_password(user.email)
    if not attempt.allowed:
        noted.note(security_log.TOO_MANY_TRIES, user=user.id)
        return False
    if not passwords.fits(user, password):
        noted.note(security_log.WRONG_PASSWORD, user=user.id)
        return False
    attempt.succeeded()
    return True


def is_code(user: User, code: str) -> bool:
    """Whether it is this user's, which uses it up; False also after too many guesses.

    Raises `Busy`.
    """
    known = browsers.known_as(user.email)
    attempt = attempts.at_code(user.id, request.remote_addr or "", known)
    if not attempt.allowed:
        noted.note(security_log.TOO_MANY_TRIES, user=user.id)
        return False
    try:
        two_step.check(user.id, code, locale=str(get_locale()))
    except WrongCode:
        noted.note(security_log.WRONG_CODE, user=user.id)
        return False
    attempt.succeeded()
    return True


def wrong_password() -> str:
    return str(_("That isn’t your password. After many tries, wait some minutes."))


def wrong_code() -> str:
    return str(
        _(
            "That code isn’t right, or was used already. A phone shows a new one every 30 seconds; "
            "after many tries, wait some minutes."
        )
    )
