"""The webhook's address: it believes nothing, answers at once, and has an order fetched."""

import pytest
from flask import Flask

from tests import seen
from tests.pretix.conftest import now_of
from tests.pretix.hearing import all_calls, hear, path_of, payload, say
from tests.pretix.replay import Replay, order
from ticketing import calls, links
from ticketing.links import Kind, Link
from ticketing.models import PretixConnection
from ticketing.pretix import connections, queue
from ticketing.web.machines import hooks


def waiting() -> list[str]:
    return [call.event for call in all_calls() if call.state == "waiting"]


def test_it_is_heard_at_once_and_nothing_is_asked_yet(
    connection: PretixConnection, pretix: Replay
) -> None:
    answer = say(path_of(connection), payload("ABCDE"))
    assert (answer.status_code, answer.json) == (200, {"status": "heard"})
    assert "Set-Cookie" not in answer.headers
    assert waiting() == ["ABCDE"]
    assert pretix.asked == []
    assert now_of(connection).last_heard_at is not None


def test_what_it_says_beside_the_code_counts_for_nothing(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    lies = payload(code, "canceled", positions=[], status="c", email="mallory@example.org")
    say(path_of(connection), lies)
    calls.make_waiting()
    assert pretix.asked[0][1].endswith(f"/orders/{code}/")
    assert [call.state for call in all_calls()] == ["done"]


def test_many_at_once_are_one_fetch(connection: PretixConnection) -> None:
    for action in ("placed", "paid", "modified", "changed.add"):
        assert say(path_of(connection), payload("ABCDE", action)).status_code == 200
    assert waiting() == ["ABCDE"]
    say(path_of(connection), payload("FGHJK"))
    assert waiting() == ["ABCDE", "FGHJK"]


def test_news_hurry_a_fetch_that_waits_for_later(
    connection: PretixConnection, pretix: Replay
) -> None:
    code = pretix.has(order("paid"))
    pretix.first.append((429, {"Retry-After": "3600"}, {}))
    hear(connection, code)
    assert waiting() == [code]
    assert hear(connection, code).done == 1
    assert len(all_calls()) == 1


@pytest.mark.parametrize(
    "body",
    [
        payload("ABCDE", event="another"),
        {**payload("ABCDE"), "action": "pretix.event.checkin"},
        {**payload("ABCDE"), "action": "pretix.event.changed"},
        {**payload("ABCDE"), "action": None},
        {},
    ],
)
def test_what_is_no_business_of_ours_is_let_go(connection: PretixConnection, body: object) -> None:
    assert say(path_of(connection), body).status_code == 200
    assert waiting() == []


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"code=ABCDE",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"action": "pretix.event.order.paid"}',
        b'{"action": "pretix.event.order.paid", "code": "../../orders"}',
        b'{"action": "pretix.event.order.paid", "code": "%2e%2e"}',
        b'{"action": "pretix.event.order.paid", "code": {"a": 1}}',
        b'{"action": "pretix.event.order.paid", "code": "AAAAAAAAAAAAAAAAAAAAAAAAA"}',
        b"[" * 30_000,
    ],
)
def test_nonsense_is_refused(connection: PretixConnection, sent: bytes) -> None:
    answer = say(path_of(connection), data=sent, content_type="application/json")
    assert answer.status_code == 400
    assert waiting() == []


@pytest.mark.parametrize("length", [hooks.MOST_BYTES + 1, 10 * 1024**2])
def test_too_much_is_refused(connection: PretixConnection, length: int) -> None:
    answer = say(path_of(connection), data=b" " * length, content_type="application/json")
    assert answer.status_code == 413


def test_only_posts_are_heard(connection: PretixConnection) -> None:
    before = seen.digest()
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert say(path_of(connection), method=method).status_code == 405
    assert say(path_of(connection), method="HEAD").status_code == 405
    assert seen.digest() == before


def test_unknown_addresses_are_all_alike(app: Flask, connection: PretixConnection) -> None:
    before = seen.rows()
    own = path_of(connection).rpartition("/")[2]
    wrong = [
        "x",
        "A" * 36,
        own[:-1],
        own.swapcase(),
        links.make(links.keys(), Link(Kind.PRETIX, 4711, 1)),
        *(
            links.make(links.keys(), Link(kind, connection.link_id, 1))
            for kind in set(Kind) - {Kind.PRETIX}
        ),
    ]
    answers = {
        (answer.status_code, answer.data)
        for token in wrong
        for answer in [say(f"/hooks/pretix/{token}", payload("ABCDE"))]
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert seen.changes(before).keys() <= {"limits"}  # who guesses is counted


def test_its_address_opens_nothing_else(connection: PretixConnection) -> None:
    token = path_of(connection).rpartition("/")[2]
    for kind in "ost":
        assert say(f"/{kind}/{token}", method="GET").status_code == 404


def test_after_disconnecting_nothing_is_heard(connection: PretixConnection, pretix: Replay) -> None:
    path = path_of(connection)
    say(path, payload("ABCDE"))
    connections.disconnect(connection)
    assert say(path, payload("ABCDE")).status_code == 404
    assert calls.make_waiting() == calls.Report()
    assert pretix.asked == []
    assert [call.state for call in all_calls()] == ["dropped"]


def test_a_flood_is_asked_to_come_later(
    connection: PretixConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "MOST_WAITING", 3)
    answers = [say(path_of(connection), payload(f"ABC{number}")) for number in range(5)]
    assert [each.status_code for each in answers] == [200, 200, 200, 503, 503]
    assert answers[3].headers["Retry-After"] == "60"
    assert say(path_of(connection), payload("ABC1")).status_code == 200, "that one waits already"
