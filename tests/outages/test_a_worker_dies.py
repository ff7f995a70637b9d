"""F3: a worker is killed amid claims and reopens. Whoever was told that it is done, has it.

The others see a broken connection and send once more; the other worker serves on meanwhile.
"""

import os
import signal
import time
from collections import Counter
from pathlib import Path

from flask import Flask
from sqlalchemy import select

from tests import clients
from tests.killing import chance, kills
from tests.live_server import LiveServer
from tests.outages.forms import claims, desk_of, reopens
from tests.outages.sending import BROKEN, DONE, PATIENCE, sending
from ticketing.extensions import db
from ticketing.models import Shop

USUAL = 6  # kills: a worker takes longer to come back than all else here
LONGEST = 0.05  # seconds


def test_nothing_acknowledged_is_lost_however_often_a_worker_is_killed(
    app: Flask, server: LiveServer
) -> None:
    moments, wanted, address = chance(5), kills(USUAL), clients.address_of(server)
    shop = db.session.scalars(select(Shop).order_by(Shop.id.desc()).limit(1)).one()
    desk = desk_of(shop)
    desk.sign_in(server)
    seen: Counter[int | str] = Counter()
    killed = 0
    while killed < wanted or not seen[BROKEN]:
        claimed, reopened = claims(app, 6), reopens(shop, 2)
        with (
            sending(address, claimed.filled_in(server), people=3) as of_claims,
            sending(address, reopened.filled_in(desk), people=1) as of_reopens,
        ):
            of_claims.wait_for(DONE)
            time.sleep(moments.uniform(0, LONGEST))
            kill(moments.choice(workers_of(server)))
            of_claims.finish()
            of_reopens.finish()
        killed += 1
        claimed.check(of_claims)
        reopened.check(of_reopens)
        seen.update(of_claims.told)
        seen.update(of_reopens.told)
    print(f"{killed} kills, {dict(seen)}")


def workers_of(server: LiveServer) -> list[int]:
    """Those that are there now; one that was killed is replaced."""
    master = server.process.pid
    children = Path(f"/proc/{master}/task/{master}/children")
    until = time.monotonic() + PATIENCE
    while len(found := children.read_text().split()) < 2:
        assert time.monotonic() < until, "no worker comes back"
        time.sleep(0.05)
    return [int(pid) for pid in found]


def kill(worker: int) -> None:
    os.kill(worker, signal.SIGKILL)
