"""What is personalised here goes back to pretix, once, and only where it is wanted."""

from typing import Any

import pytest

from tests import builders
from tests.pretix.conftest import now_of
from tests.pretix.hearing import all_calls, hear, standing, the_order
from tests.pretix.replay import Replay, order
from ticketing import calls, personalisation
from ticketing.extensions import db
from ticketing.models import Call, CallTry, HistoryEntry, PretixConnection, Ticket
from ticketing.pretix import connections, queue, write_back
from ticketing.pretix.problems import words
from ticketing.pretix.write_back import Holder


@pytest.fixture
def here(connection: PretixConnection, pretix: Replay) -> PretixConnection:
    """The recorded order is here, and names are written back."""
    hear(connection, pretix.has(order("paid")))
    connections.switch_write_back(now_of(connection), on=True)
    calls.make_waiting()
    pretix.asked.clear()
    return now_of(connection)


def ticket(number: str) -> Ticket:
    [found] = [each for each in standing() if each.external_id == number]
    return found


def writes() -> list[Call]:
    return [call for call in all_calls() if call.kind == queue.WRITE]


def edit(found: Ticket, **details: str) -> None:
    personalisation.edit(
        found,
        {**builders.BOB, **details},
        builders.ORGANISER,
        revision=found.revision,
        new_barcode=False,
        mail_holder=False,
    )


def test_a_claim_goes_to_its_position(here: PretixConnection, pretix: Replay) -> None:
    builders.claim(ticket("3"), first_name="Nora", last_name="Jansen", email="nora@example.org")
    assert calls.make_waiting().done == 1
    assert pretix.patched() == [
        {
            "attendee_name_parts": {
                "_scheme": "given_family",
                "given_name": "Nora",
                "family_name": "Jansen",
            },
            "attendee_email": "nora@example.org",
        }
    ]
    position = pretix.position(3)
    assert position is not None
    assert (position["attendee_name"], position["attendee_email"]) == (
        "Nora Jansen",
        "nora@example.org",
    )


def test_the_webhook_of_our_own_write_changes_nothing(
    here: PretixConnection, pretix: Replay
) -> None:
    builders.claim(ticket("3"))
    calls.make_waiting()
    found = the_order()
    before = (found.version, [each.revision for each in found.tickets])
    entries = db.session.query(HistoryEntry).count()
    for _ in range(2):
        assert hear(here, found.reference, "modified").done == 1
    found = the_order()
    assert (found.version, [each.revision for each in found.tickets]) == before
    assert db.session.query(HistoryEntry).count() == entries
    assert len(pretix.patched()) == 1
    assert len(writes()) == 1


def test_an_organisers_edit_goes_back_too(here: PretixConnection, pretix: Replay) -> None:
    edit(ticket("1"))
    calls.make_waiting()
    assert pretix.patched()[0]["attendee_name_parts"]["given_name"] == "Bob"
    assert pretix.patched()[0]["attendee_email"] == "bob@example.org"


def test_what_pretix_told_is_not_told_back(here: PretixConnection, pretix: Replay) -> None:
    pretix.has(order("modified"))
    hear(here, the_order().reference, "modified")
    assert ticket("3").first_name == "Vera"
    assert writes() == []


def test_the_same_once_more_is_not_sent(here: PretixConnection, pretix: Replay) -> None:
    edit(ticket("1"), first_name="Anna", last_name="Visser", email="anna@example.org")
    assert calls.make_waiting().done == 1
    assert pretix.patched() == []


def test_switched_off_nothing_goes_back(connection: PretixConnection, pretix: Replay) -> None:
    hear(connection, pretix.has(order("paid")))
    builders.claim(ticket("3"))
    assert writes() == []
    connections.switch_write_back(now_of(connection), on=True)
    assert len(writes()) == 1, "what was given so far goes as well"
    connections.switch_write_back(now_of(connection), on=False)
    assert [call.state for call in writes()] == ["dropped"]
    assert calls.make_waiting().done == 0
    assert pretix.patched() == []


def test_orders_that_pretix_did_not_sell_are_none_of_its_business(
    here: PretixConnection, pretix: Replay
) -> None:
    other = builders.make_order(now_of(here).shop)
    builders.claim(other.tickets[0])
    assert writes() == []


def test_a_ticket_opened_again_meanwhile_is_left_alone(
    here: PretixConnection, pretix: Replay
) -> None:
    builders.claim(ticket("3"))
    found = ticket("3")
    personalisation.reopen(found.order, {found.id: found.revision}, "", builders.ORGANISER)
    assert calls.make_waiting().dropped == 1
    assert pretix.patched() == []


def test_a_position_that_is_gone_is_let_go(here: PretixConnection, pretix: Replay) -> None:
    builders.claim(ticket("3"))
    pretix.orders.clear()
    assert calls.make_waiting().dropped == 1


def test_a_position_of_another_order_is_never_written(
    here: PretixConnection, pretix: Replay
) -> None:
    position = pretix.position(3)
    assert position is not None
    position["order"] = "OTHER"
    builders.claim(ticket("3"))
    assert calls.make_waiting().dropped == 1
    assert pretix.patched() == []


def test_what_pretix_refuses_fails_and_says_why(here: PretixConnection, pretix: Replay) -> None:
    status, body = 400, {"attendee_email": ["Enter a valid email address."]}
    position = pretix.position(3)
    pretix.first += [(200, {}, position), (status, {}, body)]
    builders.claim(ticket("3"), first_name="Nora")
    # The name's scheme is asked for in between, and answered with the refusal of it.
    pretix.first.insert(1, (200, {}, {"name_scheme": "full"}))
    assert calls.make_waiting().failed == 1
    last = db.session.query(CallTry).order_by(CallTry.id.desc()).first()
    assert last is not None
    told = "pretix doesn’t take these details: attendee_email: Enter a valid email address."
    assert words(last.error) == told
    assert now_of(here).last_error == ""


def test_a_right_that_lacks_is_said(here: PretixConnection, pretix: Replay) -> None:
    pretix.first += [(200, {}, pretix.position(1)), (403, {}, {"detail": "no"})]
    edit(ticket("1"))
    assert calls.make_waiting().waiting == 1
    assert "lacks a right" in words(now_of(here).last_error)
    connections.try_again(now_of(here))
    calls.make_waiting()
    assert now_of(here).last_error == ""
    assert len(pretix.patched()) == 2


NORA = Holder("ABCDE", "3", "Nora", "Jansen", "")
ONE = Holder("ABCDE", "3", "Nora", "", "")


@pytest.mark.parametrize(
    ("scheme", "holder", "parts"),
    [
        ("given_family", NORA, {"given_name": "Nora", "family_name": "Jansen"}),
        ("title_given_family", NORA, {"given_name": "Nora", "family_name": "Jansen"}),
        ("family_nospace_given", NORA, {"given_name": "Nora", "family_name": "Jansen"}),
        ("full", NORA, {"full_name": "Nora Jansen"}),
        ("calling_full", NORA, {"full_name": "Nora Jansen", "calling_name": "Nora"}),
        ("full_transcription", ONE, {"full_name": "Nora"}),
        ("given_family", ONE, {"given_name": "Nora", "family_name": ""}),
    ],
)
def test_a_name_is_told_as_the_event_has_names(
    scheme: str, holder: Holder, parts: dict[str, Any]
) -> None:
    empty: dict[str, Any] = {
        "attendee_name_parts": {},
        "attendee_name": None,
        "attendee_email": None,
    }
    told = write_back.changes(empty, holder, lambda: scheme)
    assert told == {"attendee_name_parts": {"_scheme": scheme, **parts}}
    known = {"attendee_name_parts": {"_scheme": scheme, **parts}}
    assert write_back.changes(known, holder, lambda: scheme) == {}


def test_a_token_that_may_not_read_settings_writes_the_whole_name() -> None:
    assert write_back.changes({}, NORA, lambda: "") == {"attendee_name": "Nora Jansen"}
    legacy = {"attendee_name_parts": {"_legacy": "Nora Jansen"}}
    assert write_back.changes(legacy, NORA, lambda: "") == {}
