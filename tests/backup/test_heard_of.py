"""Doors without a network and open overviews hear of what a restore has made void."""

import re
from collections.abc import Callable, Iterator

from flask import Flask
from flask.testing import FlaskClient

from tests import builders, invariants
from ticketing import links
from ticketing.carried import admission, doors
from ticketing.extensions import db
from ticketing.models import Order, now

Restore = Callable[[], str]


def test_a_door_is_told_of_former_barcodes(order: Order, restore: Restore) -> None:
    """One is new since the backup, three tickets are open: another claim of them may be lost."""
    event_id, ids = order.shop.event_id, [ticket.barcode_id for ticket in order.tickets]
    admission.new_barcode(order.tickets[0], builders.ORGANISER)
    since = now()
    restore()
    told = doors.refused(event_id, since=since, after=None, most=100)
    assert {each.barcode_id: each.up_to for each in told} == dict.fromkeys(ids, 1)


def claims_three(order: Order) -> int:
    """Since the backup; returns the version that an open overview shows."""
    for ticket in order.tickets[1:]:
        builders.claim(ticket)
    return order.version


def drawn(events: Iterator[bytes]) -> str:
    """The next event with cards; the server-sent ones between are signs of life."""
    return next(event for event in events if b"event: cards" in event).decode()


def version_in(event: str) -> int:
    (found,) = re.findall(r"^id: (\d+)$", event, re.M)
    assert f'data-version="{found}"' in event
    return int(found)


def cards_in(html: str) -> list[str]:
    return re.findall(r'<article[^>]* id="ticket-(\d+)"', html)


def test_an_overview_that_is_open_shows_what_was_put_back(
    app: Flask, client: FlaskClient, order: Order, restore: Restore
) -> None:
    """Its stream breaks off with the server, and comes back with the version that it had."""
    at, shown = f"/o/{links.order_token(order)}", claims_three(order)
    restore()
    with client.get(f"{at}/stream?since={shown}", buffered=False) as answer:
        events = iter(answer.iter_encoded())
        event = drawn(events)
        assert version_in(event) > shown
        assert cards_in(event) == ["1", "2", "3", "4"]
        order = db.session.get_one(Order, order.id)
        before = order.version
        builders.claim(order.tickets[3])
        event = drawn(events)
        assert version_in(event) == before + 1
        assert cards_in(event) == ["4"]
    invariants.check(db.session())


def test_one_that_asks_hears_of_it_too_however_often_a_backup_is_put_back(
    client: FlaskClient, order: Order, restore: Restore
) -> None:
    at, shown = f"/o/{links.order_token(order)}", claims_three(order)
    for _ in range(2):
        restore()
        assert cards_in(client.get(f"{at}/changes?since={shown}").text) == ["1", "2", "3", "4"]
        order = db.session.get_one(Order, order.id)
        shown = claims_three(order)
        assert client.get(f"{at}/changes?since={shown}").status_code == 204
        invariants.check(db.session())
