"""The booker passes a ticket on: one link at a time, through one channel."""

import datetime as dt
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders, seen
from tests.at_once import at_once
from ticketing import cancelling, history, links, personalisation, sharing
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import Order, Ticket, now
from ticketing.refusals import AlreadyClaimed, DeadlinePassed, TicketCancelled, TooManyShares
from ticketing.storing.transactions import write
from ticketing.web import by_link

pytestmark = pytest.mark.usefixtures("consistent")

BOOKER = history.By("booker", "Bea Booker")


@pytest.mark.parametrize("channel", ["whatsapp", "copy", "native"])
def test_it_notes_what_is_known(open_ticket: Ticket, channel: str) -> None:
    sharing.share(open_ticket, channel, 1, BOOKER)
    share = open_ticket.share
    assert share is not None
    assert (share.channel, share.generation, share.recipient) == (channel, 1, "")
    assert (share.opened_at, share.ended_at) == (None, None), "waiting, never delivered"
    assert (open_ticket.state, open_ticket.share_generation) == ("open", 1)
    entry = seen.last(open_ticket)
    assert (entry.action, entry.actor_name) == ("shared", "Bea Booker")
    assert (entry.before, entry.after) == ({}, {"channel": channel})
    assert (open_ticket.order.version, open_ticket.version) == (2, 2)


def test_it_leaves_everything_else_alone(order_of_five: Order) -> None:
    ticket = order_of_five.tickets[1]
    before = seen.rows()
    builders.share(ticket)
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "tickets": [ticket.id],
        "shares": [ticket.shares[0].id],
        "history": [seen.last(ticket).id],
        "changes": [1],
    }


def test_looking_at_the_dialog_changes_nothing(open_ticket: Ticket) -> None:
    before = seen.rows()
    assert sharing.next_generation(open_ticket) == 1
    links.share_url(open_ticket, 1)
    assert seen.changes(before) == {}
    builders.share(open_ticket)
    assert sharing.next_generation(open_ticket) == 2
    builders.share(open_ticket)
    assert sharing.next_generation(open_ticket) == 3


def test_sharing_again_makes_a_new_link_and_ends_the_old_one(open_ticket: Ticket) -> None:
    first, second = builders.share(open_ticket), builders.share(open_ticket, "copy")
    assert first != second
    with pytest.raises(LinkWithdrawn):
        by_link.shared_ticket_of(first.removeprefix("/s/"))
    assert by_link.shared_ticket_of(second.removeprefix("/s/"))[0] is open_ticket
    assert [(share.channel, share.ended_by) for share in open_ticket.shares] == [
        ("whatsapp", "replaced"),
        ("copy", None),
    ]


def test_one_dialog_may_pass_its_link_on_by_two_channels(open_ticket: Ticket) -> None:
    sharing.share(open_ticket, "copy", 1, BOOKER)
    sharing.share(open_ticket, "whatsapp", 1, BOOKER)
    (share,) = open_ticket.shares
    assert (share.channel, share.ended_at) == ("whatsapp", None)
    assert [entry.after["channel"] for entry in seen.entries(open_ticket)] == ["copy", "whatsapp"]


def test_an_opened_link_stays_opened_when_it_is_passed_on_once_more(open_ticket: Ticket) -> None:
    sharing.share(open_ticket, "copy", 1, BOOKER)
    sharing.opened(open_ticket, 1)
    sharing.share(open_ticket, "whatsapp", 1, BOOKER)
    assert open_ticket.share is not None
    assert open_ticket.share.opened_at is not None


def test_the_same_tap_twice_is_noted_once(open_ticket: Ticket) -> None:
    sharing.share(open_ticket, "copy", 1, BOOKER)
    before = seen.rows()
    sharing.share(open_ticket, "copy", 1, BOOKER)
    assert seen.changes(before) == {}


@pytest.mark.parametrize("channel", ["", "sms", "WhatsApp", "link"])
def test_an_unknown_channel_is_refused(open_ticket: Ticket, channel: str) -> None:
    before = seen.rows()
    with pytest.raises(ValueError, match=f"^{channel}$"):
        sharing.share(open_ticket, channel, 1, BOOKER)
    assert seen.changes(before) == {}


@pytest.mark.parametrize("generation", [-1, 0, 1, 4, 65536])
def test_a_link_that_was_never_handed_out_or_is_over_is_refused(
    open_ticket: Ticket, generation: int
) -> None:
    builders.share(open_ticket)
    builders.share(open_ticket)
    before = seen.rows()
    with pytest.raises(LinkWithdrawn):
        sharing.share(open_ticket, "copy", generation, BOOKER)
    assert seen.changes(before) == {}


def test_a_claimed_ticket_is_not_shared(open_ticket: Ticket) -> None:
    builders.claim(open_ticket)
    before = seen.rows()
    with pytest.raises(AlreadyClaimed):
        builders.share(open_ticket)
    assert seen.changes(before) == {}


def test_after_the_deadline_nothing_is_shared(app: Flask) -> None:
    shop = builders.make_shop(personalisation_deadline=now() - dt.timedelta(seconds=1))
    ticket = builders.make_order(shop).tickets[0]
    with pytest.raises(DeadlinePassed):
        builders.share(ticket)


def test_a_cancelled_ticket_is_not_shared(order_of_five: Order) -> None:
    one, other = order_of_five.tickets[:2]
    cancelling.cancel_ticket(one, builders.ORGANISER)
    with pytest.raises(TicketCancelled):
        builders.share(one)
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    with pytest.raises(TicketCancelled):
        builders.share(other)


def test_two_dialogs_at_once_share_one_link(app: Flask, open_ticket: Ticket) -> None:
    ticket_id = open_ticket.id
    builders.share(open_ticket)

    def share(channel: str) -> int:
        ticket = db.session.get_one(Ticket, ticket_id)
        return sharing.share(ticket, channel, 2, BOOKER).share_generation

    results = at_once(app, lambda: share("copy"), lambda: share("native"), lambda: share("copy"))
    assert results == [2, 2, 2]
    db.session.rollback()
    assert [(each.generation, each.ended_by) for each in open_ticket.shares] == [
        (1, "replaced"),
        (2, None),
    ]


def test_a_reopened_ticket_is_shared_by_a_new_link(open_ticket: Ticket) -> None:
    old = builders.share(open_ticket)
    personalisation.reopen(open_ticket.order, {open_ticket.id: 1}, "", builders.ORGANISER)
    assert sharing.next_generation(open_ticket) == 3
    new = builders.share(open_ticket)
    assert by_link.shared_ticket_of(new.removeprefix("/s/"))[0] is open_ticket
    with pytest.raises(LinkWithdrawn):
        by_link.shared_ticket_of(old.removeprefix("/s/"))


def test_a_closed_shop_of_another_deadline_keeps_its_own(app: Flask) -> None:
    """A deadline ends sharing where it was set, nowhere else."""
    shop, other = builders.make_shop(), builders.make_shop()
    with write():
        other.personalisation_deadline = now()
    builders.share(builders.make_order(shop).tickets[0])


def test_nobody_hands_out_links_without_end(open_ticket: Ticket) -> None:
    for _ in range(sharing.LINKS_PER_TICKET):
        builders.share(open_ticket, "copy")
    with pytest.raises(TooManyShares):
        builders.share(open_ticket, "copy")


def test_a_tap_in_a_dialog_whose_link_is_gone_says_what_to_do(
    client: FlaskClient, open_ticket: Ticket
) -> None:
    at = f"/o/{links.order_token(open_ticket.order)}/tickets/{open_ticket.position}"
    dialog = client.get(f"{at}/share").text
    token = re.search(r'data-record-token="([^"]+)"', dialog)
    assert token
    builders.share(open_ticket)
    sharing.recall(open_ticket, BOOKER, generation=1)
    answer = client.post(
        f"{at}/share", data={"csrf_token": token[1], "channel": "whatsapp", "generation": "1"}
    )
    assert answer.status_code == 410
    assert "share the ticket again" in answer.text
