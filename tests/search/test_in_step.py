"""What orders are found by follows whatever happens to them."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete

from tests import builders
from tests.search import peeking
from ticketing import cancelling, history, personalisation, search, sending
from ticketing.extensions import db
from ticketing.models import Order, SearchEntry, Shop, TicketType
from ticketing.ordering import amending
from ticketing.ordering.orders import Line
from ticketing.organising import ticket_types
from ticketing.search import Wanted
from ticketing.search.index import entries
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")  # each entry, and the index to the last term


def is_found(order: Order, text: str, **filters: str) -> bool:
    db.session.rollback()
    wanted = Wanted(order.organiser_id, text=text, **filters)  # type: ignore[arg-type]
    return order.id in search.ids_after(db.session(), wanted, None, 10)


@pytest.fixture
def order(shop: Shop) -> Order:
    order = builders.make_order(shop, tickets=3)
    builders.claim(order.tickets[0])
    return order


def claim(order: Order) -> None:
    builders.claim(order.tickets[1], first_name="Zoë", last_name="Ärmel")


def edit(order: Order) -> None:
    ticket = order.tickets[0]
    personalisation.edit(
        ticket,
        {**builders.ANNA, "first_name": "Zoë", "last_name": "Ärmel"},
        builders.ORGANISER,
        revision=ticket.revision,
        new_barcode=False,
        mail_holder=False,
    )


def edit_contact(order: Order) -> None:
    given = {"first_name": "Zoë", "last_name": "Q", "email": "z@example.org", "phone": ""}
    sending.edit_contact(order, given, builders.ORGANISER, revision=order.revision)


@pytest.mark.parametrize("change", [claim, edit, edit_contact])
def test_a_new_name_is_found_at_once(order: Order, change: Callable[[Order], None]) -> None:
    assert not is_found(order, "zoe")
    change(order)
    assert is_found(order, "zoe")
    assert is_found(order, "z")


def test_a_former_name_is_found_no_more(order: Order) -> None:
    assert is_found(order, "visser")
    edit(order)
    assert not is_found(order, "visser")
    edit_contact(order)
    assert not is_found(order, "bea@example.org")


def test_the_filter_follows_each_step(shop: Shop) -> None:
    order = builders.make_order(shop, tickets=2)
    assert is_found(order, "", state="none")
    builders.claim(order.tickets[0])
    assert is_found(order, "bea", state="some")
    builders.claim(order.tickets[1])
    assert is_found(order, "bea", state="all")
    chosen = {ticket.id: ticket.revision for ticket in order.tickets}
    personalisation.reopen(order, chosen, "Resold", builders.ORGANISER)
    assert is_found(order, "bea", state="none")
    assert not is_found(order, "anna")
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    assert is_found(order, "bea", state="none")
    cancelling.cancel_order(order, builders.ORGANISER)
    assert is_found(order, "bea", state="cancelled")
    assert not is_found(order, "bea", state="none")


def test_tickets_that_come_later(order: Order) -> None:
    amending.add_tickets(order, [Line("friday", 2)], history.SHOP)
    assert is_found(order, f"{order.code}-5")
    assert is_found(order, "", state="some")


def test_a_type_that_asks_for_no_name_any_more(shop: Shop) -> None:
    """All at once, in a few statements: half of the orders have tickets of another type, too."""
    both = [builders.make_order(shop, lines=[Line("friday", 1), Line("weekend", 1)]) for _ in "ab"]
    alone = [builders.make_order(shop, lines=[Line("friday", 2)]) for _ in "ab"]
    friday = next(each for each in shop.event.ticket_types if each.code == "friday")
    switch_off_names(friday)
    for order in both:
        assert is_found(order, "", state="some")
    for order in alone:
        assert is_found(order, "", state="all")


def switch_off_names(ticket_type: TicketType) -> None:
    given = {"name": "Friday", "code": "friday", "price": "45", "needs_personal_data": ""}
    ticket_types.change(
        ticket_type, given, builders.ORGANISER, revision=ticket_type.revision, confirmed=True
    )


def test_an_order_that_is_taken_out_of_the_tables(app: Flask, order: Order) -> None:
    """Erasing is no rule yet; the index follows all the same."""
    session = db.session()
    other = builders.make_order()
    with write():
        session.execute(delete(SearchEntry).where(SearchEntry.order_id == order.id))
    assert peeking.indexed(session).keys() == {other.id}
    with write():
        session.execute(entries.insert(), [search.entries.values_of(order)])
