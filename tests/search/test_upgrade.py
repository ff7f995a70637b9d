"""Installations from before there was an index for the search."""

from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from tests import builders
from tests.search import peeking, scan
from ticketing import cancelling, search
from ticketing.extensions import db
from ticketing.search import Wanted
from ticketing.trying import made_up

BEFORE = "20261124"


def test_an_installation_with_orders_gets_the_search(app: Flask) -> None:
    """Back to where there was none, and forth again: what was looked up in each order returns."""
    made_up.make(40)
    cancelled = builders.make_order(tickets=1)
    cancelling.cancel_ticket(cancelled.tickets[0], builders.ORGANISER)
    named = builders.make_order(first_name="Zoë", last_name="Żółć")
    order_id, organiser_id = named.id, named.organiser_id
    rows, indexed = scan.rows(db.session()), peeking.indexed(db.session())
    db.session.remove()
    downgrade(revision=BEFORE)
    before = db.session.execute(
        text("SELECT search_text FROM orders WHERE id = :id"), {"id": order_id}
    ).scalar_one()
    assert before.split("\n")[2] == "zoe zolc"
    db.session.remove()
    upgrade()
    session = db.session()
    assert scan.rows(session) == rows
    assert peeking.indexed(session) == indexed
    wanted = Wanted(organiser_id, text="zolc zoe")
    assert search.ids_after(session, wanted, None, 2) == [order_id]
