"""`flask outbox` makes calls beside the mails, stops cleanly, and survives being killed."""

import collections
import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import event

from tests import builders
from tests.installations import Installations
from tests.mail.deliverers import later, start
from tests.smtp import SmtpServer, smtp_server
from tests.webhooks.deliveries import all_calls, the_call
from tests.webhooks.receiver import Handler, Heard, Receiver, fine
from ticketing import calls
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Shop, WebhookEndpoint

__all__ = ["smtp_server"]

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def flask_outbox(settings: Settings, smtp_server: SmtpServer) -> Iterator[Start]:
    """Starts `flask outbox …` with a mail server, allowed to call this machine."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: str) -> subprocess.Popen[str]:
        db.session.rollback()
        allowed = {"PASSALONG_ALLOW_PRIVATE_TARGETS": "1"}
        started.append(start(settings, smtp_server, *arguments, **allowed))
        return started[-1]

    yield begin
    for each in started:
        each.kill()
        each.communicate()


def wait_for(met: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.01)


def test_one_round_makes_what_waits(
    flask_outbox: Start, receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    builders.make_order(shop)
    output, _ = flask_outbox().communicate(timeout=60)
    assert "Calls: 1 done, 0 failed, 0 dropped, 0 waiting" in output
    assert "Mails: 1 sent" in output
    assert the_call().state == "done"


def test_a_receiver_that_hangs_delays_no_mail_and_no_end(
    flask_outbox: Start,
    receiver: Receiver,
    smtp_server: SmtpServer,
    endpoint: WebhookEndpoint,
    shop: Shop,
) -> None:
    over = threading.Event()

    def hang(handler: Handler, heard: Heard) -> None:
        over.wait(60)
        fine(handler, heard)

    receiver.answer = hang
    builders.make_order(shop)
    watcher = flask_outbox("--watch")
    wait_for(lambda: receiver.heard)
    builders.make_order(shop, email="late@example.org")
    wait_for(lambda: any("late@example.org" in each.recipients for each in smtp_server.received))
    watcher.terminate()
    time.sleep(0.3)
    over.set()
    output, _ = watcher.communicate(timeout=30)
    assert watcher.returncode == 0, output
    # What was under way is finished and written down; nothing new was begun.
    states = collections.Counter(call.state for call in all_calls())
    assert states["sending"] == 0
    assert states["done"] == len(receiver.heard)


@pytest.mark.engine("postgresql")
def test_it_goes_on_by_itself_when_the_database_is_back(
    flask_outbox: Start,
    receiver: Receiver,
    smtp_server: SmtpServer,
    endpoint: WebhookEndpoint,
    shop: Shop,
    installations: Installations,
) -> None:
    builders.make_order(shop)
    watcher = flask_outbox("--watch")
    said: list[str] = []
    listener = threading.Thread(target=lambda: said.extend(watcher.stdout or ()))
    listener.start()
    wait_for(lambda: receiver.heard and smtp_server.received)
    installations.postgres.stop()
    try:
        wait_for(lambda: any("Outbox: no round now" in line for line in said))
        wait_for(lambda: any("Calls: none now" in line for line in said))
    finally:
        installations.postgres.start()
    builders.make_order(shop, email="late@example.org")
    wait_for(lambda: len(receiver.heard) == 2)
    wait_for(lambda: any("late@example.org" in each.recipients for each in smtp_server.received))
    watcher.terminate()
    listener.join(30)
    assert watcher.wait(30) == 0, said
    assert not any("Traceback" in line for line in said)


@pytest.mark.engine("sqlite")
def test_it_ends_though_its_parent_was_gone_before_it_could_look(
    app: Flask, flask_outbox: Start
) -> None:
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    watcher = flask_outbox("--watch", "--child-of", str(parent.pid))
    output, _ = watcher.communicate(timeout=60)
    assert watcher.returncode == 0, output


def test_killed_while_the_receiver_thinks_it_sends_one_double(
    flask_outbox: Start, receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    watcher: subprocess.Popen[str]
    receiver.answer = lambda *_: watcher.kill()
    for _ in range(3):
        builders.make_order(shop)
    watcher = flask_outbox("--watch")
    watcher.communicate(timeout=60)
    taken = len(receiver.heard)
    receiver.answer = fine
    calls.make_waiting()  # what it never began
    calls.make_waiting(clock=later(minutes=3))  # and what it left in the middle
    times = collections.Counter(heard.id for heard in receiver.heard)
    assert set(times) == {call.message_id for call in all_calls()}
    assert sum(times.values()) == 3 + taken
    assert max(times.values()) == 2
    assert {call.state for call in all_calls()} == {"done"}


def test_killed_at_any_statement_it_loses_nothing(
    app: Flask, receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    for statement in itertools.count(1):
        receiver.heard.clear()
        before = {call.message_id for call in all_calls()}
        builders.make_order(shop)
        killed = make_and_die(app, statement)
        calls.make_waiting(clock=later(minutes=3))
        fresh = {call.message_id for call in all_calls()} - before
        times = collections.Counter(heard.id for heard in receiver.heard)
        assert set(times) == fresh
        assert sum(times.values()) <= 1 + killed
        assert {call.state for call in all_calls()} == {"done"}
        if not killed:
            break
    assert statement > 10  # one call says at least that much to the database


def make_and_die(app: Flask, statement: int) -> bool:
    """Make calls in a process that is killed just before this statement; whether it was."""
    db.session.rollback()
    child = os.fork()
    if child == 0:
        counter = itertools.count(1)

        def count(*_arguments: object) -> None:
            if next(counter) == statement:
                os.kill(os.getpid(), signal.SIGKILL)

        with app.app_context():
            db.engine.dispose(close=False)  # the parent's connections stay the parent's
            event.listen(db.engine, "before_cursor_execute", count)
            event.listen(db.engine, "commit", count)
            calls.make_waiting()
        os._exit(0)
    _child, status = os.waitpid(child, 0)
    assert status in {0, signal.SIGKILL}
    return status == signal.SIGKILL
