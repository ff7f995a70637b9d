"""Takes a file with certificates and keys apart, in a confined process: see `confined.py`.

PEM, DER or PKCS #12 (`.p12`, `.pfx`). A file can ask for any amount of work before its password is
known to be right.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
    load_pem_private_key,
    pkcs12,
)

KEY_BITS: Final = range(2048, 4097)  # Apple's and Google's have 2048

_PEM_CERTIFICATE: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL
)
_PEM_KEY: Final = re.compile(
    rb"-----BEGIN ([A-Z ]*)PRIVATE KEY-----.+?-----END \1PRIVATE KEY-----", re.DOTALL
)

Found = tuple[list[x509.Certificate], Any]  # the certificates, and the private key or None


class Refused(Exception):
    """Nothing that we can use: `unreadable`, `password` (wrong or missing) or `key` (its kind)."""


def unpack(given: bytes) -> tuple[dict[str, Any], bytes]:
    """From JSON with `file` (base64) and `password`: `certificates` (PEM) and `key` (PEM or "").

    Or `refused` with the reason.
    """
    asked = json.loads(given)
    try:
        certificates, key = _taken_apart(
            base64.b64decode(asked["file"]), asked["password"].encode() or None
        )
        pem = "" if key is None else _plain(key)
    except Refused as refused:
        return {"refused": str(refused)}, b""
    found = [each.public_bytes(Encoding.PEM).decode() for each in certificates]
    return {"certificates": found, "key": pem}, b""


def _plain(key: Any) -> str:
    if not (isinstance(key, rsa.RSAPrivateKey) and key.key_size in KEY_BITS):
        raise Refused("key")
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _taken_apart(file: bytes, password: bytes | None) -> Found:
    if b"-----BEGIN " in file:
        return _pem(file, password)
    for read in (_der_certificate, _der_key):
        try:
            return read(file)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            continue
    return _pkcs12(file, password)


def _pem(file: bytes, password: bytes | None) -> Found:
    try:
        certificates = [
            x509.load_pem_x509_certificate(each) for each in _PEM_CERTIFICATE.findall(file)
        ]
    except ValueError as error:
        raise Refused("unreadable") from error
    block = _PEM_KEY.search(file)
    if block is None and not certificates:
        raise Refused("unreadable")
    return certificates, _pem_key(block[0], password) if block else None


def _pem_key(block: bytes, password: bytes | None) -> Any:
    encrypted = b"ENCRYPTED" in block
    if encrypted and password is None:
        raise Refused("password")
    try:
        return load_pem_private_key(block, password if encrypted else None)
    except UnsupportedAlgorithm as error:
        raise Refused("key") from error
    except (ValueError, TypeError) as error:
        raise Refused("password" if encrypted else "unreadable") from error


def _der_certificate(file: bytes) -> Found:
    return [x509.load_der_x509_certificate(file)], None


def _der_key(file: bytes) -> Found:
    return [], load_der_private_key(file, None)


def _pkcs12(file: bytes, password: bytes | None) -> Found:
    # None and an empty password are two things in such a file, and one to people.
    reason = "unreadable"
    for each in (password,) if password else (None, b""):
        try:
            key, certificate, others = pkcs12.load_key_and_certificates(file, each)
        except (ValueError, UnsupportedAlgorithm) as error:
            reason = "password" if "password" in str(error).lower() else reason
        else:
            return [found for found in (certificate, *others) if found is not None], key
    raise Refused(reason)


KINDS: Final = {"certificates": unpack}
