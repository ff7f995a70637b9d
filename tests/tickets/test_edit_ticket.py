"""The organiser corrects one ticket."""

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling, guards, links, personalisation
from ticketing.asking.fields import InvalidDetails
from ticketing.carried import admission, barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import OPEN, PERSONALISED, Order, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import (
    AlreadyClaimed,
    EditedMeanwhile,
    NoDetailsNeeded,
    TicketCancelled,
)
from ticketing.storing.transactions import write
from ticketing.web import by_link

pytestmark = pytest.mark.usefixtures("consistent")


def edit(
    ticket: Ticket,
    *,
    revision: int | None = None,
    new_barcode: bool = False,
    mail_holder: bool = False,
    **details: str,
) -> Ticket:
    return personalisation.edit(
        ticket,
        {**builders.ANNA, **details},
        builders.ORGANISER,
        revision=revision or ticket.revision,
        new_barcode=new_barcode,
        mail_holder=mail_holder,
    )


@pytest.fixture
def claimed(open_ticket: Ticket) -> Ticket:
    return builders.claim(open_ticket)


def test_it_changes_the_details(claimed: Ticket) -> None:
    edit(claimed, last_name="de Vries", phone="0687654321")
    assert (claimed.first_name, claimed.last_name, claimed.phone) == (
        "Anna",
        "de Vries",
        "+31687654321",
    )
    assert (claimed.state, claimed.revision) == (PERSONALISED, 3)
    assert claimed.personalised_by == "booker", "who personalised it stays"


def test_the_history_says_who_and_what_changed(claimed: Ticket) -> None:
    edit(claimed, last_name="de Vries", phone="")
    entry = seen.last(claimed)
    assert (entry.action, entry.actor) == ("edited", "organiser")
    assert entry.actor_name == "Olga Organiser"
    assert entry.before == {"last_name": "Visser", "phone": "+31612345678"}
    assert entry.after == {"last_name": "de Vries"}


def test_only_this_ticket_changes(order_of_five: Order) -> None:
    builders.make_order()
    for ticket in order_of_five.tickets:
        builders.claim(ticket)
    ticket = order_of_five.tickets[1]
    before = seen.rows()
    edit(ticket, first_name="Berta")
    assert seen.changes(before) == {
        "orders": [order_of_five.id],
        "search_entries": [order_of_five.id],
        "tickets": [ticket.id],
        "history": [seen.last(ticket).id],
        "changes": [6],
    }
    assert "berta visser" in builders.found_by(order_of_five)
    assert (order_of_five.version, ticket.version) == (7, 7)


def test_barcode_and_link_stay_unless_asked(claimed: Ticket) -> None:
    barcode, link = barcodes.text_of(claimed), links.ticket_token(claimed)
    edit(claimed, first_name="Berta")
    assert barcodes.look_up(barcode) is claimed
    assert by_link.ticket_of(link)[0] is claimed


def test_with_a_new_barcode_the_former_pdf_and_page_are_over(claimed: Ticket) -> None:
    barcode, link = barcodes.text_of(claimed), links.ticket_token(claimed)
    edit(claimed, email="new@example.org", new_barcode=True)
    with pytest.raises(BarcodeRefused, match="replaced"):
        barcodes.look_up(barcode)
    with pytest.raises(LinkWithdrawn):
        by_link.ticket_of(link)
    assert barcodes.look_up(barcodes.text_of(claimed)) is claimed
    assert by_link.ticket_of(links.ticket_token(claimed))[0] is claimed
    entry = seen.last(claimed)
    assert entry.before == {"email": "anna@example.org", "barcode": 1}
    assert entry.after == {"email": "new@example.org", "barcode": 2}


def test_the_holder_is_mailed_if_asked(claimed: Ticket) -> None:
    edit(claimed, email="new@example.org", mail_holder=True)
    mail = builders.mails_of(claimed.order, outbox.TICKET)[-1]
    assert (mail.recipient, mail.params, mail.ticket_id) == (
        "new@example.org",
        {"edited": True},
        claimed.id,
    )


def test_nobody_is_mailed_if_not_asked(claimed: Ticket) -> None:
    edit(claimed, email="new@example.org")
    assert len(builders.mails_of(claimed.order, outbox.TICKET)) == 1


def test_an_open_ticket_gets_its_holder_this_way(open_ticket: Ticket) -> None:
    token = builders.share(open_ticket).removeprefix("/s/")
    edit(open_ticket, mail_holder=True)
    assert (open_ticket.state, open_ticket.personalised_by) == (PERSONALISED, "organiser")
    assert open_ticket.shares[0].ended_by == "claimed"
    by_link.shared_ticket_of(token)
    with pytest.raises(AlreadyClaimed):
        guards.check_open(open_ticket.order, open_ticket, 1)
    assert barcodes.look_up(barcodes.text_of(open_ticket)) is open_ticket


def test_the_deadline_does_not_bind_the_organiser(claimed: Ticket) -> None:
    with write():
        claimed.order.shop.personalisation_deadline = now()
    edit(claimed, first_name="Berta")
    assert claimed.first_name == "Berta"


def test_who_is_inside_can_be_corrected(claimed: Ticket) -> None:
    admission.check_in(barcodes.text_of(claimed), builders.ORGANISER)
    edit(claimed, first_name="Berta", new_barcode=True)
    assert claimed.state == "checked_in"
    with pytest.raises(BarcodeRefused, match="checked_in"):
        barcodes.look_up(barcodes.text_of(claimed))


@pytest.mark.parametrize("bad", [{"first_name": ""}, {"email": "no"}, {"phone": "abc"}])
def test_bad_details_change_nothing(claimed: Ticket, bad: dict[str, str]) -> None:
    before = seen.rows()
    with pytest.raises(InvalidDetails) as refused:
        edit(claimed, new_barcode=True, mail_holder=True, **bad)  # type: ignore[arg-type]
    assert refused.value.errors.keys() == bad.keys()
    assert seen.changes(before) == {}


@pytest.mark.parametrize("revision", [1, 3, 99])
def test_a_form_of_another_state_of_things_overwrites_nothing(
    claimed: Ticket, revision: int
) -> None:
    before = seen.rows()
    with pytest.raises(EditedMeanwhile):
        edit(claimed, revision=revision, first_name="Berta", new_barcode=True)
    assert seen.changes(before) == {}


def test_a_claim_meanwhile_is_not_overwritten(open_ticket: Ticket) -> None:
    revision = open_ticket.revision
    builders.claim(open_ticket)
    with pytest.raises(EditedMeanwhile):
        edit(open_ticket, revision=revision, first_name="Berta")
    assert open_ticket.first_name == "Anna"


def test_a_reopen_meanwhile_is_not_undone(claimed: Ticket) -> None:
    revision = claimed.revision
    personalisation.reopen(claimed.order, {claimed.id: revision}, "", builders.ORGANISER)
    with pytest.raises(EditedMeanwhile):
        edit(claimed, revision=revision)
    assert claimed.state == OPEN


@pytest.mark.parametrize("whole_order", [True, False])
def test_a_cancelled_ticket_stays_as_it_is(claimed: Ticket, whole_order: bool) -> None:
    if whole_order:
        cancelling.cancel_order(claimed.order, builders.ORGANISER)
    else:
        cancelling.cancel_ticket(claimed, builders.ORGANISER)
    before = seen.rows()
    with pytest.raises(TicketCancelled):
        edit(claimed, first_name="Berta")
    assert seen.changes(before) == {}


def test_twice_at_once_one_of_them_is_told(app: Flask, claimed: Ticket) -> None:
    ticket_id, revision = claimed.id, claimed.revision

    def save(name: str) -> None:
        edit(db.session.get_one(Ticket, ticket_id), revision=revision, first_name=name)

    results = at_once(app, lambda: save("Berta"), lambda: save("Carla"), lambda: save("Dora"))
    assert kinds(results) == ["", "EditedMeanwhile", "EditedMeanwhile"]
    assert seen.actions(claimed) == ["claimed", "edited"]


def test_a_ticket_that_needs_no_name_gets_none(app: Flask) -> None:
    ticket = builders.make_order(type_code="parking").tickets[0]
    before = seen.rows()
    with pytest.raises(NoDetailsNeeded):
        edit(ticket)
    with pytest.raises(NoDetailsNeeded):
        edit(ticket, new_barcode=True)
    assert seen.changes(before) == {}
