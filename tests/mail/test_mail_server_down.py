"""The mail server is away, hangs or breaks off: nothing is lost, and nobody waits for it."""

import threading
import time

import pytest
from flask import Flask

from tests import builders
from tests.mail.deliverers import later, start
from tests.mail.test_delivery import make_orders, stored
from tests.smtp import DRIP, HANG, HANG_UP, SmtpServer, Stage
from ticketing import history, sharing
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.mailing import server
from ticketing.posting import delivery


def test_orders_claims_and_shares_go_on_without_it(smtp_server: SmtpServer, app: Flask) -> None:
    smtp_server.will(HANG, at="greeting")
    began = time.monotonic()
    order = builders.make_order()
    builders.claim(order.tickets[0])
    sharing.share_by_email(
        order.tickets[1],
        sharing.next_generation(order.tickets[1]),
        "bob@example.org",
        history.booker(order),
        locale="en",
        asked_from="",
    )
    assert time.monotonic() - began < 9  # a look at the server takes ten seconds where it hangs
    assert [mail.kind for mail in builders.mails_of(order)] == ["confirmation", "ticket", "share"]


def test_six_hours_later_everything_arrives(smtp_server: SmtpServer, app: Flask) -> None:
    orders = make_orders(8)
    smtp_server.stop()
    for hours in range(6):
        report = delivery.deliver_waiting(clock=later(hours=hours))
        assert report == delivery.Report(waiting=8, cut_short=True)
    assert stored(orders[0]).last_error  # what is the matter is there to see
    assert {stored(order).attempts for order in orders} == {0}  # no mail is to blame
    age = delivery.queue_age(clock=later(hours=6))
    assert age is not None
    assert age.total_seconds() >= 6 * 3600
    smtp_server.start()
    assert delivery.deliver_waiting(clock=later(hours=6)) == delivery.Report(sent=8)
    assert [mail.recipients for mail in smtp_server.received] == [[o.email] for o in orders]
    assert stored(orders[0]).last_error == ""


def test_a_round_without_it_takes_no_time(smtp_server: SmtpServer, app: Flask) -> None:
    make_orders(50)
    smtp_server.stop()
    began = time.monotonic()
    delivery.deliver_waiting()
    assert time.monotonic() - began < 5


@pytest.mark.engine("sqlite")  # ten seconds are enough
def test_a_server_that_hangs_is_left_after_ten_seconds(smtp_server: SmtpServer, app: Flask) -> None:
    make_orders(5)
    smtp_server.will(HANG, at="end")
    began = time.monotonic()
    report = delivery.deliver_waiting()
    assert 9 < time.monotonic() - began < 19  # once, not once a mail
    assert report == delivery.Report(waiting=5, cut_short=True)
    smtp_server.behave()
    assert delivery.deliver_waiting(clock=later(minutes=2)) == delivery.Report(sent=5)


@pytest.mark.parametrize("stage", ["greeting", "end"])
def test_a_server_that_answers_letter_by_letter_is_not_heard_out(
    smtp_server: SmtpServer, app: Flask, monkeypatch: pytest.MonkeyPatch, stage: Stage
) -> None:
    """Each letter comes in time; the whole never does."""
    monkeypatch.setattr(server, "WHOLE", 1.0)
    orders = make_orders(3)
    smtp_server.will(DRIP, at=stage)
    assert delivery.deliver_waiting() == delivery.Report(waiting=3, cut_short=True)
    assert [stored(order).attempts for order in orders] == [int(stage == "end"), 0, 0]
    smtp_server.behave()
    monkeypatch.undo()
    assert delivery.deliver_waiting(clock=later(minutes=2)) == delivery.Report(sent=3)


def test_one_break_off_holds_nobody_up(smtp_server: SmtpServer, app: Flask) -> None:
    make_orders(4)
    smtp_server.will(HANG_UP, at="taken", times=1)
    assert delivery.deliver_waiting() == delivery.Report(sent=3, waiting=1)


def test_a_server_that_keeps_breaking_off_is_left_alone(
    smtp_server: SmtpServer, app: Flask
) -> None:
    make_orders(6)
    smtp_server.will(HANG_UP, at="taken")
    assert delivery.deliver_waiting() == delivery.Report(waiting=6, cut_short=True)
    assert len(smtp_server.received) == 2


def test_watching_delivers_once_the_server_is_back(smtp_server: SmtpServer, app: Flask) -> None:
    make_orders(3)
    db.session.rollback()
    smtp_server.stop()
    stop = threading.Event()

    def watch() -> None:
        with app.app_context():
            delivery.watch(stop, pause=0.1)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        time.sleep(0.5)
        smtp_server.start()
        smtp_server.wait_for(3)
        make_orders(1)  # and what comes later goes out at once
        smtp_server.wait_for(4)
    finally:
        stop.set()
        watcher.join(5)
    assert not watcher.is_alive()


def test_a_deliverer_told_to_stop_finishes_the_mail_at_hand(
    smtp_server: SmtpServer, app: Flask, settings: Settings
) -> None:
    orders = make_orders(5)
    db.session.rollback()
    deliverer = start(settings, smtp_server, "--watch")

    def stop(_mail: object) -> None:
        deliverer.terminate()
        time.sleep(0.3)  # the signal is there before our answer

    smtp_server.on_data = stop
    output, _ = deliverer.communicate(timeout=100)
    assert deliverer.returncode == 0, output
    assert [stored(order).state for order in orders] == ["sent", *["waiting"] * 4]
    assert len(smtp_server.received) == 1
