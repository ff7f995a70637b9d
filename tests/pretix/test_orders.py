"""pretix's orders come here, follow what happens to them there, and end with them."""

import datetime as dt
import random
from typing import Any

import pytest
from flask import Flask

from tests import builders
from tests.invariants import check
from tests.pretix.conftest import ADULT, CHILD, FRIDAY, SHIRT, now_of
from tests.pretix.hearing import (
    all_calls,
    all_orders,
    hear,
    path_of,
    payload,
    say,
    standing,
    the_order,
)
from tests.pretix.real import EVENT_PATH
from tests.pretix.replay import Replay, later, order
from ticketing import calls, cancelling, personalisation
from ticketing.asking import missing
from ticketing.extensions import db
from ticketing.models import CallTry, PretixConnection, now
from ticketing.posting import outbox
from ticketing.pretix import client, connections, progress, queue
from ticketing.pretix.problems import words
from ticketing.storing.transactions import write


def holders() -> dict[str | None, tuple[str, str, str]]:
    return {each.external_id: (each.type.code, each.state, each.first_name) for each in standing()}


def errors() -> list[str]:
    db.session.rollback()
    return [words(each.error) for each in db.session.query(CallTry).order_by(CallTry.id)]


def test_a_paid_order_comes_with_its_booker_tickets_and_names(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    assert hear(connection, code).done == 1
    found = the_order()
    assert (found.reference, found.first_name, found.last_name) == (code, "Bea", "Booker")
    assert (found.email, found.phone, found.locale) == ("bea@example.org", "+31612345678", "en")
    assert holders() == {
        "1": ("weekend", "personalised", "Anna"),
        "2": ("weekend", "personalised", "Kim"),  # has a name, and no address yet
        "3": ("friday", "open", ""),
    }
    kim = found.tickets[1]
    assert [each.field.key for each in missing.missing_in(kim)] == ["email"]
    mails = [(mail.kind, mail.recipient) for mail in builders.mails_of(found)]
    assert mails == [
        (outbox.CONFIRMATION, "bea@example.org"),
        (outbox.TICKET, "anna@example.org"),
    ]
    assert now_of(connection).last_error == ""
    check(db.session())


def test_the_same_webhook_once_more_changes_nothing(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    version, mails = the_order().version, len(builders.mails_of(the_order()))
    for _ in range(3):
        hear(connection, code)
    assert the_order().version == version
    assert len(builders.mails_of(the_order())) == mails


def test_what_is_not_paid_does_not_come(connection: PretixConnection, pretix: Replay) -> None:
    code = pretix.has(order("pending"))
    assert hear(connection, code, "placed").done == 1
    assert all_orders() == []
    pretix.has(order("pending_paid"))
    hear(connection, code)
    assert len(the_order().tickets) == 1


def test_an_order_that_counts_while_it_is_pending_comes(
    connection: PretixConnection, pretix: Replay
) -> None:
    hear(connection, pretix.has(order("pending", valid_if_pending=True)))
    assert len(the_order().tickets) == 1


def test_what_changes_in_pretix_changes_here(connection: PretixConnection, pretix: Replay) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    pretix.has(order("modified"))
    hear(connection, code, "modified")
    assert holders()["3"] == ("friday", "personalised", "Vera")
    pretix.has(order("changed"))
    hear(connection, code, "changed.cancel")
    assert holders() == {
        "1": ("weekend", "personalised", "Anna"),
        "3": ("friday", "personalised", "Vera"),
        "5": ("friday", "open", ""),
    }
    assert [ticket.state for ticket in the_order().tickets if ticket.external_id == "2"] == [
        "cancelled"
    ]


def test_a_name_given_here_is_not_undone_by_pretix(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    builders.claim(the_order().tickets[2], first_name="Nora")
    pretix.has(order("modified"))
    hear(connection, code, "modified")
    assert holders()["3"] == ("friday", "personalised", "Nora")


def test_what_was_opened_again_here_is_not_named_by_pretix(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    anna = the_order().tickets[0]
    personalisation.reopen(the_order(), {anna.id: anna.revision}, "", builders.ORGANISER)
    pretix.has(order("modified"))
    hear(connection, code, "modified")
    assert holders()["1"] == ("weekend", "open", "")


def test_a_cancelled_order_is_cancelled_here_and_its_booker_told(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    pretix.has(order("cancelled"))
    for _ in range(2):
        hear(connection, code, "canceled")
    assert the_order().state == "cancelled"
    assert standing() == []
    assert len(builders.mails_of(the_order(), outbox.CANCELLED)) == 1


def test_an_order_cancelled_before_it_came_never_comes(
    connection: PretixConnection, pretix: Replay
) -> None:
    hear(connection, pretix.has(order("cancelled")), "paid")
    assert all_orders() == []


def test_an_order_that_pretix_takes_up_again_comes_anew(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    for state in ("cancelled", "reactivated", "reactivated"):
        pretix.has(order(state))
        hear(connection, code)
    former, new = all_orders()
    assert (former.state, new.state) == ("cancelled", "placed")
    assert new.reference == f"{code}~2"
    assert {each.external_id for each in new.tickets} == {"1", "3", "5"}
    pretix.has(order("cancelled", last_modified=later(order("reactivated"), minutes=1)))
    hear(connection, code)
    assert [each.state for each in all_orders()] == ["cancelled", "cancelled"]


def test_what_the_organiser_cancelled_here_stays_cancelled(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    cancelling.cancel_order(the_order(), builders.ORGANISER)
    pretix.has(order("modified"))
    assert hear(connection, code, "modified").dropped == 1
    assert "by your team" in errors()[-1]
    assert the_order().state == "cancelled"


def test_an_order_that_waits_for_more_money_stays_as_it_is(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    hear(connection, code)
    pretix.has(order("changed", status="n"))
    hear(connection, code, "changed.add")
    assert len(standing()) == 3


@pytest.mark.parametrize("seed", range(3))
def test_states_read_in_any_sequence_end_at_the_newest(
    connection: PretixConnection, pretix: Replay, seed: int
) -> None:
    """Answers of pretix's can overtake each other on their way: threads fetch side by side."""
    names = ["paid", "modified", "changed"] * 2
    random.Random(seed).shuffle(names)  # noqa: S311 - no secret
    for each in names:
        code = pretix.has(order(each))
        hear(connection, code)
    assert set(holders()) == {"1", "3", "5"}
    assert the_order().amended_as_of == dt.datetime.fromisoformat(order("changed")["last_modified"])


def test_two_fetches_at_once_make_one_order(connection: PretixConnection, pretix: Replay) -> None:
    code = pretix.has(order("paid"))
    with write() as session:
        for _ in range(4):
            queue._fetch(session, connection, code, {"send_mails": True})
    assert calls.make_waiting().done == 4
    assert len(the_order().tickets) == 3
    assert len(builders.mails_of(the_order(), outbox.CONFIRMATION)) == 1


def cancelled_meanwhile(app: Flask, connection: PretixConnection, pretix: Replay) -> None:
    """The first answer that tells of the order is overtaken: by its end, and by who hears of it."""
    path = path_of(connection)

    def overtake(_path: str) -> None:
        pretix.on_the_way = lambda _path: None
        code = pretix.has(order("cancelled"))
        with app.app_context():
            assert say(path, payload(code, "canceled")).status_code == 200
            calls.make_waiting()

    pretix.on_the_way = overtake
    db.session.rollback()


def test_an_answer_that_is_overtaken_does_not_place_what_was_cancelled(
    app: Flask, connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    cancelled_meanwhile(app, connection, pretix)
    assert hear(connection, code).waiting == 0
    assert [each.state for each in all_orders()] == ["cancelled"]
    assert [path for _method, path, _body in pretix.asked if code in path] == [
        f"{EVENT_PATH}/orders/{code}/"
    ] * 2


def test_a_page_that_is_overtaken_does_not_place_what_was_cancelled(
    app: Flask, connection: PretixConnection, pretix: Replay
) -> None:
    pretix.has(order("paid"), *many(2))
    cancelled_meanwhile(app, connection, pretix)
    connections.fetch_all(connection, send_mails=True)
    assert calls.make_waiting().waiting == 0
    assert [each.reference for each in all_orders()] == ["A0000", "A0001"]


def test_a_late_paid_does_not_revive_a_cancelled_order(
    connection: PretixConnection, pretix: Replay
) -> None:
    for state in ("paid", "cancelled", "paid"):
        code = pretix.has(order(state))
        hear(connection, code)
    assert the_order().state == "cancelled"


def test_products_that_nobody_chose_for_are_left_out_and_named(
    unmapped: PretixConnection, pretix: Replay
) -> None:
    connections.map_items(unmapped, {ADULT: "weekend", SHIRT: ""}, revision=unmapped.revision)
    code = pretix.has(order("paid"))
    hear(unmapped, code)
    assert {each.external_id for each in standing()} == {"1", "2"}
    assert "no ticket type yet: Friday." in errors()[-1]
    found = now_of(unmapped)
    chosen = {ADULT: "weekend", CHILD: "weekend", FRIDAY: "friday", SHIRT: ""}
    connections.map_items(found, chosen, revision=found.revision)
    connections.fetch_all(now_of(unmapped), send_mails=True)
    calls.make_waiting()
    assert {each.external_id for each in standing()} == {"1", "2", "3"}


def test_a_product_that_is_new_in_pretix_gets_into_the_list(
    connection: PretixConnection, pretix: Replay
) -> None:
    pretix.items.append({**pretix.items[1], "id": 9, "name": {"en": "Sunday", "de": "Sonntag"}})
    state = order("paid")
    state["positions"][2]["item"] = 9
    hear(connection, pretix.has(state))
    assert {"key": "9", "name": "Sunday", "admission": True} in now_of(connection).catalogue
    assert "Sunday" in errors()[-1]


def test_an_order_of_what_is_not_ours_is_none(connection: PretixConnection, pretix: Replay) -> None:
    state = order("paid")
    state["positions"] = state["positions"][3:]
    assert hear(connection, pretix.has(state)).done == 1
    assert all_orders() == []


def test_an_order_without_an_address_fails_and_says_so(
    connection: PretixConnection, pretix: Replay
) -> None:
    state = order("paid", email=None)
    state["positions"][0]["attendee_email"] = None
    code = pretix.has(state)
    assert hear(connection, code).failed == 1
    assert errors() == [
        f"Order {code} has no email address that works, so nobody could get its tickets. Add one "
        "in pretix."
    ]
    assert now_of(connection).last_error == "", "the connection itself is well"


def test_test_orders_stay_away(connection: PretixConnection, pretix: Replay) -> None:
    assert hear(connection, pretix.has(order("paid", testmode=True))).dropped == 1
    assert all_orders() == []
    assert "test order" in errors()[0]


def many(count: int) -> list[dict[str, Any]]:
    """Paid orders of one ticket; some were placed in the same instant."""
    found = []
    for number in range(count):
        state = order("pending_paid", code=f"A{number:04}")
        state["datetime"] = f"2026-11-20T10:{number // 60:02}:{number // 3 % 20:02}.000000Z"
        state["positions"][0] |= {"id": 1000 + number, "order": state["code"]}
        found.append(state)
    return found


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PAGE", 5)


@pytest.mark.usefixtures("small_pages")
def test_all_paid_orders_come_page_by_page(connection: PretixConnection, pretix: Replay) -> None:
    pretix.has(*many(14))
    pretix.has(order("pending"), order("cancelled"))
    connections.fetch_all(connection, send_mails=False)
    calls.make_waiting()
    assert len(all_orders()) == 14
    assert len([call for call in all_calls() if call.event == "*"]) >= 3
    assert builders.mails_of(all_orders()[0]) == []
    assert progress.waiting(now_of(connection)).fetched is None


@pytest.mark.usefixtures("small_pages")
def test_many_orders_of_one_instant_do_not_hold_it_up(
    connection: PretixConnection, pretix: Replay
) -> None:
    pretix.has(*[{**each, "datetime": "2026-11-20T10:00:00.000000Z"} for each in many(12)])
    connections.fetch_all(connection, send_mails=False)
    calls.make_waiting()
    assert len(all_orders()) == 12


def test_one_bad_order_holds_up_no_other(connection: PretixConnection, pretix: Replay) -> None:
    states = many(3)
    states[1] |= {"email": None}
    pretix.has(*states)
    connections.fetch_all(connection, send_mails=True)
    report = calls.make_waiting()
    assert (report.done, report.failed) == (1, 1)
    assert [each.reference for each in all_orders()] == ["A0000", "A0002"]
    [failed] = [call for call in all_calls() if call.state == "failed"]
    assert failed.event == "A0001"
    pretix.has({**states[1], "email": "late@example.org"})
    connections.try_again(connection)
    calls.make_waiting()
    assert len(all_orders()) == 3


def test_busy_means_later_and_as_late_as_pretix_wants(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    pretix.first.append((429, {"Retry-After": "1800"}, {"detail": "Request was throttled."}))
    assert hear(connection, code).waiting == 1
    [call] = all_calls()
    assert 1700 < (call.next_attempt_at - now()).total_seconds() <= 1800
    assert now_of(connection).last_error == "", "that is no trouble of the connection's"
    connections.try_again(connection)
    assert calls.make_waiting().done == 1
    assert len(all_orders()) == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, {}, {"detail": "Invalid token."}), "doesn’t accept the API token"),
        ((403, {}, {"detail": "You do not have permission"}), "lacks a right"),
        ((500, {}, "<h1>Internal Server Error</h1>"), "fault of its own"),
        ((302, {"Location": "https://tickets.example.org/x"}, ""), "https://tickets.example.org"),
        ((200, {}, "<!doctype html>"), "isn’t pretix"),
    ],
)
def test_what_is_wrong_is_said_until_it_is_well_again(
    connection: PretixConnection, pretix: Replay, answer: Any, says: str
) -> None:
    code = pretix.has(order("paid"))
    pretix.first.append(answer)
    assert hear(connection, code).waiting == 1
    assert says in words(now_of(connection).last_error)
    connections.try_again(connection)
    assert calls.make_waiting().done == 1
    assert now_of(connection).last_error == ""
    assert len(all_orders()) == 1


def test_an_order_that_is_not_there_is_let_go(connection: PretixConnection) -> None:
    assert hear(connection, "NOBODY").dropped == 1
    assert all_orders() == []


def test_an_answer_that_is_no_order_fails(connection: PretixConnection, pretix: Replay) -> None:
    pretix.has({**order("paid"), "last_modified": "yesterday"})
    assert hear(connection, order("paid")["code"]).failed == 1
    assert all_orders() == []
