"""Somebody gives a ticket its holder: the booker for themselves, a visitor by a shared link."""

import datetime as dt
from typing import Any

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling, history, personalisation, sharing
from ticketing.asking.fields import InvalidDetails
from ticketing.carried import barcodes
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.mailing import mails
from ticketing.models import OPEN, PERSONALISED, Order, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import (
    AlreadyClaimed,
    DeadlinePassed,
    ReopenedMeanwhile,
    TicketCancelled,
)
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")


def visit(ticket: Ticket, generation: int = 1, round_: int = 1, **details: str) -> Ticket:
    """A visitor claims by a link."""
    return personalisation.claim(
        ticket,
        {**builders.BOB, **details},
        history.VISITOR,
        round=round_,
        share_generation=generation,
    )


def test_the_booker_claims_one(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    assert (open_ticket.state, open_ticket.first_name) == (PERSONALISED, "Anna")
    assert (open_ticket.email, open_ticket.phone) == ("anna@example.org", "+31612345678")
    assert open_ticket.personalised_by == "booker"
    assert open_ticket.personalised_at is not None
    assert now() - open_ticket.personalised_at < dt.timedelta(minutes=1)
    assert barcodes.look_up(barcodes.text_of(open_ticket)).id == open_ticket.id


def test_it_is_noted_mailed_and_told(open_ticket: Ticket) -> None:
    order = open_ticket.order
    builders.claim(open_ticket)
    entry = seen.last(order)
    assert (entry.action, entry.actor, entry.actor_name) == ("claimed", "booker", "Bea Booker")
    assert (entry.before, entry.after) == ({}, builders.ANNA)
    assert entry.ticket_id == open_ticket.id
    (mail,) = builders.mails_of(order, outbox.TICKET)
    assert (mail.recipient, mail.ticket_id) == ("anna@example.org", open_ticket.id)
    assert (order.version, open_ticket.version) == (2, 2)


def test_it_leaves_everything_else_alone(order_of_five: Order) -> None:
    builders.make_order()
    ticket = order_of_five.tickets[2]
    before = seen.rows()
    builders.claim(ticket)
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "search_entries": [order_of_five.id],
        "tickets": [ticket.id],
        "history": [seen.last(ticket).id],
        "changes": [1],
        "outbox": [builders.mails_of(order_of_five, outbox.TICKET)[0].id],
    }
    assert {each.version for each in order_of_five.tickets} == {1, 2}


def test_a_visitor_claims_by_the_shared_link(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    visit(open_ticket)
    assert open_ticket.personalised_by == "visitor"
    (share,) = open_ticket.shares
    assert (share.channel, share.ended_by) == ("whatsapp", "claimed")
    assert open_ticket.share is None
    assert seen.actions(open_ticket) == ["shared", "claimed"]


def test_a_visitor_claims_by_a_link_that_nobody_told_us_of(open_ticket: Ticket) -> None:
    visit(open_ticket)
    (share,) = open_ticket.shares
    assert (share.generation, share.channel, share.ended_by) == (1, "link", "claimed")


def test_the_link_of_an_open_dialog_replaces_the_one_that_is_out(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    visit(open_ticket, generation=2)
    assert [(share.generation, share.ended_by) for share in open_ticket.shares] == [
        (1, "replaced"),
        (2, "claimed"),
    ]


def test_the_booker_may_claim_a_ticket_that_is_shared(open_ticket: Ticket) -> None:
    builders.share(open_ticket)
    builders.claim(open_ticket)
    assert open_ticket.shares[0].ended_by == "claimed"
    with pytest.raises(AlreadyClaimed):
        visit(open_ticket)


def test_the_holder_keeps_the_language_they_claimed_in(open_ticket: Ticket) -> None:
    personalisation.claim(
        open_ticket, builders.BOB, history.VISITOR, round=1, share_generation=1, locale="pl"
    )
    (mail,) = builders.mails_of(open_ticket.order, outbox.TICKET)
    assert open_ticket.locale == mail.locale == "pl"


def test_other_fields_of_the_event_are_kept(app: Flask) -> None:
    shop = builders.make_shop()
    with write():
        shop.event.fields = {"city": "required", "phone": "off", "email": "off"}
    ticket = builders.make_order(shop).tickets[0]
    personalisation.claim(
        ticket,
        {"first_name": "Anna", "last_name": "V", "city": "Łódź", "phone": "ignored", "x": "y"},
        history.VISITOR,
        round=1,
        share_generation=1,
    )
    assert (ticket.details, ticket.phone) == ({"city": "Łódź"}, "")
    assert seen.last(ticket).after == {"first_name": "Anna", "last_name": "V", "city": "Łódź"}
    assert builders.mails_of(ticket.order, outbox.TICKET) == [], "no address, no mail"


def test_it_is_found_by_the_holders_name(open_ticket: Ticket) -> None:
    builders.claim(open_ticket, first_name="Zoë", last_name="Ångström")
    assert "zoe angstrom" in builders.found_by(open_ticket.order)


def test_a_claimed_ticket_cannot_be_claimed_again(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    before = seen.rows()
    with pytest.raises(AlreadyClaimed):
        builders.claim(open_ticket, first_name="Carla")
    with pytest.raises(AlreadyClaimed):
        visit(open_ticket)
    assert seen.changes(before) == {}


def test_a_ticket_that_needs_no_name_cannot_be_claimed(app: Flask) -> None:
    ticket = builders.make_order(type_code="parking").tickets[0]
    with pytest.raises(AlreadyClaimed):
        builders.claim(ticket)


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"first_name": " "}, "first_name"),
        ({"last_name": ""}, "last_name"),
        ({"email": "anna"}, "email"),
        ({"email": ""}, "email"),
        ({"phone": "12"}, "phone"),
        ({"first_name": "A\x00nna"}, "first_name"),
        ({"last_name": "x" * 201}, "last_name"),
    ],
)
def test_bad_details_change_nothing(open_ticket: Ticket, bad: dict[str, str], field: str) -> None:
    before = seen.rows()
    with pytest.raises(InvalidDetails) as refused:
        builders.claim(open_ticket, **bad)
    assert list(refused.value.errors) == [field]
    assert seen.changes(before) == {}


def test_a_link_that_was_replaced_or_recalled_is_refused(open_ticket: Ticket) -> None:
    booker = history.booker(open_ticket.order)
    builders.share(open_ticket)
    builders.share(open_ticket)
    before = seen.rows()
    with pytest.raises(LinkWithdrawn):
        visit(open_ticket, generation=1)
    assert seen.changes(before) == {}
    sharing.recall(open_ticket, booker, generation=2)
    for generation in (0, 1, 2, 3, 6, 65535):
        with pytest.raises(LinkWithdrawn):
            visit(open_ticket, generation=generation)
    assert open_ticket.state == OPEN


def test_a_form_of_before_a_reopen_is_refused(open_ticket: Ticket) -> None:
    personalisation.reopen(open_ticket.order, {open_ticket.id: 1}, "", builders.ORGANISER)
    before = seen.rows()
    with pytest.raises(ReopenedMeanwhile):
        personalisation.claim(open_ticket, builders.ANNA, history.By("booker"), round=1)
    with pytest.raises(LinkWithdrawn):
        visit(open_ticket)
    assert seen.changes(before) == {}
    builders.claim(open_ticket)
    assert open_ticket.state == PERSONALISED


def test_after_the_deadline_nobody_claims(app: Flask) -> None:
    shop = builders.make_shop(personalisation_deadline=now() + dt.timedelta(seconds=60))
    ticket, late = builders.make_order(shop).tickets[:2]
    builders.claim(ticket)
    with write():
        shop.personalisation_deadline = now()
    before = seen.rows()
    with pytest.raises(DeadlinePassed):
        builders.claim(late)
    with pytest.raises(DeadlinePassed):
        visit(late)
    with pytest.raises(AlreadyClaimed):
        builders.claim(ticket)
    assert seen.changes(before) == {}


@pytest.mark.parametrize("whole_order", [True, False])
def test_a_cancelled_ticket_is_refused(open_ticket: Ticket, whole_order: bool) -> None:
    builders.share(open_ticket)
    if whole_order:
        cancelling.cancel_order(open_ticket.order, builders.ORGANISER)
    else:
        cancelling.cancel_ticket(open_ticket, builders.ORGANISER)
    before = seen.rows()
    for claim in (builders.claim, visit):
        with pytest.raises(TicketCancelled):
            claim(open_ticket)
    assert seen.changes(before) == {}


def test_twice_at_once_it_happens_once(app: Flask, open_ticket: Ticket) -> None:
    ticket_id = open_ticket.id

    def claim() -> Any:
        return visit(db.session.get_one(Ticket, ticket_id)).id

    results = at_once(app, *[claim] * 6)
    assert kinds(results) == ["", *["AlreadyClaimed"] * 5]
    assert len(builders.mails_of(open_ticket.order, outbox.TICKET)) == 1
    assert seen.actions(open_ticket) == ["claimed"]


def test_a_stranger_is_not_flooded_with_claims(app: Flask) -> None:
    most = personalisation.CLAIM_MAILS_PER_RECIPIENT
    order = builders.make_order(tickets=most + 2)
    for ticket in order.tickets[:-1]:
        builders.claim(ticket, email="Stranger@example.org")
    assert len(builders.mails_of(order, "ticket")) == most
    assert {ticket.state for ticket in order.tickets[:-1]} == {"personalised"}, "claims stand"
    builders.claim(order.tickets[-1], email=order.email)
    assert len(builders.mails_of(order, "ticket")) == most + 1, "bookers get their own"


def test_a_name_that_advertises_is_not_mailed(open_ticket: Ticket) -> None:
    builders.claim(open_ticket, first_name="You won: https://evil.example/x")
    (mail,) = builders.mails_of(open_ticket.order, "ticket")
    composed = mails.compose(mail, attach=False)
    assert "evil.example" not in composed.text + composed.html
