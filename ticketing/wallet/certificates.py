"""What a file with certificates and keys holds, and whether they belong together."""

import base64
import datetime as dt
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from ticketing.running import confined

MAX_BYTES: Final = 64 * 1024  # such a file has four or five thousand

_UNPACKER: Final = Path(__file__).with_name("unpacking.py")
_PASS_TYPE: Final = re.compile(r"pass\.[A-Za-z0-9.-]{1,200}")
_TEAM: Final = re.compile(r"[A-Za-z0-9]{1,20}")


class Unreadable(Exception):
    """`reason`: `large`, `unreadable`, `password` (wrong or missing) or `key` (no RSA key)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Unpacked:
    """`key` is the private key as PEM, "" where the file holds none."""

    certificates: tuple[x509.Certificate, ...] = ()
    key: str = ""


def unpack(file: bytes, password: str = "") -> Unpacked:
    """Everything in a PEM, DER or PKCS #12 file; raises `Unreadable`."""
    if len(file) > MAX_BYTES:
        raise Unreadable("large")
    asked = {"file": base64.b64encode(file).decode(), "password": password}
    found, _data = confined.ask(_UNPACKER, "certificates", json.dumps(asked).encode())
    if "certificates" not in found:
        raise Unreadable(found.get("refused", "unreadable"))
    certificates = (x509.load_pem_x509_certificate(each.encode()) for each in found["certificates"])
    return Unpacked(tuple(certificates), found["key"])


def key_of(pem: str) -> RSAPrivateKey:
    """A key that `unpack` has found. Checking it takes tenths of a second."""
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - what `unpack` makes sure of
    return key


def belongs_to(certificate: x509.Certificate, key: RSAPrivateKey) -> bool:
    return certificate.public_key() == key.public_key()


def pass_type_of(certificate: x509.Certificate) -> str:
    """The Pass Type ID that a certificate is for; "" if it is for something else."""
    found = _named(certificate, NameOID.USER_ID)
    return found if _PASS_TYPE.fullmatch(found) else ""


def team_of(certificate: x509.Certificate) -> str:
    """The Team ID of the Apple account that a certificate was issued to; "" if there is none."""
    found = _named(certificate, NameOID.ORGANIZATIONAL_UNIT_NAME)
    return found if _TEAM.fullmatch(found) else ""


def issuer_in(
    certificates: Iterable[x509.Certificate], issued: x509.Certificate
) -> x509.Certificate | None:
    """Which of the certificates issued this one."""
    for each in certificates:
        try:
            issued.verify_directly_issued_by(each)
        except (ValueError, TypeError, InvalidSignature):
            continue
        return each
    return None


def issuer_name(certificate: x509.Certificate) -> str:
    """As Apple's own page tells its intermediates apart: "… Certification Authority – G4"."""
    parts = [
        str(found[0].value)
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATIONAL_UNIT_NAME)
        if (found := certificate.issuer.get_attributes_for_oid(oid))
    ]
    return " – ".join(parts)


def good_at(certificate: x509.Certificate, moment: dt.datetime) -> bool:
    return certificate.not_valid_before_utc <= moment < certificate.not_valid_after_utc


def _named(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if len(found) == 1 else ""
