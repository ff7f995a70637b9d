"""*Wallet* in the backoffice: what an organiser gives, what is wrong with it, and when it ends."""

import base64
import datetime as dt
import io
import subprocess
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from werkzeug.test import TestResponse

from tests import builders, seen
from tests.at_once import at_once, kinds
from tests.backoffice.browsing import Browser, refused_in
from tests.backoffice.conftest import PASSWORD, olga, rival
from tests.wallet import authority
from tests.wallet.reading import Opened, claims_in, opened
from ticketing import links
from ticketing.carried import barcodes
from ticketing.models import AppleWallet, GoogleWallet, Organiser, Shop, now
from ticketing.running import confined
from ticketing.storing.transactions import write
from ticketing.wallet import accounts, apple_settings, google_settings
from ticketing.wallet.apple_settings import Upload

__all__ = ["olga", "rival"]  # fixtures from another room

PAGE = "/backoffice/wallet"
APPLE, GOOGLE = f"{PAGE}/apple", f"{PAGE}/google"


def upload(content: bytes) -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), "file"


def give(browser: Browser, action: str, **given: Any) -> TestResponse:
    """Fill in the form and send it; bytes are files."""
    files = {
        key: upload(value) if isinstance(value, bytes) else value for key, value in given.items()
    }
    known = {
        key: value
        for key, value in browser.fields(PAGE, action).items()
        if key in {"csrf_token", "revision", "issuer_id"}
    }
    return browser.send(action, known, **files)


def wrong(answer: TestResponse) -> dict[str, str]:
    assert answer.status_code == 422, answer.status
    return refused_in(answer.text)


def accounts_of(shop: Shop) -> tuple[AppleWallet | None, GoogleWallet | None]:
    return accounts.of_organiser(shop.organiser_id)


def sample(browser: Browser) -> Opened:
    answer = browser.get(f"{APPLE}/sample.pkpass")
    assert answer.status_code == 200
    return opened(answer.data)


# ---- Apple ----


def test_with_our_request_the_key_never_leaves(olga: Browser, shop: Shop) -> None:
    asked = olga.submit(PAGE, action=f"{APPLE}/request")
    assert asked.status_code == 200
    assert "certSigningRequest" in asked.headers["Content-Disposition"]
    request = x509.load_pem_x509_csr(asked.data)
    assert request.is_signature_valid
    public = request.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    assert public.key_size == 2048
    assert "Waits for the certificate" in olga.get(PAGE).text

    again = x509.load_pem_x509_csr(olga.submit(PAGE, action=f"{APPLE}/request").data)
    assert again.public_key() == public, "a second download is the same request"

    above = authority.intermediate()
    made = authority.certificate(by=above, public=public)
    saved = give(olga, APPLE, certificate=made.der, intermediate=above.der)
    assert saved.status_code == 303, refused_in(saved.text)
    page = olga.get(PAGE).text
    assert authority.PASS_TYPE in page
    assert authority.TEAM in page
    assert sample(olga).known.passTypeIdentifier == authority.PASS_TYPE


def test_whatever_the_organiser_is_called_there_is_a_request(olga: Browser, shop: Shop) -> None:
    for name in ("王" * 200, "Żółć & Фестиваль " * 11, "🎟️", "x" * 200):
        with write():
            shop.organiser.name = name
        request = x509.load_pem_x509_csr(olga.submit(PAGE, action=f"{APPLE}/request").data)
        assert request.is_signature_valid


def test_a_p12_brings_all_of_it(olga: Browser, shop: Shop) -> None:
    above = authority.intermediate()
    file_ = authority.certificate(by=above).p12("a password", above.certificate)
    assert give(olga, APPLE, certificate=file_, password="a password").status_code == 303
    apple, _google = accounts_of(shop)
    assert apple
    assert apple.pass_type_id == authority.PASS_TYPE
    assert "PRIVATE KEY" not in str(seen.rows()), "encrypted in the database"
    assert "a password" not in str(seen.rows())


def test_certificate_and_key_can_come_apart(olga: Browser, shop: Shop) -> None:
    above, made = authority.intermediate(), authority.certificate()
    for key, password in (
        (made.key_pem, ""),
        (authority.pem_of(made.key, "secret"), "secret"),
    ):
        answer = give(
            olga,
            APPLE,
            certificate=made.pem,
            key=key,
            password=password,
            intermediate=above.pem,
        )
        assert answer.status_code == 303, refused_in(answer.text)
    together = give(olga, APPLE, certificate=made.pem + made.key_pem + above.pem)
    assert together.status_code == 303


def test_a_renewed_certificate_needs_nothing_else(olga: Browser, shop: Shop) -> None:
    """The same key or our new request, and the intermediate that is there."""
    authority.sign_for_apple(shop.organiser_id)
    assert give(olga, APPLE, certificate=authority.certificate().der).status_code == 303
    before = sample(olga)

    public = x509.load_pem_x509_csr(olga.submit(PAGE, action=f"{APPLE}/request").data).public_key()
    assert sample(olga).known == before.known, "until it comes, the present one signs"
    new = authority.certificate(public=public, ends=now() + 2 * authority.YEAR)
    assert give(olga, APPLE, certificate=new.der).status_code == 303
    assert sample(olga).known.serialNumber == before.known.serialNumber
    apple, _google = accounts_of(shop)
    assert apple
    assert apple.expires_at == new.certificate.not_valid_after_utc


def yesterday() -> dt.datetime:
    return now() - dt.timedelta(days=1)


Given = dict[str, Any]
WRONG: dict[str, tuple[Callable[[], Given], str, str]] = {
    "nothing": (dict, "certificate", "Please"),
    "no certificate": (
        lambda: {"certificate": b"no certificate at all"},
        "certificate",
        "can’t read this file",
    ),
    "too large": (lambda: {"certificate": bytes(70_000)}, "certificate", "too large"),
    "a key": (
        lambda: {"certificate": authority.certificate().key_pem},
        "certificate",
        "no certificate in this file",
    ),
    "an intermediate": (
        lambda: {"certificate": authority.intermediate().pem},
        "certificate",
        "something else",
    ),
    "no pass type": (
        lambda: {"certificate": authority.certificate("com.example.app").pem},
        "certificate",
        "begins with “pass.”",
    ),
    "no team": (
        lambda: {"certificate": authority.certificate(team="no team").pem},
        "certificate",
        "no team",
    ),
    "ran out": (
        lambda: {
            "certificate": authority.certificate(
                begins=yesterday() - authority.YEAR, ends=yesterday()
            ).pem
        },
        "certificate",
        "ran out on",
    ),
    "not yet": (
        lambda: {"certificate": authority.certificate(begins=now() + dt.timedelta(days=9)).pem},
        "certificate",
        "good from",
    ),
    "no key": (
        lambda: {"certificate": authority.certificate().pem},
        "key",
        "without its private key",
    ),
    "another key": (
        lambda: {
            "certificate": authority.certificate().pem,
            "key": authority.pem_of(authority.key_named("other")),
        },
        "key",
        "doesn’t belong to the certificate",
    ),
    "no password": (
        lambda: {"certificate": authority.certificate().p12("secret")},
        "password",
        "Please type it",
    ),
    "wrong password": (
        lambda: {"certificate": authority.certificate().p12("secret"), "password": "guess"},
        "password",
        "isn’t the password",
    ),
    "no RSA": (
        lambda: {"certificate": authority.elliptic().p12("")},
        "certificate",
        "RSA with 2048 bits",
    ),
    "no intermediate": (
        lambda: {"certificate": authority.certificate().p12("")},
        "intermediate",
        "Certification Authority – G4",
    ),
    "another intermediate": (
        lambda: {
            "certificate": authority.certificate().p12(""),
            "intermediate": authority.intermediate("G6", key="other").pem,
        },
        "intermediate",
        "isn’t the certificate that issued yours",
    ),
    "intermediate ran out": (
        lambda: {
            "certificate": authority.certificate().p12(""),
            "intermediate": authority.intermediate(ends=yesterday()).pem,
        },
        "intermediate",
        "ran out on",
    ),
}


def test_what_is_wrong_is_said_beside_its_field(olga: Browser) -> None:
    before = seen.digest()
    for case, (given, field, told) in WRONG.items():
        said = wrong(give(olga, APPLE, **given()))
        assert told in said.get(field, ""), (case, said)
    assert seen.digest() == before


def test_a_certificate_for_another_request_is_refused(olga: Browser, shop: Shop) -> None:
    olga.submit(PAGE, action=f"{APPLE}/request")
    answer = give(olga, APPLE, certificate=authority.certificate().pem)
    assert "doesn’t belong to the request" in wrong(answer)["key"]


def test_a_file_that_would_take_hours_is_given_up(
    olga: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A password is turned into a key in as many rounds as the file says."""
    made = authority.certificate()
    rounds = ["-iter", str(0x010000), "-v2prf", "hmacWithSHA512"]
    encrypted = subprocess.run(
        ["openssl", "pkcs8", "-topk8", "-outform", "DER", *rounds, "-passout", "pass:secret"],
        input=made.key_pem,
        capture_output=True,
        check=True,
    ).stdout
    number = b"\x02\x03\x01\x00\x00"
    assert encrypted.count(number) == 1
    endless = base64.b64encode(encrypted.replace(number, b"\x02\x03\x7f\xff\xff"))
    pem = b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n%b\n-----END ENCRYPTED PRIVATE KEY-----\n"
    monkeypatch.setattr(confined, "SECONDS", 1)
    answer = give(olga, APPLE, certificate=made.pem, key=pem % endless, password="secret")
    assert "can’t read this file" in wrong(answer)["key"]


# ---- Google ----


def test_a_service_account_signs_for_google(olga: Browser, shop: Shop) -> None:
    key = authority.service_account()
    spaced = f" {authority.ISSUER_ID[:4]} {authority.ISSUER_ID[4:]} "
    assert give(olga, GOOGLE, issuer_id=spaced, key_file=key).status_code == 303
    page = olga.get(PAGE).text
    assert authority.SERVICE_ACCOUNT in page
    tapped = olga.submit(PAGE, action=f"{GOOGLE}/sample")
    assert tapped.status_code == 303
    [ticket] = claims_in(tapped.location).payload.eventTicketObjects
    assert ticket.ticketHolderName == "Alice Smith"
    assert "PRIVATE KEY" not in page + str(seen.rows()), "encrypted, and shown to nobody again"

    other = "3388000000099999999"
    assert give(olga, GOOGLE, issuer_id=other).status_code == 303, "the key there is goes on"
    tapped = olga.submit(PAGE, action=f"{GOOGLE}/sample")
    [ticket] = claims_in(tapped.location).payload.eventTicketObjects
    assert ticket.id.startswith(f"{other}.")


NO_KEYS: list[tuple[bytes | Given, str]] = [
    (b"", "choose a file"),
    (b"not json", "can’t read this file"),
    (b"[" * 100_000, "can’t read this file"),
    (b"[" * 10_000, "can’t read this file"),
    (b"[]", "can’t read this file"),
    (b'{"web": {"client_id": "x"}}', "isn’t the key of a service account"),
    (b'{"type": "authorized_user"}', "isn’t the key of a service account"),
    ({"client_email": "mallory@example.org"}, "incomplete"),
    ({"private_key": None}, "incomplete"),
    ({"private_key": "-----BEGIN PRIVATE KEY-----\nAAAA"}, "damaged"),
]


def test_a_key_that_isnt_one_is_refused(olga: Browser) -> None:
    """Files, and the right one with something changed."""
    before = seen.digest()
    for content, told in NO_KEYS:
        file = content if isinstance(content, bytes) else authority.service_account(**content)
        answer = give(olga, GOOGLE, issuer_id=authority.ISSUER_ID, key_file=file)
        assert told in wrong(answer)["key_file"], content
    assert seen.digest() == before


def test_an_issuer_id_is_a_number(olga: Browser) -> None:
    for issuer_id in ("", "BCR2DN4T", "12", "3388000000022345678; DROP"):
        answer = give(olga, GOOGLE, issuer_id=issuer_id, key_file=authority.service_account())
        assert set(wrong(answer)) == {"issuer_id"}


# ---- As time goes by ----


def ends_in(shop: Shop, **time: float) -> None:
    apple, _google = accounts_of(shop)
    assert apple
    with write():
        apple.expires_at = now() + dt.timedelta(**time)


def test_the_page_warns_in_time(olga: Browser, shop: Shop) -> None:
    authority.sign_for_apple(shop.organiser_id)
    assert "runs out" not in olga.get(PAGE).text
    ends_in(shop, days=29)
    assert "The certificate runs out on" in olga.get(PAGE).text
    assert sample(olga).known, "until then all is well"
    ends_in(shop, seconds=-1)
    page = olga.get(PAGE).text
    assert "The certificate ran out on" in page
    assert "sample.pkpass" not in page
    assert olga.get(f"{APPLE}/sample.pkpass").status_code == 404


def test_secrets_that_were_replaced_are_told_of(app: Flask, olga: Browser, shop: Shop) -> None:
    authority.sign_for_apple(shop.organiser_id)
    authority.sign_for_google(shop.organiser_id)
    app.extensions["passalong.keys"] = replace(links.keys(), programs=b"another key" * 3)
    page = olga.get(PAGE).text
    assert "The private key can’t be read any more" in page
    assert "The key can’t be read any more" in page
    above = authority.intermediate()
    file_ = authority.certificate(by=above).p12("", above.certificate)
    assert give(olga, APPLE, certificate=file_).status_code == 303
    assert sample(olga).known


def test_of_two_owners_at_once_the_first_counts(olga: Browser, shop: Shop) -> None:
    stale = {
        action: {
            key: value
            for key, value in olga.fields(PAGE, action).items()
            if key in {"csrf_token", "revision"}
        }
        for action in (APPLE, GOOGLE)
    }
    authority.sign_for_apple(shop.organiser_id)
    authority.sign_for_google(shop.organiser_id)
    above = authority.intermediate()
    file_ = authority.certificate("pass.org.rival", by=above).p12("", above.certificate)
    late = olga.send(APPLE, stale[APPLE], certificate=upload(file_))
    assert late.status_code == 409
    assert "nothing was overwritten" in late.text
    key = upload(authority.service_account())
    late = olga.send(GOOGLE, stale[GOOGLE], issuer_id="3388000000099999999", key_file=key)
    assert late.status_code == 409
    apple, google = accounts_of(shop)
    assert apple
    assert apple.pass_type_id == authority.PASS_TYPE
    assert google
    assert google.issuer_id == authority.ISSUER_ID


def test_asked_at_once_all_have_the_same_request(app: Flask, shop: Shop) -> None:
    organiser_id = shop.organiser_id
    made = at_once(app, *[lambda: apple_settings.request(organiser_id, "Riverside")] * 4)
    keys = {x509.load_pem_x509_csr(each).public_key().public_numbers() for each in made}  # type: ignore[union-attr]
    assert len(keys) == 1


def test_saved_at_once_one_counts(app: Flask, shop: Shop) -> None:
    organiser_id = shop.organiser_id
    above = authority.intermediate()
    given = Upload(authority.certificate(by=above).p12("", above.certificate))
    file = authority.service_account()
    for save in (
        lambda: apple_settings.save(organiser_id, given, revision=0),
        lambda: google_settings.save(organiser_id, authority.ISSUER_ID, file, revision=0),
    ):
        assert kinds(at_once(app, *[save] * 4)) == ["", *["EditedMeanwhile"] * 3]


def test_stopping_deletes_the_key(olga: Browser, shop: Shop) -> None:
    authority.sign_for_apple(shop.organiser_id)
    authority.sign_for_google(shop.organiser_id)
    ticket = builders.claim(builders.make_order(shop).tickets[0])
    page = f"/t/{links.ticket_token(ticket)}"
    assert "Add to Apple Wallet" in olga.get(page).text
    for action in (APPLE, GOOGLE):
        assert "stays there" not in olga.get(f"{action}/stop").text.partition("<main")[0]
        assert olga.submit(f"{action}/stop").status_code == 303
    assert accounts_of(shop) == (None, None)
    assert "Wallet" not in olga.get(page).text


# ---- Whose it is ----


def test_nobody_sees_or_stops_anothers(olga: Browser, rival: Browser, shop: Shop) -> None:
    authority.sign_for_apple(shop.organiser_id)
    authority.sign_for_google(shop.organiser_id)
    before = seen.digest()
    page = rival.get(PAGE).text
    for secret in (authority.TEAM, authority.ISSUER_ID, "gserviceaccount", "Good until"):
        assert secret not in page
    assert rival.get(f"{APPLE}/sample.pkpass").status_code == 404
    assert rival.submit(f"{APPLE}/stop").status_code == 303
    assert rival.submit(f"{GOOGLE}/stop").status_code == 303
    assert seen.digest() == before
    assert authority.TEAM in olga.get(PAGE).text


def test_before_there_is_an_event_there_is_no_sample(app: Flask) -> None:
    with write() as session:
        organiser = Organiser(name="New Nights")
        session.add(organiser)
    builders.make_user(organiser, email="new@example.org", password=PASSWORD)
    browser = Browser(app)
    browser.sign_in("new@example.org", PASSWORD)
    authority.sign_for_apple(organiser.id)
    authority.sign_for_google(organiser.id)
    page = browser.get(PAGE).text
    assert page.count("Set up an event first.") == 2
    assert browser.get(f"{APPLE}/sample.pkpass").status_code == 404


def test_a_sample_is_refused_at_the_door(olga: Browser, shop: Shop) -> None:
    authority.sign_for_apple(shop.organiser_id)
    found = sample(olga)
    assert found.field("event").value == "Riverside Festival"
    assert found.field("holder").value == "Alice Smith"
    with pytest.raises(barcodes.BarcodeRefused, match="unknown"):
        barcodes.look_up(found.known.barcodes[0].message)
