"""What an event sells, and what becomes of tickets that are out when a type changes."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as listening

from tests import builders
from tests.at_once import at_once, kinds
from tests.seen import actions, changes, digest, entries, last, rows
from ticketing import cancelling, links, personalisation, sharing
from ticketing.extensions import db
from ticketing.models import (
    CANCELLED,
    OPEN,
    PERSONALISED,
    Call,
    Change,
    Event,
    Order,
    Shop,
    Ticket,
    TicketType,
)
from ticketing.ordering import orders
from ticketing.ordering.orders import Line
from ticketing.organising import ticket_types
from ticketing.organising.ticket_types import InvalidTicketType
from ticketing.refusals import AlreadyClaimed, EditedMeanwhile, TypeInUse
from ticketing.storing.transactions import write
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS, TICKET_PERSONALISED

BACKSTAGE = {"name": "Backstage", "code": "backstage", "price": "120", "needs_personal_data": "y"}


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


@pytest.fixture
def weekend(event: Event) -> TicketType:
    return event.ticket_types[0]


def change(ticket_type: TicketType, *, confirmed: bool = False, **given: str) -> TicketType:
    """As if the form had been opened just now, and these fields typed."""
    db.session.rollback()
    typed = {**ticket_types.as_typed(ticket_type, ticket_type.event.currency), **given}
    return ticket_types.change(
        ticket_type,
        typed,
        builders.ORGANISER,
        revision=ticket_type.revision,
        confirmed=confirmed,
    )


def refused(ticket_type: TicketType, **given: str) -> InvalidTicketType:
    before = digest()
    with pytest.raises(InvalidTicketType) as found:
        change(ticket_type, confirmed=False, **given)
    assert digest() == before
    return found.value


def overview_of(order: Order) -> str:
    return f"/o/{links.order_token(order)}"


def codes(event: Event, *, archived: bool = False) -> list[str]:
    db.session.rollback()
    return [t.code for t in event.ticket_types if (t.archived_at is not None) == archived]


# ---- New ones ----


def test_a_new_type_is_the_last_of_its_event(event: Event) -> None:
    before = rows()
    made = ticket_types.create(event, {**BACKSTAGE, "name": " Back  stage "})
    assert set(changes(before)) == {"ticket_types"}
    assert (made.name, made.code, made.price, made.needs_personal_data) == (
        "Back stage",
        "backstage",
        12000,
        True,
    )
    assert codes(event) == ["weekend", "friday", "parking", "backstage"]


def test_codes_are_lower_case(event: Event) -> None:
    for typed in ("VIP", "day-2", "day_2", "2", "a" * 50):
        assert ticket_types.create(event, {**BACKSTAGE, "code": f" {typed} "}).code == typed.lower()


def test_what_is_wrong_is_said_of_its_field(event: Event) -> None:
    wrong = {
        "name": ["", " \t ", "x" * 201, "a\u202eb", "a\0b"],
        # There is a type with the code "weekend".
        "code": ["", "two words", "-day", "day--2", "żółć", "٣", "a" * 51, "WEEKEND"],
        "price": ["-1", "much", "1.234,567", "99999999999"],
    }
    before = digest()
    for key, texts in wrong.items():
        for typed in texts:
            with pytest.raises(InvalidTicketType) as invalid:
                ticket_types.create(event, {**BACKSTAGE, key: typed})
            assert list(invalid.value.errors) == [key], typed
            assert not invalid.value.confirm
    assert digest() == before


def test_two_events_may_have_the_same_codes(app: Flask, event: Event) -> None:
    other = builders.make_shop().event
    ticket_types.create(event, BACKSTAGE)
    assert ticket_types.create(other, BACKSTAGE).code == "backstage"


def test_an_event_has_so_many_types_at_most(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket_types, "MAX_TYPES", 3)
    with pytest.raises(InvalidTicketType) as invalid:
        ticket_types.create(event, BACKSTAGE)
    assert "at most 3" in invalid.value.errors["name"]


def test_the_same_code_twice_in_one_instant(app: Flask, event: Event) -> None:
    event_id = event.id
    db.session.rollback()

    def create() -> Any:
        return ticket_types.create(db.session.get_one(Event, event_id), BACKSTAGE)

    assert kinds(at_once(app, create, create, create)) == ["", *2 * ["InvalidTicketType"]]
    assert codes(event).count("backstage") == 1


# ---- Changes ----


def test_a_type_changes(weekend: TicketType) -> None:
    changed = change(weekend, name="The whole weekend", code="all", price="€ 99,50")
    assert (changed.name, changed.code, changed.price) == ("The whole weekend", "all", 9950)
    assert changed.revision == 2


def test_nobody_elses_change_is_overwritten(weekend: TicketType) -> None:
    change(weekend, name="Theirs")
    before = digest()
    with pytest.raises(EditedMeanwhile):
        ticket_types.change(weekend, BACKSTAGE, builders.ORGANISER, revision=1)
    assert digest() == before


def test_the_code_stays_once_there_are_tickets(shop: Shop, weekend: TicketType) -> None:
    builders.make_order(shop, tickets=1)
    assert list(refused(weekend, code="other").errors) == ["code"]
    assert change(weekend, name="New name").name == "New name"
    assert db.session.get_one(Order, 1).tickets[0].type.name == "New name"


def test_a_code_from_elsewhere_may_stay_as_it_is(event: Event) -> None:
    with write() as session:
        odd = TicketType(event_id=event.id, code="Großer Saal", name="Odd", position=9)
        session.add(odd)
    assert change(odd, name="Even").code == "Großer Saal"
    assert list(refused(odd, code="Kleiner Saal").errors) == ["code"]


# ---- No personal data ----


def test_tickets_without_personal_data_are_ready_at_once(
    shop: Shop, client: FlaskClient, consistent: None
) -> None:
    order = builders.make_order(shop, lines=[Line("parking", 1), Line("weekend", 1)])
    parking, weekend = order.tickets
    assert (parking.state, weekend.state) == (PERSONALISED, OPEN)
    page = client.get(overview_of(order)).text
    cards = page.split("<article")[1:]
    assert "Ready" in cards[0]
    assert "claim" not in cards[0].lower()
    assert "Download ticket" in cards[0] or "Show ticket" in cards[0]
    assert ">Claim" in cards[1]
    answer = client.get(f"{overview_of(order)}/tickets/{parking.position}/claim")
    assert answer.status_code in {404, 409}


def test_open_tickets_need_a_yes_before_they_are_ready(shop: Shop, weekend: TicketType) -> None:
    builders.make_order(shop, tickets=2)
    invalid = refused(weekend, needs_personal_data="")
    assert invalid.confirm
    assert "2 tickets of this type still wait" in invalid.errors["needs_personal_data"]


def test_open_tickets_become_ready(
    shop: Shop, weekend: TicketType, client: FlaskClient, consistent: None
) -> None:
    order = builders.make_order(shop, lines=[Line("weekend", 3), Line("friday", 1)])
    other = builders.make_order(shop, tickets=1)
    untouched = builders.make_order(shop, type_code="friday", tickets=1)
    claimed, shared, left, friday = order.tickets
    builders.claim(claimed)
    link = builders.share(shared)
    versions = {each.id: each.version for each in (order, other, untouched)}
    mails = len(builders.mails_of(order))
    changed = change(weekend, confirmed=True, needs_personal_data="")
    assert not changed.needs_personal_data

    db.session.rollback()
    assert [each.state for each in order.tickets] == [PERSONALISED] * 3 + [OPEN]
    assert claimed.first_name == "Anna"
    assert left.first_name == ""
    assert left.personalised_by is None
    assert left.personalised_at is not None
    # Each history says so, and by whom.
    assert actions(claimed) == ["claimed"]
    assert actions(shared) == ["shared", "made_ready"]
    assert actions(friday) == []
    entry = last(left)
    assert (entry.action, entry.actor, entry.actor_name) == (
        "made_ready",
        "organiser",
        "Olga Organiser",
    )
    assert (entry.before, entry.after) == ({"state": OPEN}, {"state": PERSONALISED})
    # Open overviews hear of it: one version more, with the cards that changed.
    assert order.version == versions[order.id] + 1
    assert other.version == versions[other.id] + 1
    assert untouched.version == versions[untouched.id]
    assert [t.version == order.version for t in order.tickets] == [False, True, True, False]
    feed = db.session.query(Change).order_by(Change.id.desc()).limit(2)
    assert {(each.order_id, each.version) for each in feed} == {
        (order.id, order.version),
        (other.id, other.version),
    }
    # The shared link ends, and so does one that an open share dialog had handed out.
    assert shared.shares[0].ended_by == "ready"
    assert client.get(link).status_code == 410
    assert len(builders.mails_of(order)) == mails
    page = client.get(overview_of(order)).text
    assert len(re.findall(r">Claim\s*<", page)) == 1  # Friday's


def test_a_link_that_a_dialog_still_shows_ends_too(
    shop: Shop, weekend: TicketType, client: FlaskClient
) -> None:
    order = builders.make_order(shop, tickets=1)
    handed_out = links.share_token(order.tickets[0], sharing.next_generation(order.tickets[0]))
    assert client.get(f"/s/{handed_out}").status_code == 200
    change(weekend, confirmed=True, needs_personal_data="")
    db.session.rollback()
    assert client.get(f"/s/{handed_out}").status_code == 410


def test_who_fills_in_the_form_meanwhile_is_told(
    shop: Shop, weekend: TicketType, consistent: None
) -> None:
    ticket = builders.make_order(shop, tickets=1).tickets[0]
    change(weekend, confirmed=True, needs_personal_data="")
    with pytest.raises(AlreadyClaimed):
        builders.claim(ticket)


def test_cancelled_tickets_stay_so(shop: Shop, weekend: TicketType, consistent: None) -> None:
    order = builders.make_order(shop, tickets=2)
    gone = builders.make_order(shop, tickets=1)
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    cancelling.cancel_order(gone, builders.ORGANISER)
    change(weekend, confirmed=True, needs_personal_data="")
    db.session.rollback()
    assert [ticket.state for ticket in order.tickets] == [CANCELLED, PERSONALISED]
    assert gone.tickets[0].state == CANCELLED
    assert "made_ready" not in actions(gone)


def test_programs_hear_of_tickets_that_became_ready(shop: Shop, weekend: TicketType) -> None:
    order = builders.make_order(shop, tickets=2)
    endpoint = endpoints.create(shop.organiser_id, "https://hooks.example.org/", EVENTS)
    change(weekend, confirmed=True, needs_personal_data="")
    calls = db.session.query(Call).filter_by(endpoint_id=endpoint.id).order_by(Call.id)
    assert [(call.event, call.order_id, call.params["tickets"]) for call in calls] == [
        (TICKET_PERSONALISED, order.id, [ticket.id]) for ticket in order.tickets
    ]


def test_many_are_made_ready_in_a_few_statements(shop: Shop, weekend: TicketType) -> None:
    for _ in range(6):
        builders.make_order(shop, tickets=5)
    asked: list[str] = []

    def listen(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    listening.listen(db.engine, "before_cursor_execute", listen)
    try:
        change(weekend, confirmed=True, needs_personal_data="")
    finally:
        listening.remove(db.engine, "before_cursor_execute", listen)
    assert db.session.query(Ticket).filter_by(state=OPEN).count() == 0
    assert len(asked) < 25, "\n".join(asked)


def test_claims_and_the_switch_in_one_instant(
    app: Flask, shop: Shop, weekend: TicketType, consistent: None
) -> None:
    order = builders.make_order(shop, tickets=4)
    type_id, ticket_ids = weekend.id, [ticket.id for ticket in order.tickets]
    db.session.rollback()

    def claim(ticket_id: int) -> Any:
        ticket = db.session.get_one(Ticket, ticket_id)
        return builders.claim(ticket).first_name

    def switch() -> Any:
        found = db.session.get_one(TicketType, type_id)
        return change(found, confirmed=True, needs_personal_data="").needs_personal_data

    results = at_once(app, switch, *[lambda n=n: claim(n) for n in ticket_ids])
    assert set(kinds(results)) <= {"", "AlreadyClaimed"}
    assert results[0] is False
    db.session.rollback()
    for ticket, result in zip(order.tickets, results[1:], strict=True):
        assert ticket.state == PERSONALISED
        assert (ticket.first_name == "Anna") == (result == "Anna")


def test_names_can_be_asked_for_again_while_all_have_one(
    shop: Shop, weekend: TicketType, consistent: None
) -> None:
    order = builders.make_order(shop, tickets=1)
    builders.claim(order.tickets[0])
    change(weekend, needs_personal_data="")  # nothing waits: no yes is needed
    assert change(weekend, needs_personal_data="y").needs_personal_data
    assert builders.make_order(shop, tickets=1).tickets[0].state == OPEN
    assert [each.action for each in entries(order)] == ["placed", "claimed"]


def test_names_can_t_be_asked_of_tickets_that_are_out_without(shop: Shop, event: Event) -> None:
    parking = event.ticket_types[2]
    assert change(parking, needs_personal_data="y").needs_personal_data  # none is sold
    change(parking, needs_personal_data="")
    builders.make_order(shop, lines=[Line("parking", 2)])
    invalid = refused(parking, needs_personal_data="y")
    assert "2 tickets of this type are already out" in invalid.errors["needs_personal_data"]
    assert not invalid.confirm


def test_a_reopened_type_is_not_reopened_where_nothing_is_asked(
    shop: Shop, weekend: TicketType
) -> None:
    order = builders.make_order(shop, tickets=1)
    change(weekend, confirmed=True, needs_personal_data="")
    db.session.rollback()
    assert not personalisation.can_reopen(order.tickets[0])


# ---- Order, archive, end ----


def test_types_move_among_those_that_are_sold(event: Event) -> None:
    weekend, friday, parking = event.ticket_types
    ticket_types.archive(friday)
    ticket_types.move(parking, -1)
    assert codes(event) == ["parking", "weekend"]
    ticket_types.move(parking, -1)  # already the first
    assert codes(event) == ["parking", "weekend"]
    ticket_types.move(parking, 1)
    assert codes(event) == ["weekend", "parking"]
    ticket_types.unarchive(friday)
    assert codes(event) == ["weekend", "parking", "friday"]
    assert sorted(each.position for each in event.ticket_types) == [1, 2, 3]
    assert weekend.revision == 1  # its place is no setting of a form


def test_an_archived_type_is_sold_no_more(
    shop: Shop, weekend: TicketType, client: FlaskClient
) -> None:
    order = builders.make_order(shop, tickets=1)
    revision = ticket_types.archive(weekend).revision
    assert ticket_types.archive(weekend).revision == revision  # twice is once
    assert "Weekend" not in client.get(f"/shop/{shop.slug}").text
    with pytest.raises(orders.UnknownTicketType):
        builders.make_order(shop, tickets=1)
    # Tickets that are out stay what they are.
    assert builders.claim(order.tickets[0]).state == PERSONALISED
    ticket_types.unarchive(weekend)
    assert "Weekend" in client.get(f"/shop/{shop.slug}").text
    assert builders.make_order(shop, tickets=1).tickets[0].state == OPEN


def test_its_code_stays_taken_while_it_is_archived(event: Event, weekend: TicketType) -> None:
    ticket_types.archive(weekend)
    with pytest.raises(InvalidTicketType) as invalid:
        ticket_types.create(event, {**BACKSTAGE, "code": "weekend"})
    assert list(invalid.value.errors) == ["code"]


def test_one_that_nobody_has_can_be_deleted(event: Event, weekend: TicketType) -> None:
    ticket_types.delete(weekend)
    assert codes(event) == ["friday", "parking"]
    ticket_types.create(event, {**BACKSTAGE, "code": "weekend"})  # the code is free again


def test_one_that_was_sold_can_t(shop: Shop, weekend: TicketType) -> None:
    order = builders.make_order(shop, tickets=1)
    cancelling.cancel_order(order, builders.ORGANISER)
    before = digest()
    with pytest.raises(TypeInUse):
        ticket_types.delete(weekend)
    assert digest() == before


def test_sold_and_deleted_in_one_instant(app: Flask, shop: Shop, weekend: TicketType) -> None:
    shop_id, type_id = shop.id, weekend.id
    db.session.rollback()

    def sell() -> Any:
        return builders.make_order(db.session.get_one(Shop, shop_id), tickets=1).id

    def delete() -> None:
        ticket_types.delete(db.session.get_one(TicketType, type_id))

    found = kinds(at_once(app, sell, delete))
    assert found in (["", "TypeInUse"], ["", "UnknownTicketType"])


def test_counts_hold_cancelled_ones_too(shop: Shop, event: Event) -> None:
    assert ticket_types.counts(event.id) == {}
    order = builders.make_order(shop, lines=[Line("weekend", 2), Line("parking", 1)])
    cancelling.cancel_order(order, builders.ORGANISER)
    weekend, _friday, parking = event.ticket_types
    assert ticket_types.counts(event.id) == {weekend.id: 2, parking.id: 1}
