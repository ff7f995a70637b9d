"""The organiser corrects who an order belongs to."""

import pytest
from flask import Flask

from tests import builders, seen
from tests.at_once import at_once, kinds
from ticketing import cancelling, links, sending
from ticketing.asking.fields import InvalidDetails
from ticketing.extensions import db
from ticketing.links import LinkWithdrawn
from ticketing.models import Order
from ticketing.refusals import EditedMeanwhile
from ticketing.web import by_link

pytestmark = pytest.mark.usefixtures("consistent")

CONTACT = {"first_name": "Cato", "last_name": "", "email": "cato@example.org", "phone": ""}


def edit(order: Order, revision: int = 1, **details: str) -> Order:
    return sending.edit_contact(
        order, {**CONTACT, **details}, builders.ORGANISER, revision=revision
    )


def test_it_changes_the_contact(order_of_five: Order) -> None:
    edit(order_of_five, phone="020 123 4567")
    assert sending.contact_name(order_of_five) == "Cato"
    assert (order_of_five.email, order_of_five.phone) == ("cato@example.org", "+31201234567")
    assert (order_of_five.revision, order_of_five.version) == (2, 2)
    assert "cato@example.org" in builders.found_by(order_of_five)
    assert "bea" not in builders.found_by(order_of_five)


def test_the_history_says_what_changed(order_of_five: Order) -> None:
    edit(order_of_five, last_name="Booker")
    entry = seen.last(order_of_five)
    assert (entry.action, entry.actor_name) == ("contact_edited", "Olga Organiser")
    assert entry.before == {
        "first_name": "Bea",
        "email": "bea@example.org",
        "phone": "+31687654321",
    }
    assert entry.after == {"first_name": "Cato", "email": "cato@example.org", "phone": ""}


def test_holders_stay_who_they_are(order_of_five: Order) -> None:
    builders.claim(order_of_five.tickets[0], email="bea@example.org")
    other = builders.make_order()
    before = seen.rows()
    edit(order_of_five, email=order_of_five.email)
    changed = {"orders", "tickets", "history", "changes", "search_entries"}
    assert seen.changes(before).keys() == changed
    assert order_of_five.tickets[0].email == "bea@example.org"
    assert order_of_five.tickets[0].revision == 2
    assert other.email == "bea@example.org"


def test_with_another_address_comes_another_link(order_of_five: Order) -> None:
    old = links.order_token(order_of_five)
    edit(order_of_five)
    with pytest.raises(LinkWithdrawn):
        by_link.order_version_of(old)
    by_link.order_version_of(links.order_token(order_of_five))
    (mail,) = builders.mails_of(order_of_five, "tickets")
    assert mail.recipient == "cato@example.org"


def test_with_the_same_address_the_link_stays(order_of_five: Order) -> None:
    link = links.order_token(order_of_five)
    edit(order_of_five, email=order_of_five.email)
    assert links.order_token(order_of_five) == link
    assert builders.mails_of(order_of_five, "tickets") == []


@pytest.mark.parametrize(
    "bad", [{"first_name": " "}, {"email": ""}, {"email": "no"}, {"phone": "1"}]
)
def test_bad_details_change_nothing(order_of_five: Order, bad: dict[str, str]) -> None:
    before = seen.rows()
    with pytest.raises(InvalidDetails) as refused:
        edit(order_of_five, 1, **bad)
    assert refused.value.errors.keys() == bad.keys()
    assert seen.changes(before) == {}


def test_a_form_of_another_state_of_things_overwrites_nothing(order_of_five: Order) -> None:
    edit(order_of_five)
    before = seen.rows()
    for revision in (0, 1, 3):
        with pytest.raises(EditedMeanwhile):
            edit(order_of_five, revision, first_name="Dora")
    assert seen.changes(before) == {}


def test_a_claim_meanwhile_is_no_contradiction(order_of_five: Order) -> None:
    builders.claim(order_of_five.tickets[0])
    edit(order_of_five)
    assert order_of_five.version == 3


def test_a_cancelled_orders_contact_can_be_corrected(order_of_five: Order) -> None:
    cancelling.cancel_order(order_of_five, builders.ORGANISER)
    edit(order_of_five)
    assert order_of_five.first_name == "Cato"


def test_twice_at_once_one_of_them_is_told(app: Flask, order_of_five: Order) -> None:
    order_id = order_of_five.id

    def save(name: str) -> None:
        edit(db.session.get_one(Order, order_id), first_name=name)

    results = at_once(app, lambda: save("Dora"), lambda: save("Eva"))
    assert kinds(results) == ["", "EditedMeanwhile"]
