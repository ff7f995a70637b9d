"""Webhooks are signed, sent, tried again, and given up: against a real receiver."""

import base64
import datetime as dt
import threading
import time

import pytest
from flask import Flask
from standardwebhooks.webhooks import WebhookVerificationError

from tests import builders
from tests.webhooks.deliveries import all_calls, as_stored, later, the_call, tries_of
from tests.webhooks.receiver import Handler, Heard, Receiver, fine, status
from tests.webhooks.receiver import receiver as another_receiver
from ticketing import calls
from ticketing.extensions import db
from ticketing.models import Shop, WebhookEndpoint, now
from ticketing.webhooks import endpoints, secrets
from ticketing.webhooks.happenings import EVENTS
from ticketing.webhooks.sending import retry_after


def test_it_is_signed_as_the_specification_says(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    order = builders.make_order(shop)
    assert calls.make_waiting() == calls.Report(done=1)
    [heard] = receiver.heard
    secret = secrets.secret(as_stored(endpoint))
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert heard.checked(secret)["data"]["order"]["code"] == order.code
    assert heard.id == the_call().message_id
    assert heard.headers["content-type"] == "application/json"
    assert abs(int(heard.headers["webhook-timestamp"]) - now().timestamp()) < 60
    with pytest.raises(WebhookVerificationError):
        heard.checked("whsec_" + base64.b64encode(b"x" * 32).decode())
    call = the_call()
    assert (call.state, call.attempts) == ("done", 1)
    assert call.done_at is not None
    [done] = tries_of(call)
    assert (done.status, done.error) == (204, "")
    assert done.milliseconds >= 0


def test_each_endpoint_has_a_secret_of_its_own(shop: Shop, receiver: Receiver) -> None:
    both = [endpoints.create(shop.organiser_id, receiver.url, EVENTS) for _ in range(2)]
    assert secrets.secret(both[0]) != secrets.secret(both[1])


def test_a_renewed_secret_overlaps_for_a_day(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    former = secrets.secret(endpoint)
    endpoints.renew_secret(endpoint)
    current = secrets.secret(as_stored(endpoint))
    assert current != former
    builders.make_order(shop)
    calls.make_waiting()
    assert len(receiver.heard[0].headers["webhook-signature"].split(" ")) == 2
    assert receiver.heard[0].checked(former) == receiver.heard[0].checked(current)

    endpoints.renew_secret(as_stored(endpoint), at=now() - dt.timedelta(hours=24))
    newest = secrets.secret(as_stored(endpoint))
    builders.make_order(shop)
    calls.make_waiting()
    assert receiver.heard[1].checked(newest)
    for old in (former, current):
        with pytest.raises(WebhookVerificationError):
            receiver.heard[1].checked(old)


def test_ten_tries_over_three_days_and_then_it_has_failed(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    receiver.answer = status(500)
    builders.make_order(shop)
    at = begun = now()
    for number in range(1, 11):
        report = calls.make_waiting(clock=lambda moment=at: moment)  # type: ignore[misc]
        call = the_call()
        assert call.attempts == number
        if number < 10:
            assert report == calls.Report(waiting=1)
            assert call.state == "waiting"
            early = call.next_attempt_at - dt.timedelta(seconds=1)
            assert calls.make_waiting(clock=lambda moment=early: moment) == report  # type: ignore[misc]
            at = call.next_attempt_at
    assert report == calls.Report(failed=1)
    assert the_call().state == "failed"
    assert dt.timedelta(days=3) < at - begun < dt.timedelta(days=4)
    assert len(receiver.heard) == 10
    assert len({heard.id for heard in receiver.heard}) == 1
    assert [each.error for each in tries_of(the_call())] == ["It answered 500."] * 10
    assert calls.make_waiting(clock=later(days=99)) == calls.Report()


def test_the_waits_are_never_alike() -> None:
    assert len({calls.wait_after(3) for _ in range(20)}) > 10
    for attempt in range(1, 10):
        assert calls.wait_after(attempt) < calls.wait_after(9) * 1.2


def test_it_says_what_is_true_when_it_arrives(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    receiver.answer = status(503)
    order = builders.make_order(shop)
    calls.make_waiting()
    builders.claim(order.tickets[0])
    receiver.answer = fine
    calls.make_waiting(clock=later(minutes=1))
    last = [heard.said for heard in receiver.heard if heard.said["type"] == "order.created"][-1]
    assert last["data"]["order"]["tickets"][0]["holder"]["first_name"] == "Anna"


def test_redirects_are_not_followed_and_tried_again(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    receiver.answer = status(302, Location="http://169.254.169.254/latest/meta-data/")
    builders.make_order(shop)
    assert calls.make_waiting() == calls.Report(waiting=1)
    [tried] = tries_of(the_call())
    assert (tried.status, tried.error) == (302, "It answered 302; redirects aren’t followed.")


def test_gone_switches_it_off(receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop) -> None:
    receiver.answer = status(410)
    builders.make_order(shop)
    assert calls.make_waiting() == calls.Report(failed=1)
    found = as_stored(endpoint)
    assert found.disabled_because == "gone"
    assert found.disabled_at is not None
    builders.make_order(shop)
    assert len(all_calls()) == 1  # nobody is told any more


def test_who_takes_nothing_for_three_days_is_left_alone(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    receiver.answer = status(500)
    builders.make_order(shop)
    calls.make_waiting()
    assert as_stored(endpoint).failing_since is not None
    builders.make_order(shop)
    calls.make_waiting(clock=later(days=2, hours=23))
    assert as_stored(endpoint).disabled_at is None
    builders.make_order(shop)
    calls.make_waiting(clock=later(days=3, hours=1))
    found = as_stored(endpoint)
    assert (found.disabled_because, found.disabled_at is None) == ("failed", False)
    # What still waits is dropped when its time comes, and can be sent later.
    report = calls.make_waiting(clock=later(days=9))
    assert report.waiting == 0
    assert {call.state for call in all_calls()} == {"dropped"}


def test_one_success_is_enough_to_be_well(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    receiver.answer = status(500)
    builders.make_order(shop)
    calls.make_waiting()
    receiver.answer = fine
    calls.make_waiting(clock=later(days=2))
    assert as_stored(endpoint).failing_since is None
    receiver.answer = status(500)
    builders.make_order(shop)
    calls.make_waiting(clock=later(days=4))
    assert as_stored(endpoint).disabled_at is None


@pytest.mark.parametrize("code", [429, 503])
def test_who_wants_to_be_left_alone_for_a_while_is(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop, code: int
) -> None:
    receiver.answer = status(code, Retry_After="3600")
    builders.make_order(shop)
    calls.make_waiting()
    assert calls.make_waiting(clock=later(minutes=59)) == calls.Report(waiting=1)
    assert len(receiver.heard) == 1
    receiver.answer = fine
    assert calls.make_waiting(clock=later(minutes=61)) == calls.Report(done=1)


def test_when_to_come_back() -> None:
    at = dt.datetime(2027, 6, 12, 12, 0, tzinfo=dt.UTC)
    for said, wanted in {
        "120": dt.timedelta(minutes=2),
        "Sat, 12 Jun 2027 12:05:00 GMT": dt.timedelta(minutes=5),
        "Sat, 12 Jun 2027 11:05:00 GMT": dt.timedelta(0),
        "soon": None,
        "-5": None,
        "": None,
        "²": None,
    }.items():
        assert retry_after({"retry-after": said}, at) == wanted, said
    assert retry_after({}, at) is None
    for endless in ("9" * 5000, "Fri, 31 Dec 9999 23:59:59 GMT"):
        assert retry_after({"retry-after": endless}, at) is not None


def test_an_endless_wish_is_cut_to_a_day(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    receiver.answer = status(503, Retry_After="9" * 30)
    builders.make_order(shop)
    calls.make_waiting()
    assert the_call().next_attempt_at - now() < dt.timedelta(days=1, minutes=1)


def test_a_receiver_that_hangs_holds_up_nobody_else(
    app: Flask, receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    over = threading.Event()

    def hang(_handler: Handler, _heard: Heard) -> None:
        over.wait(30)

    receiver.answer = hang
    for _ in range(40):
        builders.make_order(shop)
    with another_receiver() as quick:
        endpoints.create(shop.organiser_id, quick.url, ["ticket.personalised"])
        builders.claim(builders.make_order(shop).tickets[0])
        db.session.rollback()
        stop = threading.Event()

        def work() -> None:
            with app.app_context():
                calls.watch(stop, pause=0.02)

        worker = threading.Thread(target=work)
        worker.start()
        try:
            until = time.monotonic() + 20
            while not quick.heard and time.monotonic() < until:
                time.sleep(0.01)
            assert [heard.said["type"] for heard in quick.heard] == ["ticket.personalised"]
            assert 1 <= len(receiver.heard) <= 4  # and at most a few of them wait there
        finally:
            stop.set()
            over.set()
            worker.join(30)
        assert not worker.is_alive()


@pytest.mark.parametrize("days", [3, 400])
def test_what_a_clock_that_was_ahead_has_written_is_sent_when_it_is_right(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop, days: float
) -> None:
    builders.make_order(shop)
    builders.make_order(shop)
    assert calls.queue.lease(now()) is not None  # by somebody who then died
    assert calls.make_waiting(clock=later(days=-days)) == calls.Report(done=2)
    assert calls.make_waiting() == calls.Report()
    assert len(receiver.heard) == 2


def test_a_round_heeds_stop(receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop) -> None:
    for _ in range(3):
        builders.make_order(shop)
    stop = threading.Event()
    stop.set()
    assert calls.make_waiting(stop=stop) == calls.Report(waiting=3)
    assert calls.make_waiting(2) == calls.Report(done=2, waiting=1)


def test_two_rounds_at_once_send_each_once(
    app: Flask, receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop
) -> None:
    for _ in range(20):
        builders.make_order(shop)
    db.session.rollback()

    def work() -> None:
        with app.app_context():
            calls.make_waiting()

    crew = [threading.Thread(target=work) for _ in range(3)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    assert len(receiver.heard) == 20
    assert len({heard.id for heard in receiver.heard}) == 20


def test_what_goes_wrong_with_one_holds_up_no_other(
    receiver: Receiver, endpoint: WebhookEndpoint, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    builders.make_order(shop)
    broken = all_calls()[0]
    broken.order_id = None  # what no rule would write
    db.session.commit()
    builders.make_order(shop)
    assert calls.make_waiting() == calls.Report(done=1, waiting=1)
    [tried] = tries_of(broken)
    assert tried.error == "Something went wrong here (NoResultFound)."
    assert "payload.py" in caplog.text  # where to look


def test_an_answer_after_the_lease_ran_out_changes_nothing(
    app: Flask,
    receiver: Receiver,
    endpoint: WebhookEndpoint,
    shop: Shop,
    caplog: pytest.LogCaptureFixture,
) -> None:
    builders.make_order(shop)
    db.session.rollback()
    first = threading.Event()

    def twice(handler: Handler, _heard: Heard) -> None:
        if not first.is_set():
            first.set()
            with app.app_context():  # somebody else finds the lease run out, and is faster
                calls.make_waiting(clock=later(minutes=3))
            handler.say(500)
        else:
            handler.say(204)

    receiver.answer = twice
    assert calls.make_waiting().waiting == 0
    assert the_call().state == "done"
    assert sorted(each.status or 0 for each in tries_of(the_call())) == [204, 500]
    assert "the lease had run out" in caplog.text
