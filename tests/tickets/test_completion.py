"""The last ticket gets its name, and the booker hears of it when somebody else gave it."""

from typing import Any

import pytest
from flask import Flask

from tests import builders
from tests.at_once import at_once, kinds
from tests.mail.reading import links_of
from tests.smtp import SmtpServer, smtp_server
from ticketing import cancelling, history, links, personalisation
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, OutboxMail, Shop, Ticket
from ticketing.ordering import completion
from ticketing.ordering.orders import Line
from ticketing.organising import ticket_types
from ticketing.posting import delivery, outbox
from ticketing.storing.transactions import write

__all__ = ["smtp_server"]  # a fixture from its own room


@pytest.fixture
def settings(settings: Settings, smtp_server: SmtpServer) -> Settings:
    return smtp_server.settings(settings)


@pytest.fixture
def order(app: Flask) -> Order:
    """Two tickets that need a name, and one that doesn't."""
    return builders.make_order(lines=[Line("weekend", 2), Line("parking", 1)])


def by_visitor(ticket: Ticket, **details: Any) -> Ticket:
    given = {**builders.BOB, **details}
    return personalisation.claim(ticket, given, history.VISITOR, round=ticket.round)


def told(order: Order) -> list[OutboxMail]:
    return builders.mails_of(order, outbox.ALL_READY)


def test_the_booker_hears_when_a_visitor_takes_the_last(order: Order, consistent: None) -> None:
    builders.claim(order.tickets[0])
    assert not completion.is_complete(order)
    assert told(order) == []
    by_visitor(order.tickets[1])
    [mail] = told(order)
    assert mail.recipient == "bea@example.org"
    assert completion.is_complete(order)


def test_bookers_who_do_it_themselves_know(order: Order) -> None:
    by_visitor(order.tickets[0])
    builders.claim(order.tickets[1])
    assert completion.is_complete(order)
    assert told(order) == []


def test_the_organiser_may_give_the_last_name(order: Order) -> None:
    builders.claim(order.tickets[0])
    last = order.tickets[1]
    for name in ("Bob", "Bobby"):  # and correct it
        personalisation.edit(
            last,
            {**builders.BOB, "first_name": name},
            builders.ORGANISER,
            revision=last.revision,
            new_barcode=False,
            mail_holder=False,
        )
    assert len(told(order)) == 1


def test_cancelled_tickets_are_not_waited_for(order: Order) -> None:
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    by_visitor(order.tickets[1])
    assert len(told(order)) == 1


def test_an_order_of_nothing_but_cancelled_tickets_is_not_complete(order: Order) -> None:
    cancelling.cancel_order(order, builders.ORGANISER)
    db.session.rollback()
    assert not completion.is_complete(order)
    assert told(order) == []


def test_a_cancelled_last_ticket_is_no_reason_for_joy(order: Order) -> None:
    by_visitor(order.tickets[0])
    cancelling.cancel_ticket(order.tickets[1], builders.ORGANISER)
    assert completion.is_complete(order)
    assert told(order) == []


def test_an_order_that_needs_no_names_is_complete_from_the_start(app: Flask) -> None:
    order = builders.make_order(lines=[Line("parking", 2)])
    assert completion.is_complete(order)
    assert told(order) == []


def test_a_type_that_asks_for_no_names_any_more_mails_nobody(order: Order) -> None:
    weekend = order.tickets[0].type
    given = {**ticket_types.as_typed(weekend, "EUR"), "needs_personal_data": ""}
    ticket_types.change(weekend, given, builders.ORGANISER, revision=1, confirmed=True)
    db.session.rollback()
    assert completion.is_complete(order)
    assert told(order) == []


def test_after_a_reopen_it_is_told_anew(order: Order) -> None:
    for ticket in order.tickets[:2]:
        by_visitor(ticket)
    first = order.tickets[0]
    personalisation.reopen(order, {first.id: first.revision}, "", builders.ORGANISER)
    by_visitor(order.tickets[0])
    assert [mail.params["rounds"] for mail in told(order)] == [3, 4]


def test_of_the_last_two_in_one_instant_one_tells(
    app: Flask, order: Order, consistent: None
) -> None:
    ids = [ticket.id for ticket in order.tickets[:2]]
    db.session.rollback()

    def claim(ticket_id: int) -> Any:
        return by_visitor(db.session.get_one(Ticket, ticket_id)).id

    results = at_once(app, *[lambda n=n: claim(n) for n in ids])
    assert kinds(results) == ["", ""]
    assert len(told(order)) == 1


# ---- The mail ----


def delivered(server: SmtpServer) -> Any:
    delivery.deliver_waiting()
    [mail] = [
        mail
        for mail in server.to("bea@example.org")
        if "ready" in str(mail.message["Subject"]).lower()
    ]
    return mail


def test_it_names_everybody_and_leads_to_the_order(order: Order, smtp_server: SmtpServer) -> None:
    builders.claim(order.tickets[0])
    by_visitor(order.tickets[1])
    mail = delivered(smtp_server)
    assert links.order_url(order) in links_of(mail)
    for words in ("Everybody is ready", "Anna", "Bob", order.code, "download"):
        assert words in mail.text, words
    # The holders' own links and codes are theirs.
    for ticket in order.tickets:
        assert links.ticket_token(ticket) not in mail.text + mail.html
    assert "bob@example.org" not in mail.text + mail.html


def test_where_tickets_come_another_way_it_says_how(order: Order, smtp_server: SmtpServer) -> None:
    with write():
        shop = db.session.get_one(Shop, order.shop_id)
        shop.download_enabled, shop.delivery_note = False, "By mail, a week before"
    for ticket in order.tickets[:2]:
        by_visitor(ticket)
    mail = delivered(smtp_server)
    assert "By mail, a week before" in mail.text
    assert "download it" not in mail.text


def test_a_ticket_opened_again_meanwhile_withdraws_it(
    order: Order, smtp_server: SmtpServer
) -> None:
    for ticket in order.tickets[:2]:
        by_visitor(ticket)
    first = order.tickets[0]
    personalisation.reopen(order, {first.id: first.revision}, "", builders.ORGANISER)
    delivery.deliver_waiting()
    [mail] = told(order)
    assert mail.state not in {"waiting", "sent"}
    assert not any("ready" in str(m.message["Subject"]).lower() for m in smtp_server.received)
