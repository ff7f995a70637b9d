"""Secrets of others at rest: AES-GCM under a key that isn't in the database.

Each purpose has a key of its own, derived from one. What is sealed is bound to its row: moved to
another one it can't be opened, and a copy of the database gives nothing away.
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


def seal(text: str, purpose: str, bound_to: str) -> str:
    """The text as it is kept; `bound_to` says whose it is."""
    nonce = os.urandom(_NONCE)
    sealed = _cipher(purpose).encrypt(nonce, text.encode(), bound_to.encode())
    return _FORM + base64.urlsafe_b64encode(nonce + sealed).decode()


def unseal(kept: str, purpose: str, bound_to: str) -> str:
    """The text itself; raises `Unsealable`."""
    try:
        raw = base64.urlsafe_b64decode(kept.removeprefix(_FORM))
        opened = _cipher(purpose).decrypt(raw[:_NONCE], raw[_NONCE:], bound_to.encode())
        return opened.decode()
    except (InvalidTag, ValueError) as error:
        raise Unsealable from error


def derived_key(purpose: str) -> bytes:
    """32 bytes for this purpose alone."""
    return _derived(links.keys().programs, purpose)


def _cipher(purpose: str) -> AESGCM:
    return AESGCM(derived_key(purpose))


@lru_cache(maxsize=16)
def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), 32, None, b"passalong " + purpose.encode()).derive(key)
