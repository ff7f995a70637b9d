"""The booker shares a ticket by email."""

import datetime as dt

import pytest
from flask import Flask

from tests import builders
from tests.mail.reading import Page, links_of, tokens_in
from tests.smtp import Received, SmtpServer
from ticketing import cancelling, history, links, personalisation, sharing
from ticketing.mailing import mails
from ticketing.models import Order, OutboxMail, Ticket, now
from ticketing.posting import delivery
from ticketing.storing.transactions import write


def share(ticket: Ticket, recipient: str = "bob@example.org") -> int:
    generation = sharing.next_generation(ticket)
    sharing.share_by_email(
        ticket,
        generation,
        recipient,
        history.booker(ticket.order),
        locale="en",
        asked_from="",
    )
    return generation


def only_share(order: Order) -> OutboxMail:
    [mail] = builders.mails_of(order, "share")
    return mail


def delivered(server: SmtpServer) -> Received:
    delivery.deliver_waiting()
    [mail] = server.to("bob@example.org")
    return mail


def test_it_brings_the_share_link_and_no_other(server: SmtpServer, open_ticket: Ticket) -> None:
    generation = share(open_ticket)
    assert links_of(delivered(server)) == {links.share_url(open_ticket, generation)}


def test_its_link_opens_the_form(server: SmtpServer, app: Flask, open_ticket: Ticket) -> None:
    share(open_ticket)
    [url] = links_of(delivered(server))
    answer = app.test_client(use_cookies=False).get(url)
    assert answer.status_code == 200
    assert "First name" in answer.text


def test_it_says_who_shares_what(server: SmtpServer, open_ticket: Ticket) -> None:
    share(open_ticket)
    mail = delivered(server)
    assert mail.message["Subject"] == "Bea shares a ticket for Riverside Festival with you"
    for words in (mail.text, Page(mail.html).words):
        assert "Bea shares a ticket with you" in words
        assert "Whoever opens it first claims the ticket" in words
        assert "Weekend" in words
        assert "ignore this mail" in words


def test_it_tells_a_stranger_nothing_more_about_the_booker(
    server: SmtpServer, open_ticket: Ticket
) -> None:
    share(open_ticket)
    mail = delivered(server)
    for secret in ("Booker", "bea@example.org", "+31687654321", open_ticket.order.code):
        assert secret not in mail.text
        assert secret not in mail.html
        assert secret.encode() not in mail.raw


def test_a_name_that_advertises_is_left_out(server: SmtpServer, app: Flask) -> None:
    order = builders.make_order(first_name="Free money at evil.example")
    share(order.tickets[0])
    mail = delivered(server)
    assert mail.message["Subject"] == "A ticket for Riverside Festival is shared with you"
    assert b"evil.example" not in mail.raw


def test_a_recalled_share_is_not_mailed(server: SmtpServer, open_ticket: Ticket) -> None:
    generation = share(open_ticket)
    sharing.recall(open_ticket, history.booker(open_ticket.order), generation=generation)
    check_withdrawn(server, open_ticket.order, "link_withdrawn")


def test_a_replaced_share_is_not_mailed(server: SmtpServer, open_ticket: Ticket) -> None:
    share(open_ticket)
    builders.share(open_ticket)
    check_withdrawn(server, open_ticket.order, "link_withdrawn")


def test_a_claimed_ticket_is_not_offered(server: SmtpServer, open_ticket: Ticket) -> None:
    share(open_ticket)
    builders.claim(open_ticket)
    check_withdrawn(server, open_ticket.order, "claimed")


def test_a_reopened_ticket_is_not_offered_by_the_former_link(
    server: SmtpServer, open_ticket: Ticket
) -> None:
    share(open_ticket)
    personalisation.reopen(
        open_ticket.order, {open_ticket.id: open_ticket.revision}, "", builders.ORGANISER
    )
    check_withdrawn(server, open_ticket.order, "link_withdrawn")


def test_a_cancelled_ticket_is_not_offered(server: SmtpServer, open_ticket: Ticket) -> None:
    share(open_ticket)
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    check_withdrawn(server, open_ticket.order, "ticket_cancelled")


def test_after_the_deadline_nothing_is_offered(server: SmtpServer, open_ticket: Ticket) -> None:
    share(open_ticket)
    with write():
        open_ticket.order.shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    check_withdrawn(server, open_ticket.order, "deadline_passed")


def check_withdrawn(server: SmtpServer, order: Order, reason: str) -> None:
    with pytest.raises(mails.Withdrawn):
        mails.compose(only_share(order))
    delivery.deliver_waiting()
    assert server.to("bob@example.org") == []
    stored = only_share(order)
    assert (stored.state, stored.last_error) == ("withdrawn", reason)
    assert delivery.error_of(stored).endswith(".")


def test_two_shares_of_one_link_both_arrive(server: SmtpServer, open_ticket: Ticket) -> None:
    """A double tap sends the same link twice; whoever is first has the ticket."""
    for recipient in ("bob@example.org", "carla@example.org"):
        sharing.share_by_email(
            open_ticket,
            open_ticket.share_generation,
            recipient,
            history.booker(open_ticket.order),
            locale="en",
            asked_from="",
        )
    delivery.deliver_waiting()
    [to_bob], [to_carla] = server.to("bob@example.org"), server.to("carla@example.org")
    assert links_of(to_bob) == links_of(to_carla)


def test_every_message_holds_only_its_own_link(server: SmtpServer, order_of_five: Order) -> None:
    for number, ticket in enumerate(order_of_five.tickets):
        share(ticket, f"guest{number}@example.org")
    delivery.deliver_waiting()
    found = [set(tokens_in(server.to(f"guest{n}@example.org")[0].text.encode())) for n in range(5)]
    assert all(len(tokens) == 1 for tokens in found)
    assert len(set.union(*found)) == 5
