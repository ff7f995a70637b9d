"""A certificate authority of our own, built like Apple's: root, intermediate, Pass Type ID."""

import datetime as dt
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

from ticketing.models import AppleWallet, GoogleWallet, now
from ticketing.models.base import random_link_id
from ticketing.storing.transactions import write
from ticketing.wallet.accounts import APPLE_KEY, GOOGLE_KEY

PASS_TYPE = "pass.org.example.tickets"
TEAM = "A1B2C3D4E5"
ISSUER_ID = "3388000000022345678"
SERVICE_ACCOUNT = "tickets@festival-471123.iam.gserviceaccount.com"
YEAR = dt.timedelta(days=365)


@lru_cache(maxsize=16)
def key_named(name: str) -> rsa.RSAPrivateKey:
    """The same key for the same name: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: Any

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return pem_of(self.key)

    def p12(self, password: str, *others: x509.Certificate) -> bytes:
        protection = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        return pkcs12.serialize_key_and_certificates(
            b"Pass", self.key, self.certificate, list(others), protection
        )


def pem_of(key: Any, password: str = "") -> bytes:
    protection = BestAvailableEncryption(password.encode()) if password else NoEncryption()
    found: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    return found


def issue(
    subject: dict[x509.ObjectIdentifier, str],
    *,
    by: Issued | None = None,
    public: Any = None,
    key: Any = None,
    authority: bool = False,
    begins: dt.datetime | None = None,
    ends: dt.datetime | None = None,
) -> Issued:
    """A certificate for the key (or for a public key alone), issued by `by` or by itself."""
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject.items()])
    begins = begins or now() - dt.timedelta(days=1)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(by.certificate.subject if by else name)
        .public_key(public or key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends or now() + YEAR)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(_usage(authority), critical=True)
    )
    return Issued(built.sign(by.key if by else key, SHA256()), key)


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@lru_cache(maxsize=1)
def root() -> Issued:
    subject = {NameOID.COMMON_NAME: "Apple Root CA", NameOID.ORGANIZATION_NAME: "Apple Inc."}
    return issue(subject, key=key_named("root"), authority=True, ends=now() + 5 * YEAR)


def intermediate(
    generation: str = "G4", *, key: str = "intermediate", ends: dt.datetime | None = None
) -> Issued:
    subject = {
        NameOID.COMMON_NAME: "Apple Worldwide Developer Relations Certification Authority",
        NameOID.ORGANIZATIONAL_UNIT_NAME: generation,
        NameOID.ORGANIZATION_NAME: "Apple Inc.",
    }
    begins = now() - 2 * YEAR
    ends = ends or now() + 4 * YEAR
    return issue(subject, by=root(), key=key_named(key), authority=True, begins=begins, ends=ends)


def certificate(
    pass_type: str = PASS_TYPE, team: str = TEAM, *, by: Issued | None = None, **more: Any
) -> Issued:
    """A Pass Type ID certificate; its key is its own unless `public` or `key` is given."""
    if "public" not in more:
        more.setdefault("key", key_named("pass"))
    subject = {
        NameOID.USER_ID: pass_type,
        NameOID.COMMON_NAME: f"Pass Type ID: {pass_type}",
        NameOID.ORGANIZATIONAL_UNIT_NAME: team,
        NameOID.ORGANIZATION_NAME: "Riverside Collective",
    }
    return issue(subject, by=by or intermediate(), **more)


def elliptic() -> Issued:
    return certificate(key=ec.generate_private_key(ec.SECP256R1()))


def service_account(**changed: Any) -> bytes:
    """The file that Google gives."""
    content = {
        "type": "service_account",
        "project_id": "festival-471123",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567",
        "private_key": pem_of(key_named("google")).decode(),
        "client_email": SERVICE_ACCOUNT,
        "client_id": "102030405060708090100",
        "token_uri": "https://oauth2.googleapis.com/token",
        **changed,
    }
    return json.dumps(content, indent=2).encode()


def sign_for_apple(organiser_id: int, issued: Issued | None = None) -> AppleWallet:
    """As the organiser's page keeps it, without waiting for files to be read."""
    above = intermediate()
    issued = issued or certificate(by=above)
    link_id = random_link_id()
    account = AppleWallet(
        link_id=link_id,
        organiser_id=organiser_id,
        private_key=APPLE_KEY.seal(issued.key_pem.decode(), link_id),
        certificate=issued.pem.decode(),
        intermediate=above.pem.decode(),
        pass_type_id=PASS_TYPE,
        team_id=TEAM,
        expires_at=issued.certificate.not_valid_after_utc,
    )
    with write() as session:
        session.add(account)
    return account


def sign_for_google(organiser_id: int) -> GoogleWallet:
    """As `sign_for_apple`."""
    link_id = random_link_id()
    key = pem_of(key_named("google")).decode()
    account = GoogleWallet(
        link_id=link_id,
        organiser_id=organiser_id,
        issuer_id=ISSUER_ID,
        service_account=SERVICE_ACCOUNT,
        private_key=GOOGLE_KEY.seal(key, link_id),
    )
    with write() as session:
        session.add(account)
    return account
