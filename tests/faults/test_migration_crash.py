"""F9: a migration that is killed half-way was never begun, and can be done again."""

import itertools
from functools import partial
from pathlib import Path

from flask import Flask
from flask_migrate import check, downgrade, upgrade

from tests import builders, invariants
from tests.installations import Installations
from tests.killing import killed_before
from tests.storing.test_upgrade import REVISIONS, rows
from ticketing import create_app
from ticketing.extensions import db
from ticketing.running import health

UPWARDS = REVISIONS[::-1]
# Before which statements of each: its first, amid the tables, and where rows are moved.
KILLED_BEFORE = (3, 8, 21, 55)


def test_each_of_them_killed_amid_its_work(
    engine: str, installations: Installations, tmp_path: Path
) -> None:
    with installations.copy(engine, tmp_path / "instance") as settings:
        app = create_app({"TESTING": True}, settings)
        with app.app_context():
            order = builders.make_order(tickets=3)
            builders.claim(order.tickets[0])
            downgrade(revision=UPWARDS[0])
            kills = sum(climb(app, before, after) for before, after in itertools.pairwise(UPWARDS))
            assert kills > len(UPWARDS)  # or this shows little
            check()  # nothing of the tables is missing
            db.session.remove()
            invariants.check(db.session())
            db.session.remove()
            db.engine.dispose()


def climb(app: Flask, before: str, after: str) -> int:
    """From one revision to the next, killed on the way; returns how often."""
    kills = 0
    earlier = rows()
    for statement in KILLED_BEFORE:
        if not killed_before(app, statement, partial(upgrade, revision=after)):
            break
        kills += 1
        if revision() == after:
            break  # it was over but for the farewell
        assert revision() == before
        assert rows() == earlier, "nothing of it is there"
    if revision() == before:
        upgrade(revision=after)
    assert revision() == after
    there = rows()
    assert {table: there[table] for table in earlier if table in there} == earlier
    return kills


def revision() -> str | None:
    db.session.remove()
    with db.engine.connect() as connection:
        return health.migrated_to(connection)
