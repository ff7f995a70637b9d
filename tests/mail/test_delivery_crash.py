"""A deliverer is killed at the worst moment: at least once, at most one double, one Message-ID."""

import itertools
from collections import Counter
from collections.abc import Iterator
from functools import partial

from flask import Flask
from sqlalchemy import select

from tests.killing import at_work, chance, killed_before, kills, once_before
from tests.mail.deliverers import later, start
from tests.mail.test_delivery import make_orders, stored
from tests.smtp import SmtpServer
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import OutboxMail
from ticketing.posting import delivery, mail_queue

LONGEST = 0.02  # seconds, about as long as a mail takes
WAITING = 10  # more than are sent before the kill


def test_killed_between_sending_and_marking_it_sends_one_double(
    smtp_server: SmtpServer, app: Flask, settings: Settings
) -> None:
    orders = make_orders(3)
    db.session.rollback()
    deliverer = start(settings, smtp_server, "--watch")
    # The mail server has taken the mail, and the deliverer never learns of it.
    smtp_server.on_data = lambda _mail: deliverer.kill()
    deliverer.communicate(timeout=100)
    assert [stored(order).state for order in orders] == ["sending", "waiting", "waiting"]

    smtp_server.on_data = lambda _mail: None
    assert delivery.deliver_waiting() == delivery.Report(sent=2, waiting=1)  # not held up
    assert delivery.deliver_waiting(clock=later(minutes=3)) == delivery.Report(sent=1)
    assert ids_in(smtp_server) == {stored(orders[0]).message_id: 2} | {
        stored(order).message_id: 1 for order in orders[1:]
    }


def test_killed_at_any_moment_it_loses_nothing(smtp_server: SmtpServer, app: Flask) -> None:
    """Again and again; also while it sends what an earlier one had in hand when it died."""
    moments, wanted = chance(4), kills()
    orders = make_orders(WAITING)
    once_before(partial(delivers, minutes=0))
    killed = rounds = 0
    while killed < wanted:
        rounds += 1
        if mail_queue.count_undelivered() < WAITING:
            orders += make_orders(WAITING)
        worker = at_work(app, partial(delivers, minutes=3 * rounds))
        assert worker.wait_for_steps(moments.randint(1, 4))
        killed += worker.kill_within(moments.uniform(0, LONGEST))
    delivery.deliver_waiting(len(orders), clock=later(minutes=3 * rounds + 3))
    assert mail_queue.count_undelivered() == 0
    db.session.rollback()
    mails = db.session.scalars(select(OutboxMail)).all()
    assert {mail.state for mail in mails} == {"sent"}
    times = ids_in(smtp_server)
    assert set(times) == {mail.message_id for mail in mails}
    assert len(times) == len(orders)
    print(f"{killed} kills, {len(orders)} mails, {sum(times.values())} sent")
    assert sum(times.values()) <= len(orders) + killed, "at most one double a kill"


def delivers(minutes: int) -> Iterator[str]:
    """One mail after the other, at a later time, until none is due."""
    yield "begun"
    while delivery.deliver_waiting(1, clock=later(minutes=minutes)).sent:
        yield "sent"


def ids_in(server: SmtpServer) -> Counter[str]:
    """How often each mail arrived."""
    return Counter(str(mail.message["Message-ID"]) for mail in server.received)


def test_killed_at_any_statement_it_loses_nothing(smtp_server: SmtpServer, app: Flask) -> None:
    for statement in itertools.count(1):
        smtp_server.received.clear()
        orders = make_orders(2)
        killed = killed_before(app, statement, delivery.deliver_waiting)
        delivery.deliver_waiting(clock=later(minutes=3))
        assert {stored(order).state for order in orders} == {"sent"}
        times = ids_in(smtp_server)
        assert set(times) == {stored(order).message_id for order in orders}
        assert sum(times.values()) <= 2 + killed
        if not killed:
            break
    assert statement > 20  # a round of two mails says at least that much to the database
