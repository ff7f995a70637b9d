"""Doors without a network and open overviews hear of what a restore has made void."""

from collections.abc import Callable

from tests import builders, invariants
from ticketing import admission, doors
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


def test_an_overview_that_is_open_is_drawn_anew(order: Order, restore: Restore) -> None:
    version = order.version
    restore()
    order = db.session.get_one(Order, order.id)
    assert order.version == version + 1
    assert [ticket.version > version for ticket in order.tickets] == [False, True, True, True]
    invariants.check(db.session())
