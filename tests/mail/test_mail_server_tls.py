"""A mail server that wants encryption and a password."""

import dataclasses
import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask

from tests.mail.test_delivery import make_orders, stored
from tests.smtp import SmtpServer
from ticketing import create_app
from ticketing.config import Settings
from ticketing.models import now
from ticketing.posting import delivery


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate that nobody trusts, for the loopback address; its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now() - dt.timedelta(days=1))
        .not_valid_after(now() + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path / "server.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def smtp_server(certificate: Path) -> Iterator[SmtpServer]:
    server = SmtpServer()
    server.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.tls.load_cert_chain(certificate)
    server.account = ("passalong", "secret")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(
        settings, mail_starttls=True, mail_username="passalong", mail_password="secret"
    )


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator has told the system to trust this certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


@pytest.mark.usefixtures("trusted")
def test_mails_go_out_encrypted_and_signed_in(smtp_server: SmtpServer, app: Flask) -> None:
    make_orders(3)
    assert delivery.deliver_waiting() == delivery.Report(sent=3)
    assert len(smtp_server.received) == 3


def test_a_certificate_that_nobody_trusts_gets_neither_password_nor_mail(
    smtp_server: SmtpServer, app: Flask
) -> None:
    [order] = make_orders(1)
    assert delivery.deliver_waiting() == delivery.Report(waiting=1, cut_short=True)
    assert smtp_server.received == []
    assert "CERTIFICATE_VERIFY_FAILED" in stored(order).last_error
    assert stored(order).attempts == 0


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_costs_no_mail_a_try(
    smtp_server: SmtpServer, app: Flask, settings: Settings
) -> None:
    [order] = make_orders(1)
    wrong = create_app({"TESTING": True}, dataclasses.replace(settings, mail_password="old"))
    with wrong.app_context():
        assert delivery.deliver_waiting() == delivery.Report(waiting=1, cut_short=True)
    assert stored(order).last_error.startswith("535 ")
    assert delivery.deliver_waiting() == delivery.Report(sent=1)


@pytest.mark.usefixtures("trusted")
def test_a_server_that_offers_no_encryption_is_not_trusted(
    smtp_server: SmtpServer, app: Flask
) -> None:
    [order] = make_orders(1)
    smtp_server.stop()
    smtp_server.tls, smtp_server.account = None, None
    smtp_server.start()
    assert delivery.deliver_waiting() == delivery.Report(waiting=1, cut_short=True)
    assert "STARTTLS" in stored(order).last_error
