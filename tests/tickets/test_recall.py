"""The booker takes a link back before it is claimed."""

import datetime as dt

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling, history, sharing
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import Order, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import AlreadyClaimed, DeadlinePassed, NotShared, TicketCancelled
from ticketing.storing.transactions import write
from ticketing.web import by_link

pytestmark = pytest.mark.usefixtures("consistent")

BOOKER = history.By("booker", "Bea Booker")


def test_the_link_is_over(open_ticket: Ticket) -> None:
    token = builders.share(open_ticket).removeprefix("/s/")
    sharing.recall(open_ticket, BOOKER, generation=1)
    with pytest.raises(LinkWithdrawn):
        by_link.shared_ticket_of(token)
    (share,) = open_ticket.shares
    assert (share.ended_by, open_ticket.share) == ("recalled", None)
    entry = seen.last(open_ticket)
    assert (entry.action, entry.actor, entry.before, entry.after) == (
        "recalled",
        "booker",
        {"channel": "whatsapp"},
        {},
    )
    assert (open_ticket.order.version, open_ticket.version) == (3, 3)


def test_a_link_that_an_open_dialog_shows_is_over_as_well(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    shown = sharing.next_generation(open_ticket)
    sharing.recall(open_ticket, BOOKER, generation=1)
    with pytest.raises(LinkWithdrawn):
        sharing.share(open_ticket, "copy", shown, BOOKER)
    assert sharing.next_generation(open_ticket) == 3


def test_an_opened_link_can_be_recalled(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    sharing.opened(open_ticket, 1)
    sharing.recall(open_ticket, BOOKER, generation=1)
    with pytest.raises(LinkWithdrawn):
        sharing.opened(open_ticket, 1)


def test_it_can_be_shared_again(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    sharing.recall(open_ticket, BOOKER, generation=1)
    token = builders.share(open_ticket).removeprefix("/s/")
    assert by_link.shared_ticket_of(token)[0] is open_ticket
    assert seen.actions(open_ticket) == ["shared", "recalled", "shared"]


def test_it_leaves_everything_else_alone(order_of_five: Order) -> None:
    ticket, other = order_of_five.tickets[:2]
    builders.share(ticket)
    builders.share(other)
    before = seen.rows()
    sharing.recall(ticket, BOOKER, generation=1)
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "tickets": [ticket.id],
        "shares": [ticket.shares[0].id],
        "history": [seen.last(ticket).id],
        "changes": [3],
    }
    assert builders.mails_of(order_of_five, outbox.SHARE) == []


def test_what_is_not_shared_cannot_be_recalled(open_ticket: Ticket) -> None:
    before = seen.rows()
    for generation in (0, 1, 2):
        with pytest.raises(NotShared):
            sharing.recall(open_ticket, BOOKER, generation=generation)
    assert seen.changes(before) == {}


def test_a_page_that_shows_an_older_link_recalls_nothing(open_ticket: Ticket) -> None:
    """Who taps Recall beside link 1 doesn't mean link 2, which somebody shared meanwhile."""
    builders.share(open_ticket)
    builders.share(open_ticket)
    before = seen.rows()
    with pytest.raises(NotShared):
        sharing.recall(open_ticket, BOOKER, generation=1)
    assert seen.changes(before) == {}


def test_who_did_not_get_the_answer_may_ask_again(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    sharing.recall(open_ticket, BOOKER, generation=1)
    builders.share(open_ticket)
    before = seen.rows()
    sharing.recall(open_ticket, BOOKER, generation=1)
    assert seen.changes(before) == {}, "link 1 is recalled already; the other one stays"


def test_a_claimed_ticket_stays_claimed(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    builders.claim(open_ticket)
    before = seen.rows()
    with pytest.raises(AlreadyClaimed):
        sharing.recall(open_ticket, BOOKER, generation=1)
    assert seen.changes(before) == {}


def test_after_the_deadline_and_after_a_cancel_there_is_nothing_to_recall(app: Flask) -> None:
    order = builders.make_order()
    late, cancelled = order.tickets[:2]
    builders.share(late)
    builders.share(cancelled)
    cancelling.cancel_ticket(cancelled, builders.ORGANISER)
    with pytest.raises(TicketCancelled):
        sharing.recall(cancelled, BOOKER, generation=1)
    with write():
        order.shop.personalisation_deadline = now() - dt.timedelta(seconds=1)
    with pytest.raises(DeadlinePassed):
        sharing.recall(late, BOOKER, generation=1)


def test_twice_at_once_it_happens_once(app: Flask, open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    ticket_id = open_ticket.id

    def recall() -> None:
        sharing.recall(db.session.get_one(Ticket, ticket_id), BOOKER, generation=1)

    assert kinds(at_once(app, recall, recall, recall)) == ["", "", ""]
    assert seen.actions(open_ticket) == ["shared", "recalled"]
