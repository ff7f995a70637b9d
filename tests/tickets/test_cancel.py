"""The organiser cancels a ticket, or a whole order."""

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.models import CANCELLED, OPEN, Order, Ticket
from ticketing.posting import outbox
from ticketing.refusals import TicketCancelled

pytestmark = pytest.mark.usefixtures("consistent")


def test_a_cancelled_ticket_is_refused_at_the_door(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    old = barcodes.text_of(open_ticket)
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER, reason="Refunded")
    assert (open_ticket.state, open_ticket.barcode_generation) == (CANCELLED, 2)
    assert open_ticket.cancelled_at is not None
    assert open_ticket.first_name == "Anna", "whose it was stays known"
    for barcode in (old, barcodes.text_of(open_ticket)):
        with pytest.raises(BarcodeRefused, match="cancelled"):
            barcodes.look_up(barcode)


def test_it_is_noted_with_the_reason(open_ticket: Ticket) -> None:
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER, reason="Refunded")
    entry = seen.last(open_ticket)
    assert (entry.action, entry.actor) == ("ticket_cancelled", "organiser")
    assert entry.reason == "Refunded"
    assert (entry.before, entry.after) == ({"state": OPEN}, {"state": CANCELLED})


def test_its_share_ends(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    assert open_ticket.shares[0].ended_by == "cancelled"
    assert open_ticket.share is None


def test_one_ticket_leaves_the_others_alone(order_of_five: Order) -> None:
    ticket = order_of_five.tickets[0]
    before = seen.rows()
    cancelling.cancel_ticket(ticket, builders.ORGANISER)
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "tickets": [ticket.id],
        "history": [seen.last(ticket).id],
        "changes": [1],
    }
    assert order_of_five.state == "placed"


def test_a_cancelled_ticket_is_not_cancelled_again(open_ticket: Ticket) -> None:
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    before = seen.rows()
    with pytest.raises(TicketCancelled):
        cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    assert seen.changes(before) == {}


def test_who_is_inside_can_be_cancelled(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    admission.check_in(barcodes.text_of(open_ticket), builders.ORGANISER)
    cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    assert open_ticket.state == CANCELLED
    assert open_ticket.checked_in_at is not None, "that they were inside stays known"


def test_an_order_is_cancelled_with_all_its_tickets(order_of_five: Order) -> None:
    one, other = order_of_five.tickets[:2]
    builders.claim(one)
    builders.share(other)
    cancelling.cancel_ticket(order_of_five.tickets[4], builders.ORGANISER)
    version = order_of_five.version
    cancelling.cancel_order(order_of_five, builders.ORGANISER, reason="Rained off")
    assert order_of_five.state == "cancelled"
    assert order_of_five.cancelled_at is not None
    assert {ticket.state for ticket in order_of_five.tickets} == {CANCELLED}
    assert order_of_five.version == version + 1
    assert [ticket.version for ticket in order_of_five.tickets] == [version + 1] * 4 + [version]
    assert seen.actions(order_of_five)[-5:] == [*["ticket_cancelled"] * 4, "order_cancelled"]
    assert seen.last(order_of_five).reason == "Rained off"


def test_the_booker_is_told_once(order_of_five: Order) -> None:
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    before = seen.rows()
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    assert seen.changes(before) == {}
    (mail,) = builders.mails_of(order_of_five, outbox.CANCELLED)
    assert mail.recipient == "bea@example.org"


def test_it_leaves_other_orders_alone(order_of_five: Order) -> None:
    other = builders.make_order()
    version = other.version
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    assert (other.state, other.version) == ("placed", version)
    assert {ticket.state for ticket in other.tickets} == {OPEN}


def test_twice_at_once_it_happens_once(app: Flask, order_of_five: Order) -> None:
    order_id, ticket_id = order_of_five.id, order_of_five.tickets[0].id

    def ticket() -> None:
        cancelling.cancel_ticket(db.session.get_one(Ticket, ticket_id), builders.ORGANISER)

    assert kinds(at_once(app, ticket, ticket)) == ["", "TicketCancelled"]

    def order() -> None:
        cancelling.cancel_order(db.session.get_one(Order, order_id), builders.ORGANISER)

    assert kinds(at_once(app, order, order, order)) == ["", "", ""]
    assert len(builders.mails_of(order_of_five, outbox.CANCELLED)) == 1
