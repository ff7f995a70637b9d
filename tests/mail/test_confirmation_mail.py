"""The booker places an order and gets the link to it."""

import datetime as dt
import email.utils

from flask import Flask

from tests import builders
from tests.mail.reading import Page, links_of
from tests.smtp import SmtpServer
from ticketing import cancelling, history, links, sending
from ticketing.mailing import mails
from ticketing.mailing.letter import presentable
from ticketing.models import Order, now
from ticketing.ordering.orders import Line
from ticketing.posting import delivery
from ticketing.words import localtime


def test_it_brings_the_link_to_the_overview(server: SmtpServer, order_of_five: Order) -> None:
    delivery.deliver_waiting()
    [mail] = server.received
    assert mail.recipients == ["bea@example.org"]
    assert links_of(mail) == {links.order_url(order_of_five)}


def test_it_says_what_when_where_and_what_to_do(server: SmtpServer, order_of_five: Order) -> None:
    delivery.deliver_waiting()
    [mail] = server.received
    for words in (mail.text, Page(mail.html).words):
        assert "Riverside Festival" in words
        assert localtime.event_when(order_of_five.shop.event) in words
        assert "Kade 1, 1011 AB Amsterdam" in words
        assert "5 tickets" in words
        assert "5 × Weekend" in words.replace("\u00a0", " ")
        assert "claim the one that is yours and share the others" in words
        assert order_of_five.code in words


def test_its_headers_say_who_it_is_from_and_that_a_machine_wrote_it(
    server: SmtpServer, order_of_five: Order
) -> None:
    delivery.deliver_waiting()
    [stored] = builders.mails_of(order_of_five)
    message = server.received[0].message
    assert message["From"].addresses[0].display_name == "Riverside Collective"
    assert message["From"].addresses[0].addr_spec == "tickets@localhost"
    assert message["To"] == "bea@example.org"
    assert message["Message-ID"] == stored.message_id
    assert message["Auto-Submitted"] == "auto-generated"
    assert abs(email.utils.parsedate_to_datetime(message["Date"]) - now()) < dt.timedelta(minutes=1)
    assert message["Cc"] is None
    assert message["Bcc"] is None


def test_it_holds_nothing_that_a_mail_program_would_fetch_or_run(
    server: SmtpServer, order_of_five: Order
) -> None:
    delivery.deliver_waiting()
    page = Page(server.received[0].html)
    assert not page.tags & {"img", "script", "link", "iframe", "form", "object"}
    assert not {name for name in page.attributes if name.startswith("on")}
    assert "url(" not in server.received[0].html


def test_it_is_plain_7_bit_in_short_lines(server: SmtpServer, app: Flask) -> None:
    builders.make_order(first_name="Zoë", last_name="Ångström")
    delivery.deliver_waiting()
    raw = server.received[0].raw
    assert raw.isascii()
    assert max(len(line) for line in raw.split(b"\r\n")) <= 78
    assert "Thank you, Zoë." in server.received[0].text


def test_it_names_the_deadline(server: SmtpServer, app: Flask) -> None:
    deadline = dt.datetime(2030, 3, 1, 17, 30, tzinfo=dt.UTC)
    builders.make_order(builders.make_shop(personalisation_deadline=deadline))
    delivery.deliver_waiting()
    assert "2030, 18:30" in server.received[0].text  # where the event is


def test_an_order_that_asks_for_no_details_says_that_all_is_ready(
    server: SmtpServer, app: Flask
) -> None:
    builders.make_order(lines=[Line("parking", 1)])
    delivery.deliver_waiting()
    assert "your tickets are ready" in server.received[0].text
    assert "Your order of 1 ticket is complete" in server.received[0].text


def test_a_cancelled_order_is_not_confirmed_any_more(
    server: SmtpServer, order_of_five: Order
) -> None:
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    report = delivery.deliver_waiting()
    assert (report.sent, report.withdrawn) == (1, 1)
    assert "was cancelled" in str(server.received[0].message["Subject"])
    [confirmation] = builders.mails_of(order_of_five, "confirmation")
    assert confirmation.state == "withdrawn"
    assert delivery.error_of(confirmation) == "The order was cancelled."


def test_who_is_the_contact_no_longer_gets_no_link(
    server: SmtpServer, order_of_five: Order
) -> None:
    given = {"first_name": "Cees", "email": "cees@example.org"}
    sending.edit_contact(order_of_five, given, builders.ORGANISER, revision=order_of_five.revision)
    assert delivery.deliver_waiting().withdrawn == 1
    assert [mail.recipients for mail in server.received] == [["cees@example.org"]]


def test_the_backoffice_sees_the_same_words_before_anything_is_sent(
    app: Flask, order_of_five: Order
) -> None:
    [stored] = builders.mails_of(order_of_five)
    with app.test_request_context(headers={"Accept-Language": "xx"}):
        composed = mails.compose(stored, attach=False)
    assert composed.subject == "Your tickets for Riverside Festival"
    assert links.order_url(order_of_five) in composed.text


def test_a_name_that_advertises_is_left_out(server: SmtpServer, app: Flask) -> None:
    builders.make_order(first_name="Win at evil.example now")
    delivery.deliver_waiting()
    assert b"evil.example" not in server.received[0].raw
    assert server.received[0].text.splitlines()[2].startswith("Thank you. Your order")


def test_ordinary_names_are_shown() -> None:
    for name in ("Zoë", "J.R.", "Anne-Marie", "O’Brien", "María José", "محمد", "美咲", "👩‍🚀 Jo"):
        assert presentable(name) == name
    for advertisement in ("evil.com", "http://x", "a@b", "x/y", "Long " * 20):
        assert presentable(advertisement) == ""


def test_it_is_written_in_the_transaction_of_the_order(order_of_five: Order) -> None:
    entries = history.of_order(order_of_five.id)
    assert [entry.action for entry in entries] == ["placed"]
    assert [mail.kind for mail in builders.mails_of(order_of_five)] == ["confirmation"]
