"""Holders are asked for what their tickets lack by now."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import select

from tests import builders
from tests.mail.reading import Page, links_of
from tests.smtp import Received, SmtpServer
from ticketing import history, links, personalisation
from ticketing.asking import missing
from ticketing.models import Order, OutboxMail, Shop, Ticket, now
from ticketing.posting import delivery, outbox
from ticketing.storing.transactions import write

OLGA = builders.ORGANISER


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    order = builders.make_order(shop, tickets=3)
    for ticket in order.tickets[:2]:
        builders.claim(ticket, phone="")
    builders.require(shop.event, phone="required")
    return order


def asked(server: SmtpServer, recipient: str = "anna@example.org") -> list[Received]:
    delivery.deliver_waiting()
    return [
        mail for mail in server.to(recipient) if "missing" in str(mail.message["Subject"]).lower()
    ]


def mail_of(order: Order) -> OutboxMail:
    [mail] = builders.mails_of(order, outbox.DETAILS_MISSING)
    return mail


def to_fill_in(ticket: Ticket) -> str:
    return f"{links.ticket_url(ticket)}#details"


def test_it_says_what_is_missing_and_leads_there(server: SmtpServer, order: Order) -> None:
    ticket = order.tickets[0]
    missing.ask(ticket, OLGA)
    [mail] = asked(server)
    assert mail.message["Subject"] == "Something is missing for Riverside Festival"
    assert links_of(mail) == {to_fill_in(ticket)}
    for words in (mail.text, Page(mail.html).words):
        assert "Phone" in words
        assert ticket.code in words
        assert "stays valid" in words


def test_several_tickets_of_one_holder_come_in_one_mail(server: SmtpServer, order: Order) -> None:
    missing.ask_all(order.shop.event, OLGA, select(Ticket))
    [mail] = asked(server)
    assert links_of(mail) == {to_fill_in(ticket) for ticket in order.tickets[:2]}


def complete(ticket: Ticket) -> None:
    personalisation.complete(
        ticket, {"phone": "0612345678"}, history.By("holder"), revision=ticket.revision
    )


def test_what_was_given_meanwhile_is_not_asked_for(server: SmtpServer, order: Order) -> None:
    missing.ask_all(order.shop.event, OLGA, select(Ticket))
    complete(order.tickets[0])
    [mail] = asked(server)
    assert links_of(mail) == {to_fill_in(order.tickets[1])}


def test_it_stays_here_if_nothing_is_missing_any_more(server: SmtpServer, order: Order) -> None:
    missing.ask(order.tickets[0], OLGA)
    complete(order.tickets[0])
    assert asked(server) == []
    assert mail_of(order).sent_at is None


def test_it_stays_here_after_the_deadline(server: SmtpServer, order: Order) -> None:
    missing.ask(order.tickets[0], OLGA)
    with write():
        order.shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    assert asked(server) == []


def test_a_former_address_gets_no_link(server: SmtpServer, order: Order) -> None:
    ticket = order.tickets[0]
    missing.ask(ticket, OLGA)
    personalisation.edit(
        ticket,
        {**builders.ANNA, "phone": "", "email": "carl@example.org"},
        OLGA,
        revision=ticket.revision,
        new_barcode=False,
        mail_holder=False,
    )
    assert asked(server) == []
    assert asked(server, "carl@example.org") == []
