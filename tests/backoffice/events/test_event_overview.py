"""The event's overview as a page: figures, a chart in words as well, and the way to the orders."""

import datetime as dt
import re

import pytest

from tests import builders
from tests.backoffice.browsing import Browser
from ticketing.models import Event, Order, Shop
from ticketing.organising.dashboard import Day
from ticketing.storing.transactions import write
from ticketing.web.backoffice.events.chart import chart_of, table_of


def test_it_says_how_far_the_tickets_are(olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    page = olga.get(f"/backoffice/events/{order.shop.event_id}").text
    named = len([each for each in order.tickets if each.type.needs_personal_data])
    assert f"With a name: 1 of {named} tickets" in page
    assert re.search(r"<polyline class=\"of-personalised\" points=\"[\d., ]+\"", page)
    assert "As a table" in page
    assert "Nothing to do" in page
    assert "style=" not in page


def test_an_event_without_orders_says_so(olga: Browser, order: Order) -> None:
    with write() as session:
        event = Event(
            organiser_id=order.organiser_id,
            name="Empty hall",
            place="Here",
            starts_at=order.shop.event.starts_at,
            timezone="Asia/Tokyo",
            country="JP",
        )
        session.add(event)
        session.add(Shop(organiser_id=order.organiser_id, event=event, slug="e", name="E"))
    page = olga.get(f"/backoffice/events/{event.id}").text
    assert "No orders yet" in page


@pytest.mark.parametrize("days", [1, 2, 400])
def test_the_chart_ends_where_the_numbers_do(days: int) -> None:
    first = dt.date(2026, 1, 1)
    found = [Day(first + dt.timedelta(days=n), 7 * (n + 1), 3 * (n + 1)) for n in range(days)]
    chart = chart_of(found)
    top = chart.marks[0]
    assert top >= 7 * days
    assert chart.marks == (top, top // 2, 0)
    x, y = chart.tickets.split()[-1].split(",")
    assert float(x) == 100
    assert float(y) == pytest.approx(100 - 100 * 7 * days / top, abs=0.01)
    assert chart.dates[0] == first
    assert table_of(found)[0] == found[-1]
    assert len(table_of(found)) <= 31
