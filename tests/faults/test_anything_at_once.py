"""P4, F2: whatever is done to one event at the same time, nobody waits in a circle, none fails."""

from flask import Flask
from sqlalchemy import select

from tests import invariants
from tests.faults import mixture
from tests.faults.crew import Crew, counted, slowest
from ticketing.extensions import db
from ticketing.models import Order, Shop

TIMES = 60


def test_whatever_happens_at_once_nobody_waits_in_vain(app: Flask, crew: Crew) -> None:
    event = mixture.small_event()
    [shop_id] = db.session.scalars(select(Shop.id).where(Shop.event_id == event.id))
    db.session.rollback()
    outcomes = crew.run(mixture.anything, shop_id, TIMES)
    counts = counted(outcomes)
    print(dict(sorted(counts.items())), f"slowest {slowest(outcomes):.3f} s")
    done = {each.attempt for each in outcomes if each.result == "done"}
    assert len(done) > len({*mixture.ACTIONS}) * 2 // 3, "or little has met"
    db.session.rollback()
    ids = db.session.scalars(select(Order.id).where(Order.shop_id == shop_id)).all()
    invariants.check(db.session(), ids)
    positions = sorted(each.position for each in event.ticket_types)
    assert positions == [1, 2, 3]
    assert sorted(each.position for each in event.questions) == [1, 2]
