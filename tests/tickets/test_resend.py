"""Mails that are asked for once more: a ticket by whoever holds its link, all by the organiser."""

import datetime as dt

import pytest
from flask import Flask
from sqlalchemy import update

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling, history, sending
from ticketing.carried import admission, barcodes
from ticketing.extensions import db
from ticketing.models import Order, OutboxMail, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import NotPersonalised, TicketCancelled, TooManyMails
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")

HOLDER = history.By("holder")


@pytest.fixture
def claimed(open_ticket: Ticket) -> Ticket:
    return builders.claim(open_ticket)


def test_the_ticket_goes_to_the_address_on_file(claimed: Ticket) -> None:
    sending.mail_ticket(claimed, HOLDER, asked_from="somewhere")
    mail = builders.mails_of(claimed.order, outbox.TICKET)[-1]
    assert (mail.recipient, mail.ticket_id, mail.asked_from, mail.params) == (
        "anna@example.org",
        claimed.id,
        "somewhere",
        {"asked": True},
    )
    entry = seen.last(claimed)
    assert (entry.action, entry.actor, entry.after) == (
        "ticket_resent",
        "holder",
        {"to": "anna@example.org"},
    )


def test_nothing_else_changes(claimed: Ticket) -> None:
    before = seen.rows()
    sending.mail_ticket(claimed, HOLDER)
    assert seen.changes(before).keys() == {"history", "outbox"}
    before = seen.rows()
    sending.resend_order(claimed.order, builders.ORGANISER)
    assert seen.changes(before).keys() == {"history", "outbox"}


def test_a_ticket_without_a_name_goes_to_the_booker(app: Flask) -> None:
    ticket = builders.make_order(type_code="parking").tickets[0]
    sending.mail_ticket(ticket, HOLDER)
    assert builders.mails_of(ticket.order, outbox.TICKET)[0].recipient == "bea@example.org"


def test_who_is_inside_may_have_it_again(claimed: Ticket) -> None:
    admission.check_in(barcodes.text_of(claimed), HOLDER)
    sending.mail_ticket(claimed, HOLDER)


def test_an_open_ticket_has_nobody_to_go_to(open_ticket: Ticket) -> None:
    before = seen.rows()
    with pytest.raises(NotPersonalised):
        sending.mail_ticket(open_ticket, builders.ORGANISER)
    assert seen.changes(before) == {}


def test_a_holder_without_an_address_gets_none(app: Flask) -> None:
    shop = builders.make_shop()
    with write():
        shop.event.fields = {"email": "optional"}
    ticket = builders.claim(builders.make_order(shop).tickets[0], email="")
    with pytest.raises(NotPersonalised):
        sending.mail_ticket(ticket, HOLDER)


def test_what_is_cancelled_is_not_mailed(claimed: Ticket) -> None:
    cancelling.cancel_order(claimed.order, builders.ORGANISER)
    before = seen.rows()
    with pytest.raises(TicketCancelled):
        sending.mail_ticket(claimed, HOLDER)
    with pytest.raises(TicketCancelled):
        sending.resend_order(claimed.order, builders.ORGANISER)
    assert seen.changes(before) == {}


def test_three_a_day_are_enough(claimed: Ticket) -> None:
    other = builders.claim(claimed.order.tickets[1])
    for _ in range(3):
        sending.mail_ticket(claimed, HOLDER)
    before = seen.rows()
    for who in (HOLDER, history.VISITOR, history.booker(claimed.order)):
        with pytest.raises(TooManyMails):
            sending.mail_ticket(claimed, who)
    assert seen.changes(before) == {}
    sending.mail_ticket(other, HOLDER)
    with write() as session:
        session.execute(update(OutboxMail).values(created_at=now() - dt.timedelta(hours=25)))
    sending.mail_ticket(claimed, HOLDER)


def test_the_organiser_may_as_often_as_they_like(claimed: Ticket) -> None:
    for _ in range(5):
        sending.mail_ticket(claimed, builders.ORGANISER)
    sending.mail_ticket(claimed, HOLDER)
    assert len(builders.mails_of(claimed.order, outbox.TICKET)) == 7


def test_the_order_goes_to_its_contact(claimed: Ticket) -> None:
    order = claimed.order
    sending.resend_order(order, builders.ORGANISER)
    (mail,) = builders.mails_of(order, outbox.TICKETS)
    assert (mail.recipient, mail.ticket_id, mail.locale) == ("bea@example.org", None, "en")
    entry = seen.last(order)
    assert (entry.action, entry.ticket_id, entry.after) == (
        "order_resent",
        None,
        {"to": "bea@example.org"},
    )


def test_it_makes_no_new_order_and_no_new_state(order_of_five: Order) -> None:
    states = [ticket.state for ticket in order_of_five.tickets]
    sending.resend_order(order_of_five, builders.ORGANISER)
    assert db.session.query(Order).count() == 1
    assert [ticket.state for ticket in order_of_five.tickets] == states
    assert order_of_five.version == 1


def test_at_once_the_limit_holds(app: Flask, claimed: Ticket) -> None:
    ticket_id = claimed.id
    results = at_once(
        app, *[lambda: sending.mail_ticket(db.session.get_one(Ticket, ticket_id), HOLDER).id] * 6
    )
    assert kinds(results) == ["", "", "", *["TooManyMails"] * 3]
