"""pretix's API token at rest: AES-GCM under a key that isn't in the database.

A copy of the database gives no way into anybody's pretix, and a token moved to another row of it
can't be opened there.
"""

import base64
import os
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ticketing import links

_NONCE: Final = 12
_FORM: Final = "1."


class Unsealable(Exception):
    """It was sealed under another key: the secrets were replaced, or the row tampered with."""


def seal(token: str, link_id: int) -> str:
    """The token as the connection with this link id keeps it."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher(links.keys().programs).encrypt(nonce, token.encode(), _bound_to(link_id))
    return _FORM + base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(kept: str, link_id: int) -> str:
    """The token itself; raises `Unsealable`."""
    try:
        raw = base64.urlsafe_b64decode(kept.removeprefix(_FORM))
        return (
            _cipher(links.keys().programs)
            .decrypt(raw[:_NONCE], raw[_NONCE:], _bound_to(link_id))
            .decode()
        )
    except (InvalidTag, ValueError) as error:
        raise Unsealable from error


def _bound_to(link_id: int) -> bytes:
    return b"pretix connection " + str(link_id).encode()


@lru_cache(maxsize=2)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"passalong pretix token").derive(key))
