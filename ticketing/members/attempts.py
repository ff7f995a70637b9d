"""Guessing passwords, codes and links: how often one may try, for an account and from an address.

Only wrong guesses count: a right password or code is given back, a right link never counted. Who is
refused gets the same answer as after a wrong guess, so that trying on tells nothing. (Of links it
is said, for right ones go on working.)

An account's tries are counted apart for browsers that have signed in to it before, so nobody can
keep its owner out by guessing on and on (OWASP: *Slow down online guessing attacks with device
cookies*). For the others a try comes back every one and a half minutes.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple

from ticketing.storing import limits
from ticketing.storing.transactions import Unavailable, write

_QUARTER: Final = dt.timedelta(minutes=15)
_DAY: Final = dt.timedelta(days=1)
# A whole office may have been sent links that were cut off on the way; of 2^128 nobody finds one.
LINKS: Final = 100
LINKS_IN: Final = dt.timedelta(minutes=10)


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


def at_link(address: str) -> int:
    """Somebody shows a link that we never made: 0, or in how many seconds they may try another.

    Whoever shows a good one isn't asked here: behind one address may be a whole festival.
    """
    network = limits.network_of(address)
    counted = Counted("unknown links from address", network, LINKS, LINKS_IN)
    try:
        return 0 if limits.hit(*counted) else max(1, limits.wait(*counted))
    except Unavailable:  # then it isn't counted: the answer is no in any case
        return 0


def _attempt(*wanted: Counted) -> Attempt:
    if any(limits.wait(*each) for each in wanted):
        return Attempt(False, ())
    with write() as session:
        counted = tuple(takewhile(lambda each: limits.count(session, *each), wanted))
    return Attempt(len(counted) == len(wanted), counted)
