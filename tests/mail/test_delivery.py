"""The outbox is delivered, one round at a time."""

import dataclasses
import logging
import threading
from pathlib import Path

import pytest
from flask import Flask

from tests import builders
from tests.mail.deliverers import later, start
from tests.mail.reading import tokens_in
from tests.smtp import SmtpServer
from ticketing import create_app, links
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, OutboxMail, now
from ticketing.ordering.orders import Line
from ticketing.posting import delivery, mail_queue, outbox
from ticketing.storing.transactions import write


def make_orders(count: int) -> list[Order]:
    """Orders of one parking ticket each, whose booker is the only one to be mailed."""
    shop = builders.make_shop()
    return [
        builders.make_order(shop, lines=[Line("parking", 1)], email=f"booker{n}@example.org")
        for n in range(count)
    ]


def stored(order: Order) -> OutboxMail:
    [mail] = builders.mails_of(order)
    return mail


def test_a_round_sends_what_waits_over_one_connection(server: SmtpServer, app: Flask) -> None:
    orders = make_orders(10)
    report = delivery.deliver_waiting()
    assert report == delivery.Report(sent=10)
    assert str(report) == "10 sent, 0 failed, 0 withdrawn, 0 waiting"
    assert [mail.recipients for mail in server.received] == [[order.email] for order in orders]
    assert server.connections == 1
    for order in orders:
        mail = stored(order)
        assert (mail.state, mail.attempts, mail.last_error) == ("sent", 1, "")
        assert mail.sent_at is not None
        assert mail.leased_until is None


def test_the_next_round_sends_nothing_again(server: SmtpServer, app: Flask) -> None:
    make_orders(1)
    delivery.deliver_waiting()
    assert delivery.deliver_waiting(clock=later(days=9)) == delivery.Report()
    assert len(server.received) == 1
    assert server.connections == 1  # where nothing waits, nobody is disturbed


def test_a_round_may_be_limited(server: SmtpServer, app: Flask) -> None:
    make_orders(3)
    assert delivery.deliver_waiting(2) == delivery.Report(sent=2, waiting=1)


def test_a_round_stops_after_the_mail_at_hand(server: SmtpServer, app: Flask) -> None:
    make_orders(3)
    stop = threading.Event()
    server.on_data = lambda _mail: stop.set()
    assert delivery.deliver_waiting(stop=stop) == delivery.Report(sent=1, waiting=2)


def test_without_a_mail_server_nothing_is_tried(app: Flask, settings: Settings) -> None:
    [order] = make_orders(1)
    without = create_app({"TESTING": True}, dataclasses.replace(settings, mail_server=""))
    with without.app_context():
        assert delivery.deliver_waiting() == delivery.Report(waiting=1)
    assert (stored(order).state, stored(order).attempts) == ("waiting", 0)


def test_a_refused_recipient_fails_and_holds_nobody_up(server: SmtpServer, app: Flask) -> None:
    orders = make_orders(5)
    server.refused["booker2@example.org"] = "550 5.1.1 No such mailbox"
    assert delivery.deliver_waiting() == delivery.Report(sent=4, failed=1)
    assert server.connections == 1
    refused = stored(orders[2])
    assert (refused.state, refused.last_error) == ("failed", "550 5.1.1 No such mailbox")
    assert delivery.deliver_waiting(clock=later(days=9)) == delivery.Report()


def test_a_failed_mail_can_be_tried_again(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    server.refused[order.email] = "550 5.1.1 No such mailbox"
    delivery.deliver_waiting()
    server.refused.clear()
    assert delivery.retry(stored(order).id)
    assert delivery.deliver_waiting().sent == 1
    assert not delivery.retry(stored(order).id)  # what was sent is sent
    assert stored(order).state == "sent"


def test_a_recipient_put_off_is_tried_later_and_holds_nobody_up(
    server: SmtpServer, app: Flask
) -> None:
    orders = make_orders(3)
    server.refused["booker0@example.org"] = "451 4.7.1 Greylisted, come back later"
    assert delivery.deliver_waiting() == delivery.Report(sent=2, waiting=1)
    waiting = stored(orders[0])
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.last_error == "451 4.7.1 Greylisted, come back later"
    server.refused.clear()
    assert delivery.deliver_waiting().sent == 0
    assert delivery.deliver_waiting(clock=later(minutes=1, seconds=5)).sent == 1


def test_a_mail_refused_after_its_data_fails(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    server.will("554 5.7.1 Looks like spam", at="end")
    assert delivery.deliver_waiting().failed == 1
    assert stored(order).last_error == "554 5.7.1 Looks like spam"


def test_a_server_that_is_full_is_asked_again(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    server.will("452 4.3.1 Disk full", at="end")
    assert delivery.deliver_waiting().waiting == 1
    server.behave()
    assert delivery.deliver_waiting(clock=later(hours=2)).sent == 1
    assert stored(order).attempts == 2


def test_a_server_that_closes_for_maintenance_is_asked_again(
    server: SmtpServer, app: Flask
) -> None:
    make_orders(2)
    server.refused["booker0@example.org"] = "421 4.3.2 Closing"
    assert delivery.deliver_waiting() == delivery.Report(sent=1, waiting=1)
    assert server.connections == 2


def test_the_waits_grow_to_an_hour_and_last_three_days() -> None:
    waits = [mail_queue.wait_after(attempt).total_seconds() for attempt in range(1, 106)]
    assert waits[0] == 60
    assert all(60 <= wait <= 3600 for wait in waits)
    assert waits[-1] >= 45 * 60
    assert sum(waits[: mail_queue.MOST_ATTEMPTS - 1]) >= 3 * 24 * 3600


def test_after_the_last_try_a_mail_fails(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    server.refused[order.email] = "451 4.7.1 Later"
    with write():
        stored(order)  # loaded in this transaction
        db.session.get_one(OutboxMail, stored(order).id).attempts = mail_queue.MOST_ATTEMPTS - 1
    assert delivery.deliver_waiting().failed == 1
    assert stored(order).state == "failed"


def test_a_lease_that_ran_out_is_taken_over(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    assert mail_queue.lease(now()) is not None  # by somebody who then died
    assert delivery.deliver_waiting(clock=later(seconds=100)).sent == 0
    assert delivery.deliver_waiting(clock=later(minutes=3)).sent == 1
    assert stored(order).attempts == 2


def test_who_lost_the_lease_changes_nothing(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    slow = mail_queue.lease(now())
    assert slow is not None
    assert delivery.deliver_waiting(clock=later(minutes=3)).sent == 1
    mail_queue.settle(slow, state="failed", last_error="too late")
    assert stored(order).state == "sent"


def test_a_mail_that_cannot_be_composed_holds_nobody_up(
    server: SmtpServer, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    orders = make_orders(2)
    with write() as session:
        outbox.enqueue(session, outbox.SHARE, orders[0], "x@example.org", "en")  # no ticket
        session.flush()
        session.query(OutboxMail).filter_by(recipient="x@example.org").update(
            {"next_attempt_at": now().replace(year=2001)}  # the first in the queue
        )
    assert delivery.deliver_waiting() == delivery.Report(sent=2, waiting=1)
    [broken] = builders.mails_of(orders[0], outbox.SHARE)
    assert broken.last_error == "The mail couldn't be composed (ValueError)."
    assert "letters.py" in caplog.text  # where to look


def test_three_deliverers_send_each_mail_once(
    server: SmtpServer, app: Flask, settings: Settings
) -> None:
    orders = make_orders(30)
    db.session.rollback()
    crew = [start(settings, server) for _ in range(3)]
    for each in crew:
        output, _ = each.communicate(timeout=200)
        assert each.returncode == 0, output
    assert sorted(mail.recipients[0] for mail in server.received) == sorted(
        order.email for order in orders
    )
    assert {stored(order).state for order in orders} == {"sent"}
    assert {stored(order).attempts for order in orders} == {1}


def test_the_age_of_the_queue_is_known(server: SmtpServer, app: Flask) -> None:
    assert delivery.queue_age() is None
    make_orders(1)
    age = delivery.queue_age(clock=later(hours=6))
    assert age is not None
    assert 6 * 3600 <= age.total_seconds() < 6 * 3600 + 60
    delivery.deliver_waiting()
    assert delivery.queue_age() is None


def test_logs_hold_neither_people_nor_links(
    server: SmtpServer, app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    orders = make_orders(3)
    link = links.order_url(orders[1])
    server.refused["booker0@example.org"] = "550 booker0@example.org is unknown here"
    server.refused["booker1@example.org"] = f"451 {link} looks odd"
    delivery.deliver_waiting()
    ours = "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("ticketing"))
    assert "550" in ours
    assert "451" in ours
    for secret in ("booker0", "booker1", "example.org", link.rpartition("/")[2]):
        assert secret not in ours


@pytest.mark.engine("sqlite")
def test_what_the_server_says_brings_no_link_into_the_database(
    server: SmtpServer, app: Flask, settings: Settings
) -> None:
    """A spam filter quotes the link it dislikes; the database is to open nothing."""
    [order] = make_orders(1)
    link = links.order_url(order)
    server.refused[order.email] = f"550 5.7.1 Refused because of {link} in your mail"
    delivery.deliver_waiting()
    assert stored(order).last_error.startswith("550 5.7.1 Refused because of http")
    db.session.rollback()
    token = link.rpartition("/")[2].encode()
    for file in Path(settings.instance_path).glob("passalong.db*"):
        assert token not in file.read_bytes()
    assert tokens_in(stored(order).last_error.encode()) == []
