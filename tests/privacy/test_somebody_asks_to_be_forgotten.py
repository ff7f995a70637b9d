"""S21: one person's details go, those of the others in the same order stay."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import event
from sqlalchemy.orm import Session

from tests import builders, seen
from tests.privacy import marked
from ticketing import cancelling, history, personalisation, sharing
from ticketing.asking import names
from ticketing.asking.names import ERASED
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.members.audit import PASSALONG
from ticketing.models import AuditEntry, Event, Order, Ticket
from ticketing.privacy import asked, held, people
from ticketing.privacy.asked import StillComing
from ticketing.privacy.erasing import Erased
from ticketing.privacy.people import NobodyFound, Person
from ticketing.storing import transactions
from ticketing.vault import revocations

pytestmark = pytest.mark.usefixtures("consistent")


@pytest.fixture
def order(app: Flask) -> Order:
    """Anna and Bob have a ticket each, of an event that is over; Bea has placed the order."""
    order = builders.make_order(tickets=3)
    builders.claim(order.tickets[0])
    builders.claim(order.tickets[1], **builders.BOB)
    marked.is_over(order.shop.event, days=1)
    return order


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def erase(text: str, order: Order, **more: Any) -> Erased:
    person = people.find(db.session(), text, order.organiser_id, ["NL"])
    return asked.erase(person, order.organiser_id, builders.ORGANISER, PASSALONG, **more)


def audited() -> list[dict[str, Any]]:
    """What each entry about somebody's erasure says."""
    db.session.rollback()
    found = db.session.query(AuditEntry).filter_by(action=audit.PERSON_ERASED)
    return [entry.about for entry in found.order_by(AuditEntry.id)]


def holder(ticket: Ticket) -> str:
    db.session.refresh(ticket)
    return names.full(ticket.first_name, ticket.last_name)


@pytest.mark.parametrize(
    "who", ["anna@example.org", "ANNA@Example.org", "+31612345678", "0612345678"]
)
def test_a_holder_goes_and_the_others_stay(order: Order, who: str) -> None:
    done = erase(who, order)
    assert (done.orders, done.tickets, done.bookers) == (1, 1, 0)
    assert [holder(ticket) for ticket in order.tickets] == [ERASED, "Bob de Boer", ""]
    assert order.email == "bea@example.org"
    assert "anna" not in builders.found_by(order)
    assert "bob de boer" in builders.found_by(order)
    assert [mail.recipient for mail in builders.mails_of(order)] == [
        "bea@example.org", ERASED, "bob@example.org",
    ]  # fmt: skip
    assert seen.last(order).after == {"tickets": [1]}


@pytest.mark.parametrize(
    "typed", ["JÜrgen@example.org", "ŻÓŁĆ@example.org", "ΝΊΚΟΣ@example.org", "İZMİR@example.org"]
)
def test_capitals_of_every_alphabet_are_found_again(order: Order, typed: str) -> None:
    """Today's holder, and a former one of whom only the history tells."""
    builders.claim(order.tickets[2], first_name="Today", email=typed, phone="")
    former = builders.make_order(order.shop, tickets=1)
    ticket = former.tickets[0]
    builders.claim(ticket, first_name="Former", email=typed, phone="")
    personalisation.reopen(former, {ticket.id: ticket.revision}, "", builders.ORGANISER)
    shared = builders.make_order(order.shop, tickets=1)
    by = history.booker(shared)
    sharing.share_by_email(shared.tickets[0], 1, typed, by, locale="en", asked_from="")

    for who in (typed, typed.lower()):
        person = people.find(db.session(), who, order.organiser_id)
        ids = people.orders_of(db.session(), person, order.organiser_id)
        assert ids == [order.id, former.id, shared.id]
    document = held.everything_about(db.session(), person, order.organiser_id)
    assert [each["to"].lower() for each in document["shares"]] == [typed.lower()]
    assert [each["to"].lower() for each in document["mails"]] == [typed.lower()] * 3
    erase(typed.lower(), order)
    assert typed.lower() not in str(seen.rows()).lower()


def test_whose_name_differs_by_a_letter_is_somebody_else(order: Order) -> None:
    builders.claim(order.tickets[2], first_name="Jo", email="jörgen@example.org", phone="")
    person = people.find(db.session(), "JÜRGEN@example.org", None)
    assert people.orders_of(db.session(), person, None) == []


def test_a_booker_goes_and_the_holders_stay(order: Order) -> None:
    done = erase(order.code, order)
    assert (done.bookers, done.tickets) == (1, 0)
    db.session.refresh(order)
    assert {order.first_name, order.last_name, order.email, order.phone} == {ERASED}
    assert [holder(ticket) for ticket in order.tickets] == ["Anna Visser", "Bob de Boer", ""]
    assert {entry.actor_name for entry in seen.entries(order)} <= {"", "Olga Organiser"}


def test_a_ticket_is_read_out(order: Order) -> None:
    erase(f"{order.code.lower()}-2", order)
    assert [holder(ticket) for ticket in order.tickets] == ["Anna Visser", ERASED, ""]


def test_a_holder_without_address_is_found_by_their_ticket(order: Order) -> None:
    event = builders.require(order.shop.event, email="off")
    assert event.fields["email"] == "off"
    builders.claim(order.tickets[2], first_name="Kid", email="", phone="")
    erase(f"{order.code}-3", order)
    assert holder(order.tickets[2]) == ERASED


def test_a_former_holder_goes_and_todays_stays(order: Order) -> None:
    ticket = order.tickets[0]
    personalisation.reopen(order, {ticket.id: ticket.revision}, "Anna is ill", builders.ORGANISER)
    builders.claim(ticket, first_name="Carla", email="carla@example.org", phone="")
    erase("anna@example.org", order)
    assert holder(ticket) == "Carla Visser"
    told = str([(e.before, e.after, e.reason) for e in seen.entries(order)])
    assert "Anna" not in told
    assert "anna@" not in told
    assert "Carla" in told
    assert len(seen.entries(ticket)) == 3  # what happened is still told


def test_whoever_got_the_ticket_in_an_edit_keeps_what_is_theirs(order: Order) -> None:
    ticket = order.tickets[0]
    given = {**builders.ANNA, "first_name": "Carla", "email": "carla@example.org"}
    personalisation.edit(
        ticket,
        given,
        builders.ORGANISER,
        revision=ticket.revision,
        new_barcode=False,
        mail_holder=False,
    )
    erase("anna@example.org", order)
    assert holder(ticket) == "Carla Visser"
    assert ticket.phone == builders.ANNA["phone"]
    assert "Anna" not in str([(e.before, e.after) for e in seen.entries(order)])


def test_whom_a_share_was_mailed_to_goes_with_who_claimed_through_it(app: Flask) -> None:
    order = builders.make_order(tickets=1)
    ticket = order.tickets[0]
    by = history.booker(order)
    sharing.share_by_email(ticket, 1, "anna@work.example", by, locale="en", asked_from="")
    personalisation.claim(ticket, builders.ANNA, history.VISITOR, round=1, share_generation=1)
    marked.is_over(order.shop.event, days=1)
    done = erase("anna@example.org", order)
    assert done.shares == 1
    assert "work.example" not in str(seen.rows())


def test_who_was_only_invited_goes_too(app: Flask) -> None:
    order = builders.make_order(tickets=1)
    by = history.booker(order)
    sharing.share_by_email(order.tickets[0], 1, "carl@example.org", by, locale="en", asked_from="")
    done = erase("carl@example.org", order)
    assert (done.shares, done.mails, done.tickets) == (1, 1, 0)
    assert "carl@" not in str(seen.rows())


def test_twice_is_the_same_as_once(order: Order) -> None:
    erase("anna@example.org", order)
    entries = len(seen.entries(order))
    assert erase("anna@example.org", order) == Erased()
    assert len(seen.entries(order)) == entries


def test_another_organisers_orders_are_not_touched(order: Order) -> None:
    other = builders.make_order(builders.make_shop(organiser_name="Rival Nights"), tickets=1)
    builders.claim(other.tickets[0])
    marked.is_over(other.shop.event, days=1)
    erase("anna@example.org", order)
    assert holder(other.tickets[0]) == "Anna Visser"
    everywhere = asked.erase(Person(email="anna@example.org"), None, history.SYSTEM, PASSALONG)
    assert everywhere.tickets == 1
    assert holder(other.tickets[0]) == ERASED


class TestAComingEvent:
    @pytest.fixture
    def order(self, app: Flask) -> Order:
        order = builders.make_order(tickets=2)
        builders.claim(order.tickets[0])
        return order

    def test_a_ticket_that_is_still_needed_is_not_touched(self, order: Order) -> None:
        before = seen.rows()
        with pytest.raises(StillComing) as coming:
            erase("anna@example.org", order)
        assert coming.value.tickets == [order.tickets[0].code]
        with pytest.raises(StillComing) as coming:
            erase("bea@example.org", order)
        assert coming.value.orders == [order.code]
        assert seen.rows() == before

    def test_nor_one_that_is_needed_by_the_time_that_it_would_go(
        self, app: Flask, order: Order
    ) -> None:
        """The event was over when its manager pressed *Erase*, and was moved in that moment."""
        event_id = order.shop.event_id
        marked.is_over(order.shop.event, days=1)
        moves = partial(move_event, app, event_id)
        with when_the_transaction_begins(moves), pytest.raises(StillComing) as coming:
            erase("anna@example.org", order)
        assert coming.value.tickets == [order.tickets[0].code]
        assert coming.value.done == Erased()
        assert holder(order.tickets[0]) == "Anna Visser"
        assert audited() == []
        noted = revocations.noted_since(None, [revocations.path_of(settings())])
        assert "erased_person" not in {line.kind for line in noted}

    def test_a_cancelled_one_is(self, order: Order) -> None:
        cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
        erase("anna@example.org", order)
        assert holder(order.tickets[0]) == ERASED

    def test_whoever_insists_has_a_valid_ticket_without_a_name(self, order: Order) -> None:
        ticket = order.tickets[0]
        generation = ticket.barcode_generation
        erase("anna@example.org", order, valid_too=True)
        assert holder(ticket) == ERASED
        assert (ticket.state, ticket.barcode_generation) == ("personalised", generation)


@pytest.mark.parametrize("who", ["", "Anna", "anna@", "12", "XXXXXX", "'; --"])
def test_what_means_nobody_is_said(order: Order, who: str) -> None:
    with pytest.raises(NobodyFound):
        people.find(db.session(), who, None, ["NL"])


def test_a_file_that_waits_to_be_imported_is_dropped(order: Order) -> None:
    waiting = marked.is_imported(order.shop)
    erase("bob@example.org", order)
    db.session.refresh(waiting)
    assert waiting.state == "checking"
    erase(marked.HOLDER["email"], order)
    db.session.refresh(waiting)
    assert (waiting.state, waiting.content) == ("dropped", None)


def test_a_restored_backup_is_erased_again(order: Order) -> None:
    """The database as it was comes back; what is noted beside it brings nobody back to light."""
    erase("anna@example.org", order)
    noted = revocations.path_of(settings()).read_text()
    assert "anna" not in noted.lower()
    db.session.expire_all()
    back = builders.make_order(order.shop, tickets=1)
    builders.claim(back.tickets[0])
    done = revocations.replay(None)
    assert done["erased_person"] == 1
    assert holder(back.tickets[0]) == ERASED
    assert holder(order.tickets[1]) == "Bob de Boer"


@contextmanager
def when_it_comes_to(order: Order, does: Callable[[], None]) -> Iterator[None]:
    """Orders are erased one at a time; at this one something happens."""

    def look(session: Session, *_more: object) -> None:
        if any(isinstance(each, Order) and each.id == order_id for each in session.dirty):
            does()

    order_id = order.id
    event.listen(db.session, "before_flush", look)
    try:
        yield
    finally:
        event.remove(db.session, "before_flush", look)


@contextmanager
def when_the_transaction_begins(does: Callable[[], None]) -> Iterator[None]:
    """What was read before is let go of; then, once, something happens."""
    happened: list[bool] = []

    def once(_session: Session) -> None:
        if not happened:
            happened.append(True)
            does()

    event.listen(db.session, "after_rollback", once)
    try:
        yield
    finally:
        event.remove(db.session, "after_rollback", once)
    assert happened


def move_event(app: Flask, event_id: int) -> None:
    """As somebody else does."""
    with app.app_context():
        marked.is_moved(db.session.get_one(Event, event_id))


class TestAmidTheWork:
    @pytest.fixture
    def second(self, order: Order, monkeypatch: pytest.MonkeyPatch) -> Order:
        """Another order in which Anna has a ticket; each is erased in a transaction of its own."""
        monkeypatch.setattr(asked, "_ORDERS_AT_ONCE", 1)
        second = builders.make_order(order.shop, tickets=1)
        builders.claim(second.tickets[0])
        return second

    def test_who_was_begun_with_is_noted_though_the_process_dies(
        self, order: Order, second: Order
    ) -> None:
        def die() -> None:
            raise KeyboardInterrupt

        with when_it_comes_to(second, die), pytest.raises(KeyboardInterrupt):
            erase(f"{order.code}-1", order)
        assert holder(order.tickets[0]) == ERASED
        assert holder(second.tickets[0]) == "Anna Visser"
        assert audited() == [{"begun": True}]

        assert revocations.replay(None)["erased_person"] == 1
        assert holder(second.tickets[0]) == ERASED
        assert audited()[1:] == [{"begun": True}, {"orders": 1, "tickets": 1}]

    def test_a_backup_that_is_made_brings_nobody_back(self, order: Order, second: Order) -> None:
        """It holds those that weren't erased yet."""
        with when_it_comes_to(second, partial(revocations.mark, "meanwhile")):
            erase("anna@example.org", order)
        behind = revocations.noted_since("meanwhile", [revocations.path_of(settings())])
        assert [line.kind for line in behind] == ["erased_person"]

    def test_what_comes_to_be_needed_stays_and_what_went_is_told(
        self, app: Flask, order: Order, second: Order
    ) -> None:
        """The event is moved when the first of two orders is erased already."""
        moves = partial(move_event, app, order.shop.event_id)

        def once_it_is_done() -> None:
            transactions.afterwards(db.session(), lambda _engine: moves())

        with when_it_comes_to(order, once_it_is_done), pytest.raises(StillComing) as coming:
            erase("anna@example.org", order)
        assert (coming.value.tickets, coming.value.done.orders) == ([second.tickets[0].code], 1)
        assert holder(order.tickets[0]) == ERASED
        assert holder(second.tickets[0]) == "Anna Visser"
        assert audited() == [{"begun": True}, {"orders": 1, "tickets": 1}]


class TestTheCommand:
    def test_it_says_first_what_it_would_do(self, runner: FlaskCliRunner, order: Order) -> None:
        before = seen.rows()
        said = runner.invoke(args=["erase", "anna@example.org"])
        assert said.exit_code == 0
        assert order.tickets[0].code in said.stdout
        assert "Nothing was changed" in said.stdout
        assert seen.rows() == before

    def test_it_does_it_and_it_is_audited(self, runner: FlaskCliRunner, order: Order) -> None:
        said = runner.invoke(args=["erase", "anna@example.org", "--yes"])
        assert "1 tickets" in said.stdout
        db.session.rollback()
        assert holder(order.tickets[0]) == ERASED
        assert audited() == [{"begun": True}, {"orders": 1, "tickets": 1}]

    def test_it_refuses_what_is_still_needed(self, runner: FlaskCliRunner, app: Flask) -> None:
        order = builders.make_order(tickets=1)
        builders.claim(order.tickets[0])
        said = runner.invoke(args=["erase", "anna@example.org", "--yes"])
        assert said.exit_code == 1
        assert order.tickets[0].code in said.output
        assert holder(order.tickets[0]) == "Anna Visser"
        runner.invoke(args=["erase", "anna@example.org", "--yes", "--valid-too"])
        db.session.rollback()
        assert holder(order.tickets[0]) == ERASED

    def test_it_says_where_nobody_is_meant(self, runner: FlaskCliRunner, order: Order) -> None:
        said = runner.invoke(args=["erase", "Anna"])
        assert said.exit_code == 1
        assert "no address" in said.output
        assert runner.invoke(args=["erase", "a@example.org", "--organiser", "99"]).exit_code == 1

    def test_events_that_are_over_are_erased(self, runner: FlaskCliRunner, order: Order) -> None:
        marked.is_over(order.shop.event, days=31)
        said = runner.invoke(args=["retain", "--dry-run"])
        assert "Riverside Festival: 3 people" in said.stdout
        assert holder(order.tickets[0]) == "Anna Visser"
        said = runner.invoke(args=["retain"])
        assert "Events erased: 1" in said.stdout
        db.session.rollback()
        assert holder(order.tickets[0]) == ERASED
