"""F6: a backup that is made while processes share, recall, claim and reopen."""

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests import builders, invariants
from tests.backup import jobs
from tests.backup.conftest import Flask_
from tests.faults.crew import counted, crew_of
from ticketing.carried import barcodes
from ticketing.carried.barcodes import BarcodeRefused
from ticketing.config import Settings
from ticketing.extensions import db

PROCESSES = 3
TIMES = 120  # that each of them does something


def test_nothing_is_torn_and_nothing_comes_back_to_life(
    app: Flask, client: FlaskClient, flask: Flask_, settings: Settings, tmp_path: Path
) -> None:
    shop = builders.make_shop()
    ids = [t.id for _ in range(6) for t in builders.make_order(shop, tickets=5).tickets]
    db.session.rollback()
    db.engine.dispose()
    with crew_of(PROCESSES, settings) as crew:
        outcomes = crew.run(jobs.live_on, ids, TIMES, tmp_path / "backup")
    counts = counted(outcomes)
    print(counts)
    assert counts["backup done"] == 1
    assert counts["change done"] > TIMES
    taken_back = [each for one in outcomes if one.attempt == "change" for each in one.value or ()]
    assert any(each.startswith("/s/") for each in taken_back)
    assert any(each.startswith("/t/") for each in taken_back)
    invariants.check(db.session())

    done = flask("restore", tmp_path / "backup", "--replace")
    assert done.exit_code == 0, done.output
    assert "6 orders, and all that belongs to them: nothing is wrong." in done.output
    for each in taken_back:
        if each.startswith("/"):
            assert client.get(each).status_code == 410
        else:
            assert is_refused(each)


def is_refused(barcode: str) -> bool:
    try:
        barcodes.look_up(barcode)
    except BarcodeRefused:
        return True
    return False
