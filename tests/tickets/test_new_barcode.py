"""The organiser issues a new barcode: a ticket was lost, or a picture of it went round."""

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling, links
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.models import Order, Ticket
from ticketing.refusals import NotPersonalised, TicketCancelled
from ticketing.web import by_link

pytestmark = pytest.mark.usefixtures("consistent")


def test_the_former_is_refused_and_the_new_one_admits(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    old, page = barcodes.text_of(open_ticket), links.ticket_token(open_ticket)
    admission.new_barcode(open_ticket, builders.ORGANISER)
    with pytest.raises(BarcodeRefused, match="replaced"):
        barcodes.look_up(old)
    assert barcodes.look_up(barcodes.text_of(open_ticket)) is open_ticket
    assert by_link.ticket_of(page)[0] is open_ticket, "the holder's page shows the new one"


def test_it_is_noted(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    admission.new_barcode(open_ticket, builders.ORGANISER)
    entry = seen.last(open_ticket)
    assert (entry.action, entry.actor) == ("new_barcode", "organiser")
    assert (entry.before, entry.after) == ({"barcode": 1}, {"barcode": 2})
    assert (open_ticket.revision, open_ticket.version, open_ticket.order.version) == (3, 3, 3)


def test_it_leaves_everything_else_alone(order_of_five: Order) -> None:
    ticket = builders.claim(order_of_five.tickets[0])
    before = seen.rows()
    admission.new_barcode(ticket, builders.ORGANISER)
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "tickets": [ticket.id],
        "history": [seen.last(ticket).id],
        "changes": [2],
    }


def test_a_ticket_without_a_name_of_its_own_has_one_too(app: Flask) -> None:
    ticket = builders.make_order(type_code="parking").tickets[0]
    admission.new_barcode(ticket, builders.ORGANISER)
    assert barcodes.look_up(barcodes.text_of(ticket)) is ticket


def test_an_open_or_cancelled_ticket_gets_none(open_ticket: Ticket) -> None:
    with pytest.raises(NotPersonalised):
        admission.new_barcode(open_ticket, builders.ORGANISER)
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    before = seen.rows()
    with pytest.raises(TicketCancelled):
        admission.new_barcode(open_ticket, builders.ORGANISER)
    assert seen.changes(before) == {}


def test_at_once_each_makes_one_and_the_last_counts(app: Flask, open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    ticket_id = open_ticket.id

    def renew() -> None:
        admission.new_barcode(db.session.get_one(Ticket, ticket_id), builders.ORGANISER)

    assert kinds(at_once(app, renew, renew, renew)) == ["", "", ""]
    db.session.rollback()
    assert open_ticket.barcode_generation == 4
