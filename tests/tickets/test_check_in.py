"""The door lets the bearer of a barcode in, once."""

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once
from ticketing import cancelling, history, personalisation
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.models import CHECKED_IN, Order, Ticket

pytestmark = pytest.mark.usefixtures("consistent")

DOOR = history.By("system", "North gate")


def refused(barcode: str) -> str:
    before = seen.rows()
    with pytest.raises(BarcodeRefused) as refusal:
        admission.check_in(barcode, DOOR)
    assert seen.changes(before) == {}
    return refusal.value.reason


def test_it_lets_the_holder_in(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    ticket = admission.check_in(barcodes.text_of(open_ticket), DOOR)
    assert ticket is open_ticket
    assert (ticket.state, ticket.first_name) == (CHECKED_IN, "Anna")
    assert ticket.checked_in_at is not None
    entry = seen.last(ticket)
    assert (entry.action, entry.actor_name) == ("checked_in", "North gate")
    assert (ticket.revision, ticket.version, ticket.order.version) == (3, 3, 3)


def test_it_leaves_everything_else_alone(order_of_five: Order) -> None:
    ticket = builders.claim(order_of_five.tickets[0])
    before = seen.rows()
    admission.check_in(barcodes.text_of(ticket), DOOR)
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "tickets": [ticket.id],
        "history": [seen.last(ticket).id],
        "changes": [2],
    }


def test_once_only(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    barcode = barcodes.text_of(open_ticket)
    admission.check_in(barcode, DOOR)
    assert refused(barcode) == "checked_in"


def test_nobodys_ticket_admits_nobody(open_ticket: Ticket) -> None:
    assert refused(barcodes.text_of(open_ticket)) == "open"


def test_what_was_replaced_reopened_or_cancelled_is_refused(order_of_five: Order) -> None:
    replaced, reopened, cancelled = order_of_five.tickets[:3]
    for ticket in (replaced, reopened, cancelled):
        builders.claim(ticket)
    texts = [barcodes.text_of(ticket) for ticket in (replaced, reopened, cancelled)]
    admission.new_barcode(replaced, builders.ORGANISER)
    personalisation.reopen(order_of_five, {reopened.id: reopened.revision}, "", builders.ORGANISER)
    cancelling.cancel_ticket(cancelled, builders.ORGANISER)
    assert [refused(text) for text in texts] == ["replaced", "replaced", "cancelled"]


def test_what_we_never_made_is_unknown(app: Flask) -> None:
    assert refused("HELLO") == "unknown"


def test_at_once_one_door_opens(app: Flask, open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    barcode = barcodes.text_of(open_ticket)
    results = at_once(app, *[lambda: admission.check_in(barcode, DOOR).id] * 5)
    assert results.count(open_ticket.id) == 1
    assert [r.reason for r in results if isinstance(r, BarcodeRefused)] == ["checked_in"] * 4
