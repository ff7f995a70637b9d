"""A deliverer is killed at the worst moment: at least once, at most one double, one Message-ID."""

import collections
import itertools
import os
import random
import signal
import time

from flask import Flask
from sqlalchemy import event

from tests.mail.deliverers import later, start
from tests.mail.test_delivery import make_orders, stored
from tests.smtp import SmtpServer
from ticketing import delivery
from ticketing.config import Settings
from ticketing.extensions import db


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
    ids = collections.Counter(str(mail.message["Message-ID"]) for mail in smtp_server.received)
    assert ids == {stored(orders[0]).message_id: 2} | {
        stored(order).message_id: 1 for order in orders[1:]
    }


def test_killed_at_any_moment_it_loses_nothing(
    smtp_server: SmtpServer, app: Flask, settings: Settings
) -> None:
    orders = make_orders(45)
    db.session.rollback()
    chance = random.Random(4)  # noqa: S311 - moments, not secrets
    kills = 0
    for _ in range(3):
        before = len(smtp_server.received)
        deliverer = start(settings, smtp_server)
        while len(smtp_server.received) == before and deliverer.poll() is None:
            time.sleep(0.005)  # until it is at work
        time.sleep(chance.uniform(0, 0.15))
        if deliverer.poll() is None:
            deliverer.kill()
            kills += 1
        deliverer.communicate()
    assert kills >= 1  # or this shows nothing
    delivery.deliver_waiting(clock=later(minutes=3))
    assert {stored(order).state for order in orders} == {"sent"}
    times = collections.Counter(str(mail.message["Message-ID"]) for mail in smtp_server.received)
    assert set(times) == {stored(order).message_id for order in orders}
    assert max(times.values()) <= 2
    assert sum(times.values()) <= len(orders) + kills


def test_killed_at_any_statement_it_loses_nothing(smtp_server: SmtpServer, app: Flask) -> None:
    for statement in itertools.count(1):
        smtp_server.received.clear()
        orders = make_orders(2)
        killed = deliver_and_die(app, statement)
        delivery.deliver_waiting(clock=later(minutes=3))
        assert {stored(order).state for order in orders} == {"sent"}
        times = collections.Counter(str(m.message["Message-ID"]) for m in smtp_server.received)
        assert set(times) == {stored(order).message_id for order in orders}
        assert sum(times.values()) <= 2 + killed
        if not killed:
            break
    assert statement > 20  # a round of two mails says at least that much to the database


def deliver_and_die(app: Flask, statement: int) -> bool:
    """Deliver in a process that is killed just before this statement; whether it was."""
    db.session.rollback()
    child = os.fork()
    if child == 0:
        left = statement

        def count_down(*_arguments: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        with app.app_context():
            db.engine.dispose(close=False)  # the parent's connections stay the parent's
            event.listen(db.engine, "before_cursor_execute", count_down)
            event.listen(db.engine, "commit", count_down)
            delivery.deliver_waiting()
        os._exit(0)
    _child, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}
    return status == signal.SIGKILL
