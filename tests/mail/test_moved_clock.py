"""The server's clock was wrong for a while: nothing is stuck until it comes to be right, nothing is
sent twice.

What was written while it was a day ahead is, once it is put right, a day too late; for the tests
it is put back instead. Forms, limits of tries and pages are in test_link_forms.py and
test_limits.py.
"""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import update

from tests import builders
from tests.mail.deliverers import later
from tests.mail.test_delivery import make_orders, stored
from tests.smtp import SmtpServer
from ticketing import history, reminders, sending, sharing
from ticketing.asking import missing
from ticketing.models import HistoryEntry, Order, OutboxMail, Share, now
from ticketing.posting import delivery, mail_queue, outbox
from ticketing.refusals import AskedLately, TooManyMails, TooManyShares
from ticketing.reminders.moments import moments
from ticketing.storing.transactions import write

AHEAD = dt.timedelta(days=30)


def put_back(days: float) -> mail_queue.Clock:
    return later(days=-days)


def was_ahead(by: dt.timedelta = AHEAD) -> None:
    """All that was written so far was written by a clock that was so much ahead."""
    with write() as session:
        for column in (OutboxMail.created_at, HistoryEntry.at, Share.shared_at):
            table = column.class_
            rows = session.query(table.id, column).all()
            for row_id, at in rows:
                changed = update(table).where(table.id == row_id).values({column: at + by})
                session.execute(changed)


@pytest.mark.parametrize("days", [1, 400])
def test_what_was_written_then_goes_out_when_the_clock_is_right(
    server: SmtpServer, app: Flask, days: float
) -> None:
    make_orders(2)
    assert delivery.deliver_waiting(clock=put_back(days)) == delivery.Report(sent=2)
    assert delivery.deliver_waiting() == delivery.Report()


def test_what_was_in_hand_then_is_taken_over(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    assert mail_queue.lease(now()) is not None  # by somebody who then died
    assert delivery.deliver_waiting(clock=put_back(1)) == delivery.Report(sent=1)
    assert stored(order).attempts == 2


def test_what_is_in_hand_stays_there_when_the_clock_is_put_right_a_little(
    server: SmtpServer, app: Flask
) -> None:
    make_orders(1)
    assert mail_queue.lease(now()) is not None  # by somebody who is at it
    report = delivery.deliver_waiting(clock=later(seconds=-90))
    assert report == delivery.Report(waiting=1)


def test_what_waits_for_its_next_try_goes_on_waiting(server: SmtpServer, app: Flask) -> None:
    [order] = make_orders(1)
    server.refused[order.email] = "451 4.7.1 Later"
    for minutes in (0, 2, 5):
        delivery.deliver_waiting(clock=later(minutes=minutes))
    assert stored(order).attempts == 3
    assert delivery.deliver_waiting(clock=later(minutes=4)) == delivery.Report(waiting=1)
    assert stored(order).attempts == 3


def test_the_queue_is_never_younger_than_nothing(server: SmtpServer, app: Flask) -> None:
    make_orders(1)
    assert delivery.queue_age(clock=put_back(1)) == dt.timedelta(0)


def share_by_email(order: Order) -> None:
    ticket = order.tickets[0]
    sharing.share_by_email(
        ticket,
        sharing.next_generation(ticket),
        "bob@example.org",
        history.booker(order),
        locale="en",
        asked_from="somewhere",
    )


def test_limits_of_a_day_forget_a_day_that_never_was(app: Flask) -> None:
    order = builders.make_order()
    for _ in range(2):
        for _ in range(3):
            share_by_email(order)
        with pytest.raises((TooManyMails, TooManyShares)):
            share_by_email(order)
        was_ahead()


def test_a_ticket_can_be_asked_for_again(app: Flask) -> None:
    ticket = builders.claim(builders.make_order(tickets=1).tickets[0])
    for _ in range(2):
        for _ in range(3):
            sending.mail_ticket(ticket, history.By("holder"))
        with pytest.raises(TooManyMails):
            sending.mail_ticket(ticket, history.By("holder"))
        was_ahead()


def test_a_ticket_can_be_shared_again(app: Flask) -> None:
    ticket = builders.make_order(tickets=1).tickets[0]
    for _ in range(sharing.LINKS_PER_TICKET):
        builders.share(ticket)
    with pytest.raises(TooManyShares):
        builders.share(ticket)
    was_ahead()
    builders.share(ticket)


def test_who_lacks_something_can_be_asked_again(app: Flask) -> None:
    order = builders.make_order(tickets=1)
    ticket = builders.claim(order.tickets[0], phone="")
    builders.require(order.shop.event, phone="required")
    missing.ask(ticket, builders.ORGANISER)
    with pytest.raises(AskedLately):
        missing.ask(ticket, builders.ORGANISER)
    was_ahead()
    missing.ask(ticket, builders.ORGANISER)


def test_reminders_of_a_time_to_come_hold_up_no_other_and_are_not_doubled(app: Flask) -> None:
    shop = builders.make_shop()
    order = builders.make_order(shop)
    with write() as session:
        event = session.merge(shop.event)
        event.reminder_days = [7, 3]
    week, days = [each.at + dt.timedelta(minutes=1) for each in moments(shop)]
    # The clock is ahead when the event is a week away, and put right a month before it.
    assert sent_at(week) == 1
    month = week - dt.timedelta(days=20)
    assert reminders.send(shop.event, builders.ORGANISER, clock=lambda: month) == 1
    assert [sent_at(each) for each in (week, week, days, days)] == [0, 0, 1, 0]
    assert len(builders.mails_of(order, outbox.REMINDER)) == 3


def sent_at(moment: dt.datetime) -> int:
    return sum(each.mails for each in reminders.remind(clock=lambda: moment))
