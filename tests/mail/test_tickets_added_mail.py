"""The booker hears that an order has more tickets."""

from tests import builders
from tests.mail.reading import Page, links_of
from tests.smtp import Received, SmtpServer
from ticketing import cancelling, history, links
from ticketing.models import Order
from ticketing.ordering import amending
from ticketing.ordering.arriving import NewTicket
from ticketing.posting import delivery, outbox

ANNA = {"first_name": "Anna", "last_name": "Visser", "email": "anna@example.org"}


def add(order: Order, *tickets: NewTicket) -> None:
    amending.add_tickets(order, tickets, history.SHOP)


def told(server: SmtpServer) -> Received:
    delivery.deliver_waiting()
    (mail,) = [each for each in server.received if "More tickets" in str(each.message["Subject"])]
    return mail


def test_it_names_what_was_added(server: SmtpServer, order_of_five: Order) -> None:
    add(
        order_of_five,
        NewTicket("friday", external_id="A"),
        NewTicket("weekend", ANNA, "B"),
    )
    mail = told(server)
    assert mail.recipients == ["bea@example.org"]
    assert mail.message["Subject"] == "More tickets for Riverside Festival"
    assert links_of(mail) == {links.order_url(order_of_five)}
    for words in (mail.text, Page(mail.html).words):
        assert "Hello Bea. We added 2 tickets to your order." in words
        assert "1 ticket still needs a name" in words
        assert "Ticket 6 – Friday" in words
        assert "Ticket 7 – Weekend, Anna Visser" in words
        assert "Ticket 5" not in words


def test_those_cancelled_meanwhile_are_left_out(server: SmtpServer, order_of_five: Order) -> None:
    add(order_of_five, NewTicket("friday", external_id="A"), NewTicket("friday", external_id="B"))
    cancelling.cancel_ticket(order_of_five.tickets[5], history.SHOP)
    mail = told(server)
    assert "We added 1 ticket to your order." in mail.text
    assert "Ticket 6" not in mail.text


def test_of_tickets_that_are_gone_nothing_is_said(server: SmtpServer, order_of_five: Order) -> None:
    add(order_of_five, NewTicket("friday", external_id="A"))
    cancelling.cancel_ticket(order_of_five.tickets[5], history.SHOP)
    delivery.deliver_waiting()
    (stored,) = builders.mails_of(order_of_five, outbox.ADDED)
    assert (stored.state, stored.last_error) == ("withdrawn", "ticket_cancelled")


def test_of_a_cancelled_order_neither(server: SmtpServer, order_of_five: Order) -> None:
    add(order_of_five, NewTicket("friday", external_id="A"))
    cancelling.cancel_order(order_of_five, history.SHOP)
    delivery.deliver_waiting()
    (stored,) = builders.mails_of(order_of_five, outbox.ADDED)
    assert (stored.state, stored.last_error) == ("withdrawn", "order_cancelled")


def test_what_needs_no_name_asks_for_none(server: SmtpServer, order_of_five: Order) -> None:
    add(order_of_five, NewTicket("parking", external_id="A"))
    mail = told(server)
    assert "still needs a name" not in mail.text
    assert "Ticket 6 – Parking" in mail.text
