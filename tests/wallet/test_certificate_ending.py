"""Owners hear in time that the certificate for Apple Wallet runs out."""

import datetime as dt

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.conftest import PASSWORD
from tests.wallet import authority
from ticketing.extensions import db
from ticketing.mailing import mails
from ticketing.mailing.letter import Reason, Withdrawn
from ticketing.models import AppleWallet, OutboxMail, Shop, User, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write
from ticketing.wallet import apple_settings, ending
from ticketing.wallet.apple_settings import Upload


@pytest.fixture
def owner(shop: Shop) -> User:
    builders.make_user(shop.organiser, email="desk@example.org", role="desk", password=PASSWORD)
    rival = builders.make_shop(organiser_name="Rival Nights")
    builders.make_user(rival.organiser, email="rita@example.org", password=PASSWORD)
    return builders.make_user(shop.organiser, email="olga@example.org", password=PASSWORD)


def ends_in(account: AppleWallet, **time: float) -> None:
    with write():
        account.expires_at = now() + dt.timedelta(**time)


def written() -> list[OutboxMail]:
    db.session.rollback()
    return list(db.session.query(OutboxMail).filter_by(kind=outbox.WALLET_ENDING))


def test_a_month_and_a_week_before_owners_get_a_mail(
    app: Flask, apple: AppleWallet, owner: User
) -> None:
    ends_in(apple, days=31)
    assert ending.warn() == 0
    ends_in(apple, days=29)
    assert [ending.warn() for _ in range(3)] == [1, 0, 0]
    ends_in(apple, days=8)
    assert ending.warn() == 0
    ends_in(apple, days=6)
    assert [ending.warn() for _ in range(3)] == [1, 0, 0]
    ends_in(apple, days=-1)
    assert ending.warn() == 0, "now the page says so"
    assert [mail.recipient for mail in written()] == ["olga@example.org"] * 2
    assert {mail.organiser_id for mail in written()} == {None}, "it stands in nobody's outbox"


def test_who_hears_late_hears_once(app: Flask, apple: AppleWallet, owner: User) -> None:
    ends_in(apple, days=3)
    assert [ending.warn() for _ in range(3)] == [1, 0, 0]


def test_the_mail_says_when_and_leads_there(app: Flask, apple: AppleWallet, owner: User) -> None:
    ends_in(apple, days=20)
    ending.warn()
    [mail] = written()
    composed = mails.compose(mail)
    assert composed.subject.startswith("The certificate for Apple Wallet runs out on ")
    assert "Riverside Collective" in composed.text
    assert authority.PASS_TYPE in composed.text
    assert "/backoffice/wallet" in composed.text


def test_a_certificate_that_was_replaced_meanwhile_is_no_news(
    app: Flask, apple: AppleWallet, owner: User
) -> None:
    ends_in(apple, days=20)
    ending.warn()
    [mail] = written()
    new = Upload(authority.certificate().p12(""))
    apple_settings.save(apple.organiser_id, new, revision=apple.revision)
    with pytest.raises(Withdrawn) as withdrawn:
        mails.compose(mail)
    assert withdrawn.value.reason is Reason.CERTIFICATE_REPLACED
    ends_in(apple, days=20)
    assert ending.warn() == 1, "of the new one they hear in its time"


def test_it_goes_out_with_the_reminders(app: Flask, apple: AppleWallet, owner: User) -> None:
    ends_in(apple, days=20)
    runner = app.test_cli_runner()
    assert "certificate" not in runner.invoke(args=["remind", "--dry-run"]).output
    assert written() == []
    assert "certificate for Apple Wallet runs out: 1" in runner.invoke(args=["remind"]).output
    assert len(written()) == 1
