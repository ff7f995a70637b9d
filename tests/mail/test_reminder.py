"""A reminder as it arrives: what it says, its links, and the headers of RFC 8058."""

import datetime as dt
import re

import pytest
from flask import Flask

from tests import builders
from tests.mail.deliverers import later, start
from tests.mail.reading import links_of, tokens_in
from tests.smtp import Received, SmtpServer
from ticketing import links, reminders
from ticketing.config import Settings
from ticketing.models import MailText, Order, now
from ticketing.posting import delivery, outbox
from ticketing.storing.transactions import write


@pytest.fixture
def order(app: Flask) -> Order:
    shop = builders.make_shop(personalisation_deadline=now() + dt.timedelta(days=9))
    order = builders.make_order(shop, tickets=3)
    builders.claim(order.tickets[0])
    return order


def reminded(server: SmtpServer, order: Order) -> Received:
    delivery.deliver_waiting()
    assert reminders.send(order.shop.event, builders.ORGANISER) == 1
    assert delivery.deliver_waiting().sent == 1
    return server.to(order.email)[-1]


def test_it_says_what_is_missing_and_until_when(server: SmtpServer, order: Order) -> None:
    mail = reminded(server, order)
    assert mail.message["Subject"] == "Your tickets for Riverside Festival still need names"
    for words in (mail.text, mail.html):
        assert "2 tickets still need a name" in words
        assert "Names can be filled in until" in words
        assert "Ticket 2 – Weekend" in words
        assert "Ticket 1 – Weekend" not in words
    assert "Hello Bea." in mail.text


def test_its_links_are_the_overview_and_the_way_out(server: SmtpServer, order: Order) -> None:
    mail = reminded(server, order)
    assert links_of(mail) == {links.order_url(order), links.unsubscribe_url(order)}


def test_mail_programs_can_offer_a_button(server: SmtpServer, app: Flask, order: Order) -> None:
    """The button does what a person's own click would, without being asked for anything."""
    mail = reminded(server, order)
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [address] = re.findall(r"^<(\S+)>$", mail.message["List-Unsubscribe"])
    assert address == links.unsubscribe_url(order)
    assert f"\r\nList-Unsubscribe: <{address}>\r\n" in mail.raw.decode(), "not folded"
    answer = app.test_client(use_cookies=False).post(
        address, data={"List-Unsubscribe": "One-Click"}, headers={"User-Agent": "Mail program"}
    )
    assert answer.status_code == 200
    assert reminders.count(order.shop.event)["off"] == 1


def test_no_other_mail_has_these_headers(server: SmtpServer, order: Order) -> None:
    reminded(server, order)
    for mail in server.received:
        is_reminder = "still need names" in str(mail.message["Subject"])
        assert ("List-Unsubscribe" in mail.message) == is_reminder


def test_who_stops_them_gets_not_even_the_one_that_waits(server: SmtpServer, order: Order) -> None:
    delivery.deliver_waiting()
    reminders.send(order.shop.event, builders.ORGANISER)
    reminders.turn(order, off=True)
    assert delivery.deliver_waiting() == delivery.Report(withdrawn=1)
    [mail] = builders.mails_of(order, outbox.REMINDER)
    assert (mail.state, mail.last_error) == ("withdrawn", "reminders_off")


def test_its_link_stands_nowhere_in_the_database(server: SmtpServer, order: Order) -> None:
    mail = reminded(server, order)
    stored = str(builders.mails_of(order, outbox.REMINDER)[0].params)
    assert len(tokens_in(mail.raw)) >= 3
    assert tokens_in(stored.encode()) == []


def test_the_organisers_own_words(server: SmtpServer, order: Order) -> None:
    with write() as session:
        session.add(
            MailText(
                event_id=order.shop.event_id,
                kind=outbox.REMINDER,
                language="en",
                subject="Who comes along to {event}?",
                message="Dear {first_name}, {tickets} wait.",
            )
        )
    mail = reminded(server, order)
    assert mail.message["Subject"] == "Who comes along to Riverside Festival?"
    assert "Dear Bea, 2 tickets wait." in mail.text
    assert links.unsubscribe_url(order) in mail.text
    assert "List-Unsubscribe" in mail.message


def test_many_leave_room_for_others(server: SmtpServer, order: Order) -> None:
    """A confirmation that comes in between doesn't wait for all of them."""
    for number in range(30):
        builders.make_order(order.shop, tickets=1, email=f"b{number}@example.org")
    delivery.deliver_waiting()
    assert reminders.send(order.shop.event, builders.ORGANISER) == 31
    builders.make_order(order.shop, tickets=1, email="new@example.org")
    assert delivery.deliver_waiting(limit=20).sent <= 20
    assert len(server.to("new@example.org")) == 1
    delivery.deliver_waiting(clock=later(seconds=5))
    assert len(server.to("b29@example.org")) == 2


def test_the_watcher_reminds_by_itself(
    server: SmtpServer, app: Flask, settings: Settings, order: Order
) -> None:
    """It writes them as soon as it runs, and again each hour; at noon where the event is."""
    with write():
        order.created_at -= dt.timedelta(days=2)
        order.shop.event.timezone = f"Etc/GMT{now().hour - 12:+d}"
        order.shop.personalisation_deadline = now() + dt.timedelta(days=7)
        order.shop.event.reminder_days = [7]
    watcher = start(settings, server, "--watch")
    try:
        # The confirmation, the ticket of the one who is there already, and the reminder.
        assert "still need names" in str(
            server.wait_for_mail_to(order.email, 2, timeout=30).message["Subject"]
        )
    finally:
        watcher.terminate()
        watcher.communicate(timeout=30)
    assert watcher.returncode == 0
    assert len(builders.mails_of(order, outbox.REMINDER)) == 1
