"""Tickets that lack what is required by now, and asking their holders for it."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import select, update

from tests import builders, seen
from ticketing import cancelling, history, personalisation
from ticketing.asking import missing, needs, questions
from ticketing.asking.fields import InvalidDetails
from ticketing.extensions import db
from ticketing.models import Event, HistoryEntry, Order, Shop, Ticket, now
from ticketing.posting import outbox
from ticketing.refusals import (
    AskedLately,
    DeadlinePassed,
    EditedMeanwhile,
    NothingMissing,
    TicketCancelled,
    TooManyMails,
)
from ticketing.storing.transactions import write

pytestmark = pytest.mark.usefixtures("consistent")

WANTED = [key for key in needs.SETTINGS if key != "email_check"]
HOLDER = history.By("holder")
OLGA = builders.ORGANISER


@pytest.fixture
def shop(app: object) -> Shop:
    return builders.make_shop()


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


@pytest.fixture
def order(shop: Shop) -> Order:
    return builders.make_order(shop, tickets=3)


@pytest.fixture
def anna(order: Order) -> Ticket:
    """Hers was complete when she gave her name."""
    return builders.claim(order.tickets[0], phone="")


def lacks(ticket: Ticket) -> list[str]:
    db.session.rollback()
    return [each.field.key for each in missing.missing_in(ticket)]


def lacking(event: Event) -> list[int]:
    """The same question asked of the database: positions, of all tickets there are."""
    db.session.rollback()
    found = select(Ticket).where(missing.lacking([event])).order_by(Ticket.id)
    return [ticket.position for ticket in db.session.scalars(found)]


def ask_all(event: Event) -> int:
    return missing.ask_all(event, OLGA, select(Ticket))


def a_day_passes() -> None:
    with write() as session:
        session.execute(update(HistoryEntry).values(at=now() - missing.PAUSE))


# What is missing


def test_nothing_is_missing_until_more_is_required(event: Event, anna: Ticket) -> None:
    assert lacks(anna) == []
    assert lacking(event) == []
    builders.require(event, phone="required", city="required", country="optional")
    assert lacks(anna) == ["phone", "city"]
    assert lacking(event) == [1]
    builders.require(event, phone="optional", city="off")
    assert lacks(anna) == []
    assert lacking(event) == []


def test_what_was_given_is_never_lost(event: Event, order: Order) -> None:
    builders.require(event, city="required")
    ticket = builders.claim(order.tickets[0], city="Utrecht")
    builders.require(event, city="off")
    db.session.rollback()
    assert ticket.details == {"city": "Utrecht"}
    builders.require(event, city="required")
    assert lacks(ticket) == []


def test_a_question_is_asked_later(event: Event, anna: Ticket) -> None:
    question = builders.ask(event, "Diet?", "choice", "Meat", "Fish", need="required")
    assert lacks(anna) == [question.key]
    assert lacking(event) == [1]
    questions.archive(question)
    assert lacks(anna) == []
    assert lacking(event) == []


def test_a_type_asks_for_itself(event: Event, shop: Shop, anna: Ticket) -> None:
    weekend, friday, parking = event.ticket_types
    other = builders.claim(
        builders.make_order(shop, tickets=1, type_code="friday").tickets[0], phone=""
    )
    car = builders.make_order(shop, tickets=1, type_code="parking").tickets[0]
    given = {**needs.of_type(friday), "phone": "required"}
    needs.change_type(friday, given, revision=friday.revision)
    assert (lacks(anna), lacks(other), lacks(car)) == ([], ["phone"], [])
    assert lacking(event) == [1]
    builders.require(event, country="required")
    assert (lacks(anna), lacks(other), lacks(car)) == (["country"], ["phone", "country"], [])
    assert weekend.fields == parking.fields == {}


def test_who_has_one_name_lacks_none(event: Event, order: Order) -> None:
    builders.require(event, last_name="optional")
    cher = builders.claim(order.tickets[0], first_name="Cher", last_name="")
    sukarno = builders.claim(order.tickets[1], first_name="Sukarno", last_name="", one_name="y")
    builders.require(event, last_name="required")
    assert lacks(cher) == ["last_name"]
    # The box was asked for only where the last name was required.
    assert lacks(sukarno) == ["last_name"]
    assert lacking(event) == [1, 2]
    db.session.rollback()
    one = builders.claim(order.tickets[2], first_name="Pele", last_name="", one_name="y")
    assert lacks(one) == []
    assert lacking(event) == [1, 2]


def test_open_cancelled_and_admitted_tickets_lack_nothing(event: Event, order: Order) -> None:
    for ticket in order.tickets[:2]:
        builders.claim(ticket, phone="")
    cancelling.cancel_ticket(order.tickets[1], OLGA, reason="")
    builders.require(event, phone="required")
    assert [lacks(ticket) for ticket in order.tickets] == [["phone"], [], []]
    assert lacking(event) == [1]


@how(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    wanted=st.fixed_dictionaries({key: st.sampled_from(needs.offered(key)) for key in WANTED}),
    own=st.dictionaries(st.sampled_from(WANTED), st.sampled_from(needs.NEEDS), max_size=3),
)
def test_the_database_says_the_same(
    event: Event, order: Order, wanted: dict[str, str], own: dict[str, str]
) -> None:
    if order.tickets[0].state == "open":  # the first time around
        with write():
            event.fields = dict.fromkeys(WANTED, "optional")
        builders.claim(order.tickets[0], last_name="", phone="", city="Gouda", gender="other")
        builders.claim(order.tickets[1], email="", date_of_birth="1990-12-31")
        builders.claim(order.tickets[2], street="Kade", country="NL", position="Baker")
    with write():
        event.fields = wanted
        event.ticket_types[0].fields = own
    db.session.rollback()
    said = [ticket.position for ticket in order.tickets if missing.missing_in(ticket)]
    assert lacking(event) == said


# Asking one


def test_the_holder_is_asked(event: Event, order: Order, anna: Ticket) -> None:
    builders.require(event, phone="required")
    before = seen.rows()
    assert missing.ask(anna, OLGA) == "anna@example.org"
    assert set(seen.changes(before)) == {"history", "outbox"}
    [mail] = builders.mails_of(order, outbox.DETAILS_MISSING)
    assert (mail.recipient, mail.ticket_id, mail.params) == (
        "anna@example.org",
        anna.id,
        {"positions": [1]},
    )
    entry = seen.last(anna)
    assert (entry.action, entry.actor, entry.after) == (
        "details_asked",
        "organiser",
        {"to": "anna@example.org"},
    )


def test_without_an_address_the_booker_is_asked(event: Event, order: Order) -> None:
    builders.require(event, email="off")
    ticket = builders.claim(order.tickets[0])
    builders.require(event, email="required")
    assert missing.ask(ticket, OLGA) == order.email


def test_nobody_is_asked_twice_within_a_day(event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required")
    missing.ask(anna, OLGA)
    before = seen.digest()
    with pytest.raises(AskedLately):
        missing.ask(anna, OLGA)
    assert ask_all(event) == 0
    assert seen.digest() == before
    a_day_passes()
    missing.ask(anna, OLGA)


def test_nobody_is_asked_for_nothing(event: Event, order: Order, anna: Ticket) -> None:
    before = seen.digest()
    for ticket in order.tickets[:2]:
        with pytest.raises(NothingMissing):
            missing.ask(ticket, OLGA)
    assert seen.digest() == before


def test_nobody_is_asked_who_could_not_answer(event: Event, shop: Shop, anna: Ticket) -> None:
    builders.require(event, phone="required")
    with write():
        shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    with pytest.raises(DeadlinePassed):
        missing.ask(anna, OLGA)
    assert ask_all(event) == 0
    cancelling.cancel_ticket(anna, OLGA, reason="")
    with pytest.raises(TicketCancelled):
        missing.ask(anna, OLGA)


def test_a_stranger_gets_only_so_many(event: Event, shop: Shop) -> None:
    """Whoever claims may name any address."""
    n = missing.MAILS_PER_RECIPIENT + 1
    orders = [builders.make_order(shop, tickets=1) for _ in range(n)]
    for order in orders:
        builders.claim(order.tickets[0], phone="")
    builders.require(event, phone="required")
    assert ask_all(event) == n - 1
    [left] = [each for each in orders if not builders.mails_of(each, outbox.DETAILS_MISSING)]
    with pytest.raises(TooManyMails):
        missing.ask(left.tickets[0], OLGA)


# Asking all


def test_all_are_asked_with_one_mail_an_address(event: Event, shop: Shop, order: Order) -> None:
    builders.claim(order.tickets[0], phone="")
    builders.claim(order.tickets[1], phone="")
    builders.claim(order.tickets[2], phone="", email="carl@example.org")
    other = builders.make_order(shop, tickets=1)
    builders.claim(other.tickets[0], phone="", email="dora@example.org")
    builders.require(event, phone="required")
    assert missing.count(missing.to_ask(event, select(Ticket))) == 4
    assert ask_all(event) == 4
    assert [
        (mail.recipient, mail.params["positions"])
        for each in (order, other)
        for mail in builders.mails_of(each, outbox.DETAILS_MISSING)
    ] == [
        ("anna@example.org", [1, 2]),
        ("carl@example.org", [3]),
        ("dora@example.org", [1]),
    ]
    assert missing.count(missing.to_ask(event, select(Ticket))) == 0
    assert ask_all(event) == 0


def test_only_the_selected_are_asked(event: Event, shop: Shop, anna: Ticket) -> None:
    elsewhere = builders.make_shop()
    theirs = builders.claim(builders.make_order(elsewhere, tickets=1).tickets[0], phone="")
    builders.require(event, phone="required")
    builders.require(elsewhere.event, phone="required")
    assert ask_all(event) == 1
    assert seen.actions(theirs)[-1] == "claimed"
    none = select(Ticket).where(Ticket.id == 0)
    assert missing.ask_all(elsewhere.event, OLGA, none) == 0


def test_thousands_are_asked_a_part_at_a_time(
    event: Event, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(missing, "MOST_AT_ONCE", 4)
    monkeypatch.setattr(missing, "_ORDERS_AT_ONCE", 2)
    for n in range(6):
        order = builders.make_order(shop, tickets=1)
        builders.claim(order.tickets[0], phone="", email=f"h{n}@example.org")
    builders.require(event, phone="required")
    assert [ask_all(event), ask_all(event), ask_all(event)] == [4, 2, 0]


# Answering


def complete(ticket: Ticket, **given: str) -> Ticket:
    return personalisation.complete(ticket, given, HOLDER, revision=ticket.revision)


def test_the_ticket_is_completed_and_stays_what_it_is(event: Event, anna: Ticket) -> None:
    diet = builders.ask(event, "Diet?", "choice", "Meat", "Fish", need="required")
    builders.require(event, phone="required")
    barcode, link, version = anna.barcode_generation, anna.link_generation, anna.order.version
    complete(anna, phone="06 12345678", **{diet.key: "c2"})
    assert (anna.phone, anna.details) == ("+31612345678", {diet.key: "c2"})
    assert (anna.state, anna.barcode_generation, anna.link_generation) == (
        "personalised",
        barcode,
        link,
    )
    assert anna.order.version == version + 1
    entry = seen.last(anna)
    assert (entry.action, entry.actor) == ("completed", "holder")
    assert {*entry.after} - {*entry.before} == {"phone", diet.key}
    assert lacks(anna) == []
    assert lacking(event) == []


def test_what_is_there_is_not_changed(event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required")
    complete(anna, phone="0612345678", first_name="Mallory", email="mallory@example.org")
    assert (anna.first_name, anna.email) == ("Anna", "anna@example.org")


def test_a_wrong_answer_changes_nothing(event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required", city="required")
    before = seen.digest()
    with pytest.raises(InvalidDetails) as refused:
        complete(anna, phone="12")
    assert set(refused.value.errors) == {"phone", "city"}
    assert seen.digest() == before


def test_it_is_completed_once(event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required")
    revision = anna.revision
    complete(anna, phone="0612345678")
    with pytest.raises(NothingMissing):
        personalisation.complete(anna, {"phone": "0687654321"}, HOLDER, revision=revision)
    assert seen.actions(anna).count("completed") == 1


def test_who_was_slower_overwrites_nothing(event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required", city="required")
    revision = anna.revision
    personalisation.edit(
        anna,
        {**builders.ANNA, "phone": "", "city": "Gouda"},
        OLGA,
        revision=revision,
        new_barcode=False,
        mail_holder=False,
    )
    assert lacks(anna) == ["phone"]
    with pytest.raises(EditedMeanwhile):
        personalisation.complete(
            anna, {"phone": "0612345678", "city": "Delft"}, HOLDER, revision=revision
        )
    assert anna.details == {"city": "Gouda"}


def test_the_deadline_is_the_end_of_it(event: Event, shop: Shop, anna: Ticket) -> None:
    builders.require(event, phone="required")
    with write():
        shop.personalisation_deadline = now() - dt.timedelta(minutes=1)
    with pytest.raises(DeadlinePassed):
        complete(anna, phone="0612345678")
    db.session.rollback()
    assert anna.phone == ""


def test_the_organiser_corrects_without_knowing_the_rest(event: Event, anna: Ticket) -> None:
    builders.require(event, phone="required")
    personalisation.edit(
        anna,
        {**builders.ANNA, "first_name": "Anne", "phone": ""},
        OLGA,
        revision=anna.revision,
        new_barcode=False,
        mail_holder=False,
    )
    assert (anna.first_name, lacks(anna)) == ("Anne", ["phone"])
