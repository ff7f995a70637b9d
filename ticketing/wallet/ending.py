"""Owners are told in time that what they sign with runs out: a month before, and a week before.

The page says it as well, but nobody looks there while all is well.
"""

import datetime as dt
from collections.abc import Callable
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing.extensions import db
from ticketing.models import AppleWallet, Membership, User, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write
from ticketing.wallet.accounts import WARN, locked_apple
from ticketing.words.languages import FIRST

BEFORE: Final = (WARN, dt.timedelta(days=7))


def warn(*, clock: Callable[[], dt.datetime] = now) -> int:
    """Write the mails whose time has come, each once, however often this runs; how many.

    Whoever was away for weeks gets the last of them alone.
    """
    at = clock()
    ending = list(
        db.session.scalars(
            select(AppleWallet.organiser_id)
            .where(AppleWallet.expires_at > at, AppleWallet.expires_at <= at + BEFORE[0])
            .where(AppleWallet.warned < len(BEFORE))
        )
    )
    return sum(_warn(organiser_id, at) for organiser_id in ending)


def _warn(organiser_id: int, at: dt.datetime) -> int:
    with write() as session:
        account = locked_apple(session, organiser_id)
        if account is None or account.expires_at is None:
            return 0
        due = sum(account.expires_at - at <= before for before in BEFORE)
        if due <= account.warned:
            return 0
        account.warned = due
        owners = _owners(session, organiser_id)
        for owner in owners:
            params = {"wallet_id": account.id}
            outbox.tell_user(session, outbox.WALLET_ENDING, owner, FIRST, params=params)
    return len(owners)


def _owners(session: Session, organiser_id: int) -> list[User]:
    return list(
        session.scalars(
            select(User)
            .join(Membership)
            .where(
                Membership.organiser_id == organiser_id,
                Membership.role == "owner",
                User.active,
            )
            .order_by(User.id)
        )
    )
