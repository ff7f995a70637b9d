"""F3, F6: a restore that is killed amid its work lets nobody in who was turned away since.

Until it is finished nothing starts; it can be finished by what it says itself.
"""

import shlex
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.backup.conftest import Flask_
from tests.killing import killed_before
from ticketing import links, sharing
from ticketing.history import SYSTEM
from ticketing.models import Order
from ticketing.storing import installation

# Before which of its statements, commits included: of migrating, of taking back again, of giving
# open tickets other links, of ending what is signed in.
KILLED_BEFORE = (3, 8, 14, 20, 27, 35)


def test_killed_at_any_statement_it_is_finished_later_and_nothing_is_open_meanwhile(
    app: Flask, client: FlaskClient, flask: Flask_, order: Order, backed_up: Path
) -> None:
    ticket = order.tickets[1]
    recalled = f"/s/{links.share_token(ticket, ticket.share_generation)}"
    sharing.recall(ticket, SYSTEM, generation=ticket.share_generation)
    shared = builders.share(ticket)
    unfinished = 0
    for statement in KILLED_BEFORE:
        assert killed_before(app, statement, lambda: flask("restore", backed_up, "--replace"))
        if problem := installation.problem_of(app):
            unfinished += 1
            finish = problem.partition("Finish it: flask ")[2].replace("FILE", str(backed_up))
            done = flask(*shlex.split(finish))
            assert done.exit_code == 0, done.output
            assert installation.problem_of(app) == ""
        # Never begun, or finished: the same to whoever has a link.
        assert [client.get(each).status_code for each in (recalled, shared)] == [410, 200]
    assert unfinished >= len(KILLED_BEFORE) - 2
    assert flask("check").exit_code == 0
