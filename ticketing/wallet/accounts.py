"""What an organiser signs with: the rows, and how long they are good."""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from ticketing.extensions import db
from ticketing.models import AppleWallet, GoogleWallet, Organiser, now
from ticketing.storing.locking import lock
from ticketing.storing.transactions import write
from ticketing.vault import sealing
from ticketing.vault.sealing import Unsealable

Kind = TypeVar("Kind", AppleWallet, GoogleWallet)

WARN: Final = dt.timedelta(days=30)  # Apple renews a certificate within minutes, people don't


@dataclass(frozen=True, slots=True)
class SealedKey:
    """How the private keys of one table are kept."""

    table: str

    def seal(self, key: str, link_id: int) -> str:
        """The key as the row with this link id keeps it."""
        return sealing.seal(key, f"{self.table} key", f"{self.table} {link_id}")

    def unseal(self, kept: str, link_id: int) -> str:
        """The key itself; raises `Unsealable`."""
        return sealing.unseal(kept, f"{self.table} key", f"{self.table} {link_id}")


APPLE_KEY: Final = SealedKey("apple wallet")
GOOGLE_KEY: Final = SealedKey("google wallet")


class InvalidWallet(Exception):
    """What was given can't be signed with: {field: what to do about it}."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__(errors)
        self.errors = errors


class Standing(StrEnum):
    """Where an organiser is with a wallet. Tickets can be added while it is `ready` or `ending`."""

    NONE = "none"
    REQUESTED = "requested"  # a certificate was asked for, and hasn't come yet
    READY = "ready"
    ENDING = "ending"  # the certificate runs out within `WARN`
    ENDED = "ended"
    SEALED = "sealed"  # its key can't be opened: the installation's secrets were replaced


def of_organiser(organiser_id: int) -> tuple[AppleWallet | None, GoogleWallet | None]:
    """Both, as they are kept, whether or not they are any good."""
    found = db.session.execute(
        select(AppleWallet, GoogleWallet)
        .select_from(Organiser)
        .outerjoin(AppleWallet, AppleWallet.organiser_id == Organiser.id)
        .outerjoin(GoogleWallet, GoogleWallet.organiser_id == Organiser.id)
        .where(Organiser.id == organiser_id)
    ).one_or_none()
    return (found[0], found[1]) if found else (None, None)


def signs_for_apple(account: AppleWallet | None) -> bool:
    """Whether a phone takes what is signed with it now."""
    return account is not None and account.expires_at is not None and account.expires_at > now()


def apple_standing(account: AppleWallet | None) -> Standing:
    if account is None:
        return Standing.NONE
    if account.expires_at is None:
        return Standing.REQUESTED
    if not _opens(APPLE_KEY, account.private_key, account.link_id):
        return Standing.SEALED
    if account.expires_at <= now():
        return Standing.ENDED
    return Standing.ENDING if account.expires_at - now() <= WARN else Standing.READY


def google_standing(account: GoogleWallet | None) -> Standing:
    if account is None:
        return Standing.NONE
    opens = _opens(GOOGLE_KEY, account.private_key, account.link_id)
    return Standing.READY if opens else Standing.SEALED


def locked_apple(session: Session, organiser_id: int) -> AppleWallet | None:
    """The row as it is now, which nobody else makes or changes until this transaction ends."""
    return _locked(session, AppleWallet, organiser_id)


def locked_google(session: Session, organiser_id: int) -> GoogleWallet | None:
    """As `locked_apple`."""
    return _locked(session, GoogleWallet, organiser_id)


def forget(kind: type[AppleWallet] | type[GoogleWallet], organiser_id: int) -> None:
    """Sign no more: the buttons go, and the key with them. What is in wallets stays there."""
    with write() as session:
        lock(session, Organiser, organiser_id)
        session.execute(delete(kind).where(kind.organiser_id == organiser_id))


def _locked(session: Session, kind: type[Kind], organiser_id: int) -> Kind | None:
    lock(session, Organiser, organiser_id)
    return session.scalar(
        select(kind)
        .where(kind.organiser_id == organiser_id)
        .execution_options(populate_existing=True)
    )


def _opens(seal: SealedKey, kept: str, link_id: int) -> bool:
    try:
        seal.unseal(kept, link_id)
    except Unsealable:
        return False
    return True
