"""A door's program checks tickets in, and knows without a network whom to refuse."""

import base64
import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import builders, seen
from tests.api.caller import Caller, errors_of, make_key
from ticketing import cancelling, links, personalisation
from ticketing.carried import admission, barcodes
from ticketing.models import CHECKED_IN, Order, Shop, Ticket

IsGood = Callable[[str, str, dict[str, int]], bool]


@pytest.fixture
def is_good() -> IsGood:
    """The function that `docs/doors.md` gives to those who write a door."""
    text = (Path(__file__).parents[2] / "docs" / "doors.md").read_text()
    [code] = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102 - our own documentation
    good: IsGood = found["is_good"]
    return good


@pytest.fixture
def door(caller: Caller, shop: Shop) -> Caller:
    return Caller(caller.client, make_key(shop.organiser, "door"))


@pytest.fixture
def order(shop: Shop) -> Order:
    """Five tickets, each with its holder."""
    order = builders.make_order(shop)
    for ticket in order.tickets:
        builders.claim(ticket)
    return order


def refused_at(door: Caller, shop: Shop, **parameters: Any) -> dict[str, int]:
    """As a door keeps it: {id: up_to}, read page after page."""
    known: dict[str, int] = {}
    after: dict[str, str] = {}
    while True:
        page = door.list_refused(shop.event_id, **parameters, **after)
        assert page.status_code == 200, page.text
        said = page.get_json()
        for each in said["refused"]:
            known[each["id"]] = max(each["up_to"], known.get(each["id"], 0))
        if said["next"] is None:
            return known
        after = {"after": said["next"]}


def key_at(door: Caller, shop: Shop) -> str:
    events = {each["id"]: each for each in door.list_events().get_json()["events"]}
    key: str = events[shop.event_id]["barcode_key"]
    return key


def test_it_lets_the_holder_in_once(door: Caller, shop: Shop, order: Order) -> None:
    barcode = barcodes.text_of(order.tickets[0])
    assert door.check_in(shop.event_id, barcode).get_json() == {
        "admitted": True,
        "reason": None,
        "ticket": f"{order.code}-1",
        "holder": "Anna Visser",
    }
    entry = seen.last(order.tickets[0])
    assert (entry.action, entry.actor_name) == ("checked_in", "Test")
    assert order.tickets[0].state == CHECKED_IN
    before = seen.digest()
    again = door.check_in(shop.event_id, f" {barcode}\r\n").get_json()
    assert again == {"admitted": False, "reason": "checked_in", "ticket": None, "holder": None}
    assert seen.digest() == before


def test_it_says_why_not(door: Caller, shop: Shop, order: Order) -> None:
    former = barcodes.text_of(order.tickets[0])
    admission.new_barcode(order.tickets[0], builders.ORGANISER)
    cancelling.cancel_ticket(order.tickets[1], builders.ORGANISER)
    still_open = builders.make_order(shop, tickets=1).tickets[0]
    elsewhere = builders.claim(builders.make_order().tickets[0])
    before = seen.digest()
    for barcode, reason in (
        (former, "replaced"),
        (barcodes.text_of(order.tickets[1]), "cancelled"),
        (barcodes.text_of(still_open), "open"),
        (barcodes.text_of(elsewhere), "unknown"),
        ("", "unknown"),
        ("A" * 120, "unknown"),
        ("\0é", "unknown"),
    ):
        answer = door.check_in(shop.event_id, barcode).get_json()
        assert (answer["admitted"], answer["reason"]) == (False, reason)
    assert seen.digest() == before


@pytest.mark.parametrize("barcode", [None, 7, "A" * 401, {}, ["A"]])
def test_what_is_no_text_is_refused(door: Caller, shop: Shop, barcode: Any) -> None:
    refused = door.check_in(shop.event_id, barcode)
    assert refused.status_code == 422
    assert list(errors_of(refused)) == ["barcode"]


def test_without_a_network_it_decides_the_same(
    door: Caller, shop: Shop, order: Order, is_good: IsGood
) -> None:
    """Whatever became of a ticket: what was handed out is good offline if it is good online."""
    handed_out = [barcodes.text_of(ticket) for ticket in order.tickets]
    renewed, cancelled, inside, reopened, _untouched = order.tickets
    for _ in range(3):
        admission.new_barcode(renewed, builders.ORGANISER)
        handed_out.append(barcodes.text_of(renewed))
    cancelling.cancel_ticket(cancelled, builders.ORGANISER)
    admission.check_in(barcodes.text_of(inside), builders.ORGANISER)
    admission.new_barcode(inside, builders.ORGANISER)
    handed_out.append(barcodes.text_of(inside))
    chosen = {reopened.id: reopened.revision}
    personalisation.reopen(order, chosen, "", builders.ORGANISER)
    handed_out.append(barcodes.text_of(builders.claim(reopened)))
    elsewhere = builders.claim(builders.make_order().tickets[0])
    handed_out += [barcodes.text_of(elsewhere), "", "A" * 120, "é", handed_out[0].lower()]

    key, known = key_at(door, shop), refused_at(door, shop)
    decided = [is_good(text, key, known) for text in handed_out]
    assert decided == [_admits(text, shop) for text in handed_out]
    assert (decided.count(True), decided.count(False)) == (3, 12)


def _admits(text: str, shop: Shop) -> bool:
    try:
        barcodes.look_up(text, event_id=shop.event_id)
    except barcodes.BarcodeRefused:
        return False
    return True


def test_what_was_sold_since_is_good_at_once(
    door: Caller, shop: Shop, order: Order, is_good: IsGood
) -> None:
    key, known = key_at(door, shop), refused_at(door, shop)
    assert known == {}
    later: Ticket = builders.claim(builders.make_order(shop).tickets[0])
    assert is_good(barcodes.text_of(later), key, known)


def test_a_signature_of_our_own_is_not_enough(
    door: Caller, shop: Shop, order: Order, is_good: IsGood
) -> None:
    key = key_at(door, shop)
    raw = bytearray(base64.b32decode(barcodes.text_of(order.tickets[0])))
    for byte in range(75):
        raw[byte] ^= 1
        assert not is_good(base64.b32encode(raw).decode(), key, {})
        raw[byte] ^= 1
    assert is_good(base64.b32encode(raw).decode(), key, {})
    assert links.keys().barcode_seed.hex() not in door.list_events().text


def test_page_after_page(door: Caller, shop: Shop, order: Order) -> None:
    for ticket in order.tickets:
        cancelling.cancel_ticket(ticket, builders.ORGANISER)
    assert len(door.list_refused(shop.event_id, limit=2).get_json()["refused"]) == 2
    in_pages = refused_at(door, shop, limit=2)
    assert in_pages == refused_at(door, shop)
    assert set(in_pages) == {f"{ticket.barcode_id:016x}" for ticket in order.tickets}


def test_only_what_is_new(door: Caller, shop: Shop, order: Order) -> None:
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    first = door.list_refused(shop.event_id).get_json()
    as_of = dt.datetime.fromisoformat(first["as_of"])
    other = builders.make_order(shop)
    cancelling.cancel_order(other, builders.ORGANISER)
    news = refused_at(door, shop, updated_since=first["as_of"])
    assert {f"{ticket.barcode_id:016x}" for ticket in other.tickets} <= news.keys()
    soon = (as_of + dt.timedelta(hours=1)).isoformat()
    assert refused_at(door, shop, updated_since=soon) == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "x"),
        ("after", "ffffffffffffffff"),
        ("after", "0" * 15),
        ("limit", "0"),
        ("limit", "1001"),
        ("limit", "٣"),
        ("updated_since", "yesterday"),
        ("updated_since", "2026-05-01T12:00:00"),
        ("shop", "riverside"),
    ],
)
def test_the_wrong_parameter_is_named(door: Caller, shop: Shop, name: str, value: str) -> None:
    refused = door.list_refused(shop.event_id, **{name: value})
    assert refused.status_code == 422
    assert list(errors_of(refused)) == [name]


def test_another_organisers_event_has_no_doors_here(
    stranger: Caller, shop: Shop, order: Order
) -> None:
    barcode = barcodes.text_of(order.tickets[0])
    before = seen.digest()
    for theirs, unknown in (
        (stranger.list_refused(shop.event_id), stranger.list_refused(4711)),
        (stranger.check_in(shop.event_id, barcode), stranger.check_in(4711, barcode)),
    ):
        assert theirs.status_code == unknown.status_code == 404
        assert theirs.data == unknown.data
    [own] = stranger.list_events().get_json()["events"]
    assert own["id"] != shop.event_id
    assert stranger.check_in(own["id"], barcode).get_json()["reason"] == "unknown"
    assert seen.digest() == before


def test_a_doors_key_is_for_doors_alone(door: Caller, caller: Caller, order: Order) -> None:
    for refused in (door.look_up(order.code), door.list_orders(), door.cancel(order.code)):
        assert refused.status_code == 403
    shops_own = Caller(caller.client, make_key(order.organiser, "orders:read", "orders:write"))
    for refused in (
        shops_own.list_events(),
        shops_own.list_refused(order.shop.event_id),
        shops_own.check_in(order.shop.event_id, "A"),
    ):
        assert refused.status_code == 403
        assert 'scope="door"' in refused.headers["WWW-Authenticate"]
