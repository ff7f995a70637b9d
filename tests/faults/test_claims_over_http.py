"""P4: many clients claim at once, over HTTP, from a server of two processes.

How long they wait is measured by `benchmarks.claims`; here nobody may be turned away, which the
server does after five seconds.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests import claiming, clients, invariants
from tests.installations import Installations, variables_of
from tests.live_server import LiveServer, running_server
from ticketing import create_app
from ticketing.extensions import db
from ticketing.models import Order, OutboxMail, Ticket
from ticketing.posting import outbox

CLIENTS = 30
WON, TOO_LATE = 303, 409


@pytest.fixture
def server(engine: str, installations: Installations, tmp_path: Path) -> Iterator[LiveServer]:
    with (
        installations.copy(engine, tmp_path / "instance") as settings,
        running_server(tmp_path, **variables_of(settings)) as server,
    ):
        yield server


@pytest.fixture
def app(server: LiveServer) -> Iterator[Flask]:
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def test_the_same_ticket_has_one_winner_and_each_their_own_goes_to_all(
    app: Flask, server: LiveServer
) -> None:
    address = clients.address_of(server)
    for path in claiming.shared_links(app, 2):
        claims = claiming.filled_in(address, [path] * CLIENTS)
        answers = clients.flat(clients.ask(address, *[[claim] for claim in claims]))
        assert Counter(each.status for each in answers) == {WON: 1, TOO_LATE: CLIENTS - 1}
    # Ten of them in one order: they wait for each other, too.
    claims = claiming.filled_in(address, claiming.shared_links(app, CLIENTS))
    answers = clients.flat(clients.ask(address, *[[claim] for claim in claims]))
    assert Counter(each.status for each in answers) == {WON: CLIENTS}

    db.session.rollback()
    claimed = list(db.session.scalars(select(Ticket).where(Ticket.email.like("anna%@example.org"))))
    assert len(claimed) == 2 + CLIENTS
    mailed = db.session.execute(
        select(OutboxMail.ticket_id, func.count())
        .where(OutboxMail.kind == outbox.TICKET)
        .group_by(OutboxMail.ticket_id)
    )
    mails = {row[0]: row[1] for row in mailed}
    assert {mails[ticket.id] for ticket in claimed} == {1}
    invariants.check(db.session(), list(db.session.scalars(select(Order.id))))
