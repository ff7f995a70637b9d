"""*Open Personalisation*: the organiser opens tickets for new details."""

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling, history, links, personalisation
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import OPEN, PERSONALISED, Order, Ticket
from ticketing.ordering.orders import Line
from ticketing.posting import outbox
from ticketing.refusals import EditedMeanwhile, NothingToReopen
from ticketing.web import by_link

pytestmark = pytest.mark.usefixtures("consistent")


def reopen(order: Order, *tickets: Ticket, reason: str = "") -> Order:
    chosen = {ticket.id: ticket.revision for ticket in tickets or order.tickets}
    return personalisation.reopen(order, chosen, reason, builders.ORGANISER)


@pytest.fixture
def ready(order_of_five: Order) -> Order:
    for ticket in order_of_five.tickets:
        builders.claim(ticket)
    return order_of_five


def test_the_tickets_are_open_for_everybody_anew(ready: Order) -> None:
    reopen(ready)
    for ticket in ready.tickets:
        assert (ticket.state, ticket.round) == (OPEN, 2)
        assert personalisation.holder_of(ticket) == {}
        assert (ticket.personalised_at, ticket.personalised_by) == (None, None)
    builders.claim(ready.tickets[0], first_name="Carla")
    assert (ready.tickets[0].state, ready.tickets[0].first_name) == (PERSONALISED, "Carla")


def test_old_barcodes_and_page_links_are_refused(ready: Order) -> None:
    old = [(barcodes.text_of(ticket), links.ticket_token(ticket)) for ticket in ready.tickets]
    reopen(ready)
    for barcode, token in old:
        with pytest.raises(BarcodeRefused, match="replaced"):
            barcodes.look_up(barcode)
        with pytest.raises(LinkWithdrawn):
            by_link.ticket_of(token)
    builders.claim(ready.tickets[0])
    with pytest.raises(BarcodeRefused, match="replaced"):
        barcodes.look_up(old[0][0])
    assert barcodes.look_up(barcodes.text_of(ready.tickets[0])) is ready.tickets[0]


def test_links_that_are_out_or_in_an_open_dialog_are_withdrawn(open_ticket: Ticket) -> None:
    token = builders.share(open_ticket).removeprefix("/s/")
    shown = links.share_token(open_ticket, 2)
    reopen(open_ticket.order, open_ticket)
    for each in (token, shown):
        with pytest.raises(LinkWithdrawn):
            by_link.shared_ticket_of(each)
    assert open_ticket.shares[0].ended_by == "reopened"


def test_the_history_keeps_the_former_details_and_the_reason(ready: Order) -> None:
    reopen(ready, reason="Wrong names on the list")
    for ticket in ready.tickets:
        entry = seen.last(ticket)
        assert (entry.action, entry.actor_name) == ("reopened", "Olga Organiser")
        assert (entry.before, entry.after) == (builders.ANNA, {})
        assert entry.reason == "Wrong names on the list"


def test_the_booker_is_mailed_once(ready: Order) -> None:
    reopen(ready, ready.tickets[1], ready.tickets[3])
    (mail,) = builders.mails_of(ready, outbox.REOPENED)
    assert (mail.recipient, mail.params, mail.ticket_id) == (
        "bea@example.org",
        {"positions": [2, 4]},
        None,
    )


def test_the_chosen_tickets_only(ready: Order) -> None:
    builders.make_order()
    chosen = ready.tickets[2]
    before = seen.rows()
    reopen(ready, chosen)
    assert seen.changes(before) == {
        "orders": [ready.id],
        "search_entries": [ready.id],
        "tickets": [chosen.id],
        "history": [seen.last(chosen).id],
        "changes": [6],
        "outbox": [builders.mails_of(ready, outbox.REOPENED)[0].id],
    }
    assert [ticket.state for ticket in ready.tickets].count(PERSONALISED) == 4


def test_the_overview_hears_of_it_once(ready: Order) -> None:
    reopen(ready)
    assert ready.version == 7
    assert {ticket.version for ticket in ready.tickets} == {7}


def test_cleared_names_are_found_no_more(ready: Order) -> None:
    assert "anna visser" in builders.found_by(ready)
    reopen(ready)
    assert "anna" not in builders.found_by(ready)


def test_an_open_ticket_among_them_has_its_round_raised_too(order_of_five: Order) -> None:
    claimed, still_open = order_of_five.tickets[:2]
    builders.claim(claimed)
    reopen(order_of_five, claimed, still_open)
    assert (still_open.round, still_open.link_generation) == (2, 2)


def test_the_language_is_the_orders_again(open_ticket: Ticket) -> None:
    personalisation.claim(
        open_ticket, builders.ANNA, history.VISITOR, round=1, share_generation=1, locale="pl"
    )
    reopen(open_ticket.order, open_ticket)
    assert open_ticket.locale == "en"


def test_only_types_that_ask_for_details_can_be_reopened(app: Flask) -> None:
    order = builders.make_order(lines=[Line("parking", 1), Line("weekend", 1)])
    parking, weekend = order.tickets
    assert [personalisation.can_reopen(ticket) for ticket in order.tickets] == [False, True]
    before = seen.rows()
    for chosen in ([parking], [weekend, parking]):
        with pytest.raises(NothingToReopen):
            reopen(order, *chosen)
    assert seen.changes(before) == {}, "all or none"


def test_who_is_inside_or_cancelled_stays_so(ready: Order) -> None:
    inside, cancelled, other = ready.tickets[:3]
    admission.check_in(barcodes.text_of(inside), builders.ORGANISER)
    cancelling.cancel_ticket(cancelled, builders.ORGANISER)
    before = seen.rows()
    for chosen in ([inside], [cancelled], [other, inside]):
        with pytest.raises(NothingToReopen):
            reopen(ready, *chosen)
    assert seen.changes(before) == {}


def test_a_cancelled_order_stays_cancelled(ready: Order) -> None:
    cancelling.cancel_order(ready, builders.ORGANISER)
    with pytest.raises(NothingToReopen):
        reopen(ready)


def test_nothing_chosen_or_somebody_elses_ticket(ready: Order) -> None:
    stranger = builders.make_order().tickets[0]
    before = seen.rows()
    for chosen in ({}, {stranger.id: 1}, {ready.tickets[0].id: 2, stranger.id: 1}, {10**9: 1}):
        with pytest.raises(NothingToReopen):
            personalisation.reopen(ready, chosen, "", builders.ORGANISER)
    assert seen.changes(before) == {}


def test_a_name_that_was_not_on_the_list_is_not_cleared(order_of_five: Order) -> None:
    """The organiser confirmed a list of names; who claimed meanwhile wasn't on it."""
    chosen = {ticket.id: ticket.revision for ticket in order_of_five.tickets}
    builders.claim(order_of_five.tickets[3])
    before = seen.rows()
    with pytest.raises(EditedMeanwhile):
        personalisation.reopen(order_of_five, chosen, "", builders.ORGANISER)
    assert seen.changes(before) == {}


def test_twice_at_once_it_happens_once(app: Flask, ready: Order) -> None:
    order_id, chosen = ready.id, {ticket.id: ticket.revision for ticket in ready.tickets}

    def again() -> None:
        order = db.session.get_one(Order, order_id)
        personalisation.reopen(order, chosen, "", builders.ORGANISER)

    assert kinds(at_once(app, again, again)) == ["", "EditedMeanwhile"]
    assert len(builders.mails_of(ready, outbox.REOPENED)) == 1
    assert {ticket.round for ticket in ready.tickets} == {2}
