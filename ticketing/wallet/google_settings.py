"""An organiser's issuer account with Google, and the service account that signs for it.

https://developers.google.com/wallet/tickets/events/getting-started/onboarding-guide says how both
are got.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from flask_babel import gettext as _

from ticketing.extensions import db
from ticketing.models import GoogleWallet
from ticketing.models.base import random_link_id
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.transactions import write
from ticketing.wallet import certificates
from ticketing.wallet.accounts import GOOGLE_KEY, InvalidWallet, locked_google
from ticketing.wallet.certificates import Unreadable

_ISSUER: Final = re.compile(r"[0-9]{10,25}")
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9._-]{1,100}@[A-Za-z0-9.-]{1,200}\.gserviceaccount\.com")


@dataclass(frozen=True, slots=True)
class _Found:
    address: str
    key: str  # PEM


def save(organiser_id: int, issuer_id: str, file: bytes, *, revision: int) -> GoogleWallet:
    """Sign with this from now on; raises `InvalidWallet`, `EditedMeanwhile`.

    Without a file the service account that is kept goes on. `revision` is the account's when the
    form was drawn, 0 where there was none.
    """
    errors = {}
    issuer = re.sub(r"\s", "", issuer_id)
    if not _ISSUER.fullmatch(issuer):
        errors["issuer_id"] = _(
            "The issuer ID is a long number. The Google Pay & Wallet Console shows it at the top."
        )
    db.session.rollback()  # nothing is held while files are read
    found = None
    try:
        found = _read(file) if file or revision == 0 else None
    except InvalidWallet as invalid:
        errors |= invalid.errors
    if errors:
        raise InvalidWallet(errors)
    return _store(organiser_id, issuer, found, revision)


def _store(organiser_id: int, issuer_id: str, found: _Found | None, revision: int) -> GoogleWallet:
    with write() as session:
        account = locked_google(session, organiser_id)
        if (account.revision if account else 0) != revision:
            raise EditedMeanwhile
        if account is None:
            account = GoogleWallet(organiser_id=organiser_id, link_id=random_link_id(), revision=0)
            session.add(account)
        account.issuer_id = issuer_id
        if found is not None:
            account.service_account = found.address
            account.private_key = GOOGLE_KEY.seal(found.key, account.link_id)
        account.revision += 1
    return account


def _read(file: bytes) -> _Found:
    if not file:
        raise _wrong(_("Please choose a file."))
    found = _json(file)
    address, key = found.get("client_email"), found.get("private_key")
    if found.get("type") != "service_account" or not isinstance(address, str):
        raise _wrong(
            _(
                "This isn’t the key of a service account. It is made in the Google Cloud Console, "
                "under Service Accounts › Keys › Add key › JSON."
            )
        )
    if not _ACCOUNT.fullmatch(address) or not isinstance(key, str):
        raise _wrong(_("This key is incomplete. Please download a new one from Google."))
    try:
        unpacked = certificates.unpack(key.encode())
    except Unreadable:
        unpacked = certificates.Unpacked()
    if not unpacked.key:
        raise _wrong(_("The private key in this file is damaged. Please download a new one."))
    return _Found(address, unpacked.key)


def _json(file: bytes) -> dict[str, Any]:
    found = None
    if len(file) <= certificates.MAX_BYTES:
        try:
            found = json.loads(file)
        except (ValueError, RecursionError):
            found = None
    if not isinstance(found, dict):
        raise _wrong(_("We can’t read this file. It should be the JSON file that Google made."))
    return found


def _wrong(text: str) -> InvalidWallet:
    return InvalidWallet({"key_file": text})
