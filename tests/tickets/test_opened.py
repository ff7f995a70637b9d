"""A person has the shared page open: the overview says so. A link-preview bot can't cause it."""

import datetime as dt

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once
from ticketing import cancelling, history, sharing
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import Order, Ticket, now
from ticketing.refusals import AlreadyClaimed, DeadlinePassed, TicketCancelled
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")


def test_it_is_noted(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    assert sharing.opened(open_ticket, 1) is True
    share = open_ticket.share
    assert share is not None
    assert share.opened_at is not None
    assert (share.ended_at, open_ticket.state) == (None, "open")
    entry = seen.last(open_ticket)
    assert (entry.action, entry.actor, entry.actor_name) == ("opened", "visitor", "")
    assert (open_ticket.order.version, open_ticket.version) == (3, 3)


def test_once_more_is_no_news(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    sharing.opened(open_ticket, 1)
    before = seen.rows()
    assert sharing.opened(open_ticket, 1) is False
    assert seen.changes(before) == {}


def test_it_leaves_everything_else_alone(order_of_five: Order) -> None:
    ticket = order_of_five.tickets[3]
    builders.share(ticket)
    before = seen.rows()
    sharing.opened(ticket, 1)
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "tickets": [ticket.id],
        "shares": [ticket.shares[0].id],
        "history": [seen.last(ticket).id],
        "changes": [2],
    }


def test_a_link_that_nobody_told_us_of_is_recorded_by_its_first_use(open_ticket: Ticket) -> None:
    assert sharing.opened(open_ticket, 1) is True
    assert open_ticket.share is not None
    assert open_ticket.share.channel == "link"
    sharing.share(open_ticket, "copy", 1, history.By("booker"))
    assert (open_ticket.share.channel, len(open_ticket.shares)) == ("copy", 1)


def test_the_link_of_an_open_dialog_takes_over(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    assert sharing.opened(open_ticket, 2) is True
    assert [(share.generation, share.ended_by) for share in open_ticket.shares] == [
        (1, "replaced"),
        (2, None),
    ]
    with pytest.raises(LinkWithdrawn):
        sharing.opened(open_ticket, 1)


def test_what_is_over_is_refused(app: Flask) -> None:
    order = builders.make_order()
    claimed, cancelled, late = order.tickets[:3]
    for ticket in (claimed, cancelled, late):
        builders.share(ticket)
    builders.claim(claimed)
    cancelling.cancel_ticket(cancelled, builders.ORGANISER)
    with write():
        order.shop.personalisation_deadline = now() - dt.timedelta(seconds=1)
    before = seen.rows()
    for ticket, refusal in (
        (claimed, AlreadyClaimed),
        (cancelled, TicketCancelled),
        (late, DeadlinePassed),
    ):
        with pytest.raises(refusal):
            sharing.opened(ticket, 1)
    assert seen.changes(before) == {}


def test_at_once_one_of_them_is_news(app: Flask, open_ticket: Ticket) -> None:
    ticket_id = open_ticket.id
    results = at_once(app, *[lambda: sharing.opened(db.session.get_one(Ticket, ticket_id), 1)] * 5)
    assert sorted(results) == [False, False, False, False, True]
    assert seen.actions(open_ticket) == ["opened"]
