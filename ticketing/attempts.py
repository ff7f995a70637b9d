"""Guessing passwords and codes: how often one may try, for an account and from an address.

Only wrong guesses count: a right one is given back. Who is refused gets the same answer as after a
wrong guess, so that trying on tells nothing.

An account's tries are counted apart for browsers that have signed in to it before, so nobody can
keep its owner out by guessing on and on (OWASP: *Slow down online guessing attacks with device
cookies*). For the others a try comes back every one and a half minutes.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple

from ticketing import limits
from ticketing.transactions import write

_QUARTER: Final = dt.timedelta(minutes=15)
_DAY: Final = dt.timedelta(days=1)


class Counted(NamedTuple):
    """The arguments of `limits.hit`."""

    name: str
    subject: str
    most: int
    window: dt.timedelta


@dataclass(frozen=True, slots=True)
class Attempt:
    """One guess that was counted; `allowed`: whether it may be looked at."""

    allowed: bool
    counted: tuple[Counted, ...]

    def succeeded(self) -> None:
        """It was no guess. Raises `Busy`."""
        with write() as session:
            for each in self.counted:
                limits.give_back(session, *each)


def at_password(email: str, address: str, browser: str) -> Attempt:
    """Somebody types a password; `browser` says which known one it is, "" which it isn't.

    The account is counted by what was typed, so that there needn't be one. Raises `Busy`.
    """
    account = f"{email.strip().lower()} {browser}"
    return _attempt(
        Counted("passwords from address", limits.network_of(address), 30, _QUARTER),
        Counted("passwords of account", account, 10, _QUARTER),
        Counted("passwords of account, daily", account, 100, _DAY),
    )


def at_code(user_id: int, address: str, browser: str) -> Attempt:
    """Somebody who knows the password types a code. Raises `Busy`.

    Of a million codes three are right at any time: fifty tries a day find one in 18 years.
    """
    account = f"{user_id} {browser}"
    return _attempt(
        Counted("codes from address", limits.network_of(address), 30, _QUARTER),
        Counted("codes of account", account, 10, _QUARTER),
        Counted("codes of account, daily", account, 50, _DAY),
    )


def _attempt(*wanted: Counted) -> Attempt:
    if any(limits.wait(*each) for each in wanted):
        return Attempt(False, ())
    with write() as session:
        counted = tuple(takewhile(lambda each: limits.count(session, *each), wanted))
    return Attempt(len(counted) == len(wanted), counted)
