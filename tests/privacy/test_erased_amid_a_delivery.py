"""Somebody is erased while a mail or a call is under way, and its answer brings nobody back."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from tests import builders
from tests.smtp import Received, SmtpServer, smtp_server
from tests.webhooks import receiver as receivers
from tests.webhooks.deliveries import all_calls, later, tries_of
from tests.webhooks.receiver import Handler, Heard, Receiver
from ticketing import calls, history
from ticketing.asking.names import ERASED
from ticketing.config import Settings
from ticketing.members.audit import PASSALONG
from ticketing.models import Order
from ticketing.ordering.orders import Line
from ticketing.posting import delivery
from ticketing.privacy import asked
from ticketing.privacy.people import Person
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS

__all__ = ["smtp_server"]

pytestmark = pytest.mark.usefixtures("consistent")

BEA = "bea@example.org"


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    return dataclasses.replace(smtp_server.settings(settings), allow_private_targets=True)


@pytest.fixture
def order(app: Flask) -> Order:
    return builders.make_order(lines=[Line("parking", 1)], email=BEA)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receivers.receiver() as found:
        yield found


def erase_bea(app: Flask) -> None:
    """As another process does."""
    with app.app_context():
        asked.erase(Person(email=BEA), None, history.SYSTEM, PASSALONG, valid_too=True)


@pytest.mark.parametrize(
    ("code", "state"), [("550 5.1.1", "failed"), ("451 4.2.1", "waiting"), ("250", "sent")]
)
def test_a_mail_whose_recipient_the_server_quotes(
    app: Flask, order: Order, smtp_server: SmtpServer, code: str, state: str
) -> None:
    def erase_then_answer(_mail: Received) -> None:
        erase_bea(app)
        smtp_server.will(f"{code} <{BEA}> is what you said", at="taken")

    smtp_server.on_data = erase_then_answer
    delivery.deliver_waiting()
    [mail] = builders.mails_of(order)
    assert (mail.state, mail.recipient, mail.last_error) == (state, ERASED, "")

    delivery.deliver_waiting(clock=later(hours=2))
    [mail] = builders.mails_of(order)
    assert mail.state == ("withdrawn" if state == "waiting" else state)


@pytest.mark.parametrize("status", [400, 500])
def test_a_call_whose_answer_repeats_what_it_was_told(
    app: Flask, receiver: Receiver, status: int
) -> None:
    shop = builders.make_shop()
    endpoints.create(shop.organiser_id, receiver.url, EVENTS)
    builders.make_order(shop, email=BEA)

    def erase_then_answer(handler: Handler, heard: Heard) -> None:
        if len(receiver.heard) == 1:
            erase_bea(app)
        handler.say(status, heard.body)

    receiver.answer = erase_then_answer
    calls.make_waiting(1)
    placed, erased = all_calls()
    [tried] = tries_of(placed)
    assert (tried.status, tried.error, tried.answer) == (status, "", "")

    calls.make_waiting(1)
    [tried] = tries_of(erased)  # what was told afterwards holds nothing of them
    assert tried.status == status
    assert ERASED in tried.answer
