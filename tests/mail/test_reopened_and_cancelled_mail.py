"""The booker hears that the organiser opened or cancelled what they bought."""

from tests import builders
from tests.mail.reading import Page, links_of
from tests.smtp import Received, SmtpServer
from ticketing import cancelling, links, personalisation
from ticketing.models import Order
from ticketing.posting import delivery


def reopen(order: Order, *positions: int) -> None:
    chosen = {t.id: t.revision for t in order.tickets if t.position in positions}
    personalisation.reopen(order, chosen, "a mistake", builders.ORGANISER)


def last(server: SmtpServer) -> Received:
    delivery.deliver_waiting()
    return server.received[-1]


def test_it_names_the_tickets_that_were_opened_again(
    server: SmtpServer, order_of_five: Order
) -> None:
    builders.claim(order_of_five.tickets[0])
    reopen(order_of_five, 1, 3)
    mail = last(server)
    assert mail.recipients == ["bea@example.org"]
    assert mail.message["Subject"] == "Tickets for Riverside Festival need a name again"
    assert links_of(mail) == {links.order_url(order_of_five)}
    for words in (mail.text, Page(mail.html).words):
        assert "2 tickets were opened again" in words
        assert "Ticket 1 – Weekend" in words
        assert "Ticket 3 – Weekend" in words
        assert "Ticket 2" not in words
        assert "Anna" not in words  # the booker needn't learn who held a shared one
        assert "a mistake" not in words  # the reason is the organiser's own note


def test_those_claimed_again_meanwhile_are_left_out(
    server: SmtpServer, order_of_five: Order
) -> None:
    reopen(order_of_five, 1, 2)
    builders.claim(order_of_five.tickets[0])
    delivery.deliver_waiting()
    [mail] = [each for each in server.received if "need a name" in str(each.message["Subject"])]
    assert "Ticket 1" not in mail.text
    assert "1 ticket was opened again" in mail.text


def test_once_all_are_claimed_again_nothing_is_said(
    server: SmtpServer, order_of_five: Order
) -> None:
    reopen(order_of_five, 1)
    builders.claim(order_of_five.tickets[0])
    delivery.deliver_waiting()
    [stored] = builders.mails_of(order_of_five, "reopened")
    assert (stored.state, stored.last_error) == ("withdrawn", "nothing_open")


def test_a_cancelled_order_is_announced_without_a_link(
    server: SmtpServer, order_of_five: Order
) -> None:
    delivery.deliver_waiting()
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    mail = last(server)
    assert mail.message["Subject"] == "Your order for Riverside Festival was cancelled"
    assert links_of(mail) == set()
    assert order_of_five.code in mail.text
    assert "+31 20 123 4567" in mail.text
