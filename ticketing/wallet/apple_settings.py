"""An organiser's Pass Type ID certificate: asked for, checked, kept.

https://developer.apple.com/documentation/walletpasses/building-a-pass says how Apple issues it. The
private key is made here and never leaves, unless somebody brings one of their own.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final

from anyascii import anyascii
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from flask_babel import gettext as _

from ticketing.extensions import db
from ticketing.models import AppleWallet, now
from ticketing.models.base import random_link_id
from ticketing.refusals import EditedMeanwhile
from ticketing.running.apart import apart
from ticketing.storing.transactions import write
from ticketing.vault.sealing import Unsealable
from ticketing.wallet import certificates
from ticketing.wallet.accounts import APPLE_KEY, InvalidWallet, locked_apple, of_organiser
from ticketing.wallet.certificates import Unpacked, Unreadable
from ticketing.words import localtime

_BITS: Final = 2048  # what Apple takes


@dataclass(frozen=True, slots=True)
class Upload:
    """What somebody gives: files as they are, empty where there is none.

    `certificate` may hold its key and its issuer as well, as a `.p12` from the Mac's keychain does.
    """

    certificate: bytes = b""
    password: str = ""
    key: bytes = b""
    intermediate: bytes = b""


@dataclass(frozen=True, slots=True)
class _Found:
    """A certificate, who issued it, and its key as PEM: they belong together and are good."""

    certificate: x509.Certificate
    issuer: x509.Certificate
    key: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What is here already: keys, one of them perhaps waiting for its certificate, and issuers."""

    keys: tuple[str, ...] = ()
    issuers: tuple[x509.Certificate, ...] = ()


def request(organiser_id: int, name: str) -> bytes:
    """The request to upload at Apple (PKCS #10, PEM); its key waits here for the certificate.

    Asked again, it is for the same key until a certificate has come.
    """
    account, _google = of_organiser(organiser_id)
    if account is None or not _opened(account, account.requested_key):
        new = apart(_new_key)
        account = _await(organiser_id, new)
    key = _opened(account, account.requested_key)
    return apart(_request_for, key, name)


def save(organiser_id: int, given: Upload, *, revision: int) -> AppleWallet:
    """Sign with what was given from now on; raises `InvalidWallet`, `EditedMeanwhile`.

    `revision` is the account's when the form was drawn, 0 where there was none.
    """
    kept, _google = of_organiser(organiser_id)
    known = _known_of(kept) if kept is not None else _Known()
    db.session.rollback()  # nothing is held while files are read
    found = _read(given, known)
    return _store(organiser_id, found, revision)


def _await(organiser_id: int, key: str) -> AppleWallet:
    """Keep a key for the certificate to come, unless somebody else has just done so."""
    with write() as session:
        account = locked_apple(session, organiser_id)
        if account is None:
            account = AppleWallet(
                organiser_id=organiser_id, link_id=random_link_id(), requested_key="", revision=0
            )
            session.add(account)
        if not _opened(account, account.requested_key):
            account.requested_key = APPLE_KEY.seal(key, account.link_id)
    return account


def _store(organiser_id: int, found: _Found, revision: int) -> AppleWallet:
    with write() as session:
        account = locked_apple(session, organiser_id)
        if (account.revision if account else 0) != revision:
            raise EditedMeanwhile
        if account is None:
            account = AppleWallet(organiser_id=organiser_id, link_id=random_link_id(), revision=0)
            session.add(account)
        account.requested_key = ""
        account.private_key = APPLE_KEY.seal(found.key, account.link_id)
        account.certificate = found.certificate.public_bytes(Encoding.PEM).decode()
        account.intermediate = found.issuer.public_bytes(Encoding.PEM).decode()
        account.pass_type_id = certificates.pass_type_of(found.certificate)
        account.team_id = certificates.team_of(found.certificate)
        account.expires_at = min(
            each.not_valid_after_utc for each in (found.certificate, found.issuer)
        )
        account.warned = 0
        account.revision += 1
    return account


def _known_of(account: AppleWallet) -> _Known:
    keys = (_opened(account, kept) for kept in (account.requested_key, account.private_key))
    kept = account.intermediate.encode()
    return _Known(
        tuple(key for key in keys if key),
        (x509.load_pem_x509_certificate(kept),) if kept else (),
    )


def _opened(account: AppleWallet, kept: str) -> str:
    """A kept key as PEM; "" if there is none, or none that can be opened."""
    try:
        return APPLE_KEY.unseal(kept, account.link_id) if kept else ""
    except Unsealable:
        return ""


# ---- What was given ----


def _read(given: Upload, known: _Known) -> _Found:
    file = _unpacked(given.certificate, given.password, "certificate")
    own_key = _unpacked(given.key, given.password, "key") if given.key else Unpacked()
    above = _unpacked(given.intermediate, "", "intermediate") if given.intermediate else Unpacked()
    certificate = _certificate_in(file)
    key = _key_for(certificate, [own_key.key, file.key], known.keys)
    issuers = [*above.certificates, *file.certificates, *known.issuers]
    return _Found(certificate, _issuer_of(certificate, issuers, bool(given.intermediate)), key)


def _unpacked(file: bytes, password: str, field: str) -> Unpacked:
    if not file:
        raise InvalidWallet({field: _("Please choose a file.")})
    try:
        return certificates.unpack(file, password)
    except Unreadable as unreadable:
        if unreadable.reason == "password":
            text = (
                _("This isn’t the password of the file.")
                if password
                else _("The file is protected by a password. Please type it.")
            )
            raise InvalidWallet({"password": text}) from None
        raise InvalidWallet({field: _unreadable_words(unreadable.reason)}) from None


def _unreadable_words(reason: str) -> str:
    if reason == "large":
        return _("This file is too large to be a certificate or a key.")
    if reason == "key":
        return _("Its private key isn’t one that Apple takes: it has to be RSA with 2048 bits.")
    return _("We can’t read this file. It should be a .cer, .pem or .p12 file.")


def _certificate_in(file: Unpacked) -> x509.Certificate:
    found = [each for each in file.certificates if certificates.pass_type_of(each)]
    if not found:
        if file.certificates:
            text = _(
                "This is a certificate for something else. It has to be a Pass Type ID "
                "certificate, for an identifier that begins with “pass.”."
            )
        else:
            text = _("There is no certificate in this file.")
        raise InvalidWallet({"certificate": text})
    certificate = max(found, key=lambda each: each.not_valid_after_utc)
    if not certificates.team_of(certificate):
        raise InvalidWallet(
            {"certificate": _("This certificate names no team. Apple puts the Team ID into it.")}
        )
    if not certificates.good_at(certificate, now()):
        raise InvalidWallet({"certificate": _not_good(certificate)})
    return certificate


def _not_good(certificate: x509.Certificate) -> str:
    if certificate.not_valid_after_utc <= now():
        return _(
            "This certificate ran out on %(day)s. Please make a new one at Apple.",
            day=_day(certificate.not_valid_after_utc),
        )
    return _(
        "This certificate is good from %(day)s on. Please come back then.",
        day=_day(certificate.not_valid_before_utc),
    )


def _key_for(certificate: x509.Certificate, given: list[str], known: tuple[str, ...]) -> str:
    brought = [key for key in given if key]
    for key in [*brought, *known]:
        if certificates.belongs_to(certificate, apart(certificates.key_of, key)):
            return key
    if brought:
        raise InvalidWallet({"key": _("This private key doesn’t belong to the certificate.")})
    text = (
        _("This certificate doesn’t belong to the request that was made here. Please upload the "
          "private key it was made with, or make a new certificate with our request.")
        if known
        else _("The certificate came without its private key. Please upload that as well, or make "
               "the certificate with our request.")
    )  # fmt: skip
    raise InvalidWallet({"key": text})


def _issuer_of(
    certificate: x509.Certificate, candidates: list[x509.Certificate], uploaded: bool
) -> x509.Certificate:
    issuer = certificates.issuer_in(candidates, certificate)
    name = certificates.issuer_name(certificate)
    if issuer is None:
        text = (
            _("This isn’t the certificate that issued yours. Yours was issued by: %(name)s.",
              name=name)
            if uploaded
            else _("Please upload Apple’s intermediate certificate as well. Yours was issued by: "
                   "%(name)s.", name=name)
        )  # fmt: skip
        raise InvalidWallet({"intermediate": text})
    if not certificates.good_at(issuer, now()):
        raise InvalidWallet({"intermediate": _not_good(issuer)})
    return issuer


def _day(moment: dt.datetime) -> str:
    return localtime.day_short(moment.date())


# ---- Keys ----


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _request_for(key: str, name: str) -> bytes:
    # Apple reads the public key alone, and writes names of its own into the certificate. X.509
    # gives a name 64 bytes.
    short = anyascii(name)[:64].strip() or "Passalong"
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, short)])
    private: RSAPrivateKey = certificates.key_of(key)
    built = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(private, SHA256())
    return built.public_bytes(Encoding.PEM)
