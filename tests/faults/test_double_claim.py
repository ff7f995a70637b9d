"""F1: many processes claim the same tickets in the same instant; each ticket has one winner."""

from collections import Counter

from flask import Flask
from sqlalchemy import select

from tests import builders, invariants
from tests.faults import jobs
from tests.faults.conftest import PROCESSES
from tests.faults.crew import Crew, counted, slowest
from ticketing.extensions import db
from ticketing.models import Order, Ticket
from ticketing.posting import outbox

ORDERS, TICKETS = 60, 300  # five an order


def test_without_the_guard_the_race_is_seen_and_with_it_there_is_none(
    app: Flask, crew: Crew
) -> None:
    unguarded = crew.run(jobs.claim_each_unguarded, _tickets_of(_orders(12)))
    assert counted(unguarded)["claim done"] > 12 * 5, "no race: this test would prove nothing"

    # The unguarded race leaves broken orders behind, as it should; they are no part of the rest.
    orders = _orders()
    ids = _tickets_of(orders)
    outcomes = crew.run(jobs.claim_each, ids)
    print(counted(unguarded), counted(outcomes), f"slowest {slowest(outcomes):.3f} s")
    assert counted(outcomes) == {
        "claim done": TICKETS,
        "claim AlreadyClaimed": TICKETS * (PROCESSES - 1),
    }
    mails = [mail for order in orders for mail in builders.mails_of(order, outbox.TICKET)]
    assert Counter(mail.ticket_id for mail in mails) == dict.fromkeys(ids, 1)
    for ticket in db.session.scalars(select(Ticket).where(Ticket.id.in_(ids))):
        whole = f"{ticket.first_name}.{ticket.id}@example.org"
        assert ticket.email == whole, "two claims were mixed"
    invariants.check(db.session(), [order.id for order in orders])


def _orders(number: int = ORDERS) -> list[Order]:
    shop = builders.make_shop()
    return [builders.make_order(shop, tickets=TICKETS // ORDERS) for _ in range(number)]


def _tickets_of(orders: list[Order]) -> list[int]:
    ids = [order.id for order in orders]
    return list(db.session.scalars(select(Ticket.id).where(Ticket.order_id.in_(ids))))
