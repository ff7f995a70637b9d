"""F4: the mail server hangs, hangs up or says no, at each step of the talk with it.

Nothing is lost, nothing comes twice but what it had taken already, and others' mails go out.
"""

import itertools
from collections import Counter
from typing import Final

import pytest
from flask import Flask

from tests.mail.deliverers import later
from tests.mail.test_delivery import make_orders, stored
from tests.smtp import HANG, HANG_UP, SmtpServer, Stage
from ticketing.mailing import server
from ticketing.models import Order
from ticketing.posting import delivery
from ticketing.posting.delivery import Report

NOT_NOW, NEVER = "451 4.3.0 Not now", "554 5.7.1 Never"
BEFORE_A_MAIL: Final[tuple[Stage, ...]] = ("greeting", "EHLO")
AMID_A_MAIL: Final[tuple[Stage, ...]] = ("MAIL", "RCPT", "DATA", "end")


@pytest.fixture(autouse=True)
def impatience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ten seconds for each answer are waited for in test_mail_server_down.py."""
    if HANG in request.node.callspec.params.values():
        monkeypatch.setattr(server, "PATIENCE", 2.0)


def arrived(smtp_server: SmtpServer, orders: list[Order]) -> list[int]:
    """How often each order's mail did, by its Message-ID."""
    times = Counter(str(mail.message["Message-ID"]) for mail in smtp_server.received)
    assert set(times) <= {stored(order).message_id for order in orders}
    return [times[stored(order).message_id] for order in orders]


@pytest.mark.parametrize("what", [HANG, HANG_UP, NOT_NOW, NEVER])
@pytest.mark.parametrize("stage", BEFORE_A_MAIL)
def test_before_any_mail_is_at_hand_none_is_to_blame(
    smtp_server: SmtpServer, app: Flask, stage: Stage, what: str
) -> None:
    orders = make_orders(3)
    smtp_server.will(what, at=stage)
    assert delivery.deliver_waiting() == Report(waiting=3, cut_short=True)
    assert [stored(order).attempts for order in orders] == [0, 0, 0]
    assert stored(orders[0]).last_error, "what is the matter is there to see"
    smtp_server.behave()
    assert delivery.deliver_waiting() == Report(sent=3)
    assert arrived(smtp_server, orders) == [1, 1, 1]


@pytest.mark.parametrize(
    ("what", "round_of_it"),
    [
        (HANG, Report(waiting=3, cut_short=True)),
        (HANG_UP, Report(sent=2, waiting=1)),
        (NOT_NOW, Report(sent=2, waiting=1)),
    ],
)
@pytest.mark.parametrize("stage", AMID_A_MAIL)
def test_amid_a_mail_the_others_go_out_and_it_comes_later(
    smtp_server: SmtpServer, app: Flask, stage: Stage, what: str, round_of_it: Report
) -> None:
    orders = make_orders(3)
    smtp_server.will(what, at=stage, times=1)
    assert delivery.deliver_waiting() == round_of_it
    assert delivery.deliver_waiting() == Report(sent=2 - round_of_it.sent, waiting=1)
    assert arrived(smtp_server, orders) == [0, 1, 1]
    assert [stored(order).attempts for order in orders] == [1, 1, 1]
    assert delivery.deliver_waiting(clock=later(minutes=2)) == Report(sent=1)
    assert arrived(smtp_server, orders) == [1, 1, 1]


@pytest.mark.parametrize(
    ("stage", "state"),
    # To refuse who sends is mostly about us, not about this mail.
    [("MAIL", "waiting"), ("RCPT", "failed"), ("DATA", "failed"), ("end", "failed")],
)
def test_amid_a_mail_a_no_for_good_is_kept_and_can_be_tried_again(
    smtp_server: SmtpServer, app: Flask, stage: Stage, state: str
) -> None:
    orders = make_orders(3)
    smtp_server.will(NEVER, at=stage, times=1)
    assert delivery.deliver_waiting().sent == 2
    assert (stored(orders[0]).state, stored(orders[0]).last_error) == (state, NEVER)
    assert delivery.retry(stored(orders[0]).id)
    assert delivery.deliver_waiting() == Report(sent=1)
    assert arrived(smtp_server, orders) == [1, 1, 1]


@pytest.mark.parametrize(
    "what", ["502 5.5.1 Not here", "250 " + "x" * 10_000], ids=["refused", "too long a line"]
)
@pytest.mark.parametrize("stage", ["RCPT", "DATA", "end"])
def test_a_server_that_takes_nothing_back_is_left_and_its_no_is_what_counts(
    smtp_server: SmtpServer, app: Flask, stage: Stage, what: str
) -> None:
    """Else the next mail would begin within this one, or this one would be given up for good."""
    orders = make_orders(3)
    smtp_server.will(NOT_NOW, at=stage, times=1)
    smtp_server.will(what, at="RSET", times=1)
    assert delivery.deliver_waiting() == Report(sent=2, waiting=1)
    assert smtp_server.has_yet_to() == []
    assert (stored(orders[0]).state, stored(orders[0]).last_error) == ("waiting", NOT_NOW)
    assert delivery.deliver_waiting(clock=later(minutes=2)) == Report(sent=1)
    assert arrived(smtp_server, orders) == [1, 1, 1]


@pytest.mark.parametrize("what", [HANG, HANG_UP])
def test_what_it_had_taken_comes_twice_under_one_id(
    smtp_server: SmtpServer, app: Flask, what: str
) -> None:
    """Nobody can know; lost would be worse."""
    orders = make_orders(3)
    smtp_server.will(what, at="taken", times=1)
    for minutes in (0, 0, 2):
        delivery.deliver_waiting(clock=later(minutes=minutes))
    assert arrived(smtp_server, orders) == [2, 1, 1]
    assert {stored(order).state for order in orders} == {"sent"}


def test_who_does_it_all_at_once_gets_every_mail_in_the_end(
    smtp_server: SmtpServer, app: Flask
) -> None:
    orders = make_orders(8)
    for stage, what in itertools.product(AMID_A_MAIL, (HANG_UP, NOT_NOW)):
        smtp_server.will(what, at=stage, times=1)
    for minutes in range(0, 40, 3):
        delivery.deliver_waiting(clock=later(minutes=minutes))
    assert smtp_server.has_yet_to() == []
    assert arrived(smtp_server, orders) == [1] * 8
