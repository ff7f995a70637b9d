"""Who tries links that we never made is told, after many, to come back later; nobody else is."""

import datetime as dt
import time
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests import seen
from tests.security.conftest import World
from tests.security.link_routes import KINDS
from ticketing import history, links, sharing
from ticketing.extensions import db
from ticketing.links import Kind, Link
from ticketing.members import attempts
from ticketing.models import LimitUse
from ticketing.storing.transactions import write

HERE, NEXT_DOOR, ELSEWHERE = "2001:db8:1:2::5", "2001:db8:1:2::6", "2001:db8:1:3::5"
MOST = attempts.LINKS


def ask(client: FlaskClient, path: str, address: str = HERE, method: str = "GET") -> TestResponse:
    return client.open(path, method=method, environ_overrides={"REMOTE_ADDR": address})


def guesses() -> Iterator[str]:
    """Tokens as long as ours, each another one."""
    number = 0
    while True:
        number += 1
        yield f"{number:036d}"


@pytest.fixture
def tried(client: FlaskClient, world: World) -> None:
    """From here so many links were tried as may be."""
    for kind, token, _number in zip("ostu" * MOST, guesses(), range(MOST), strict=False):
        assert ask(client, f"/{kind}/{token}").status_code == 404
    with write() as session:  # however slow this machine is: none has come back meanwhile
        for row in session.query(LimitUse):
            row.spent_until = int((time.time() + attempts.LINKS_IN.total_seconds() + 50) * 1000)


@pytest.mark.usefixtures("tried")
def test_after_a_hundred_they_come_back_later(client: FlaskClient) -> None:
    refused = ask(client, f"/o/{'x' * 36}")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert "go on working" in refused.text
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.headers["Referrer-Policy"] == "no-referrer"
    assert ask(client, f"/o/{'x' * 36}", NEXT_DOOR).status_code == 429, "the same household"
    assert ask(client, f"/o/{'x' * 36}", ELSEWHERE).status_code == 404, "another one"


@pytest.mark.usefixtures("tried")
def test_who_has_a_good_link_notices_nothing(client: FlaskClient, world: World) -> None:
    """Behind one address may be a whole festival, the one who guesses among them."""
    tokens = world.tokens
    for kind, token in tokens.items():
        assert ask(client, f"/{kind}/{token}").status_code == 200
    sharing.recall(world.shared, history.booker(world.order), generation=1)
    assert ask(client, f"/s/{tokens['s']}").status_code == 410, "and who had one is told so"


@pytest.mark.usefixtures("tried")
def test_whatever_is_unknown_counts_alike(client: FlaskClient, world: World) -> None:
    made_for_nobody = links.make(links.keys(), Link(Kind.ORDER, 4711, 1))
    answers = {
        (answer.status_code, answer.data)
        for token in ("x", "y" * 36, made_for_nobody, world.tokens["t"])
        for answer in [ask(client, f"/o/{token}")]
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 429
    for path in ("/o/x/stream", "/o/x/changes", "/t/x/ticket.pdf", "/s/x/opened", "/u/x/undo"):
        method = "POST" if path.endswith(("opened", "undo")) else "GET"
        assert ask(client, path, method=method).status_code == 429, path
    for path in ("/backoffice/invitations/x", "/backoffice/new-email/x"):
        assert ask(client, path).status_code == 429, path
    assert ask(client, "/hooks/pretix/x", method="POST").status_code == 429


@pytest.mark.usefixtures("tried")
def test_guessing_on_makes_it_no_longer_and_costs_no_write(client: FlaskClient) -> None:
    before = seen.rows()
    for kind in KINDS:
        assert ask(client, f"/{kind}/{'z' * 36}").status_code == 429
    assert seen.changes(before) == {}


@pytest.mark.usefixtures("tried")
def test_after_some_minutes_they_may_try_again(client: FlaskClient) -> None:
    with write() as session:
        for row in session.query(LimitUse):
            row.spent_until -= dt.timedelta(minutes=5) // dt.timedelta(milliseconds=1)
    assert ask(client, f"/o/{'x' * 36}").status_code == 404


def test_good_links_are_never_counted(client: FlaskClient, world: World) -> None:
    for _ in range(MOST // 4 + 1):
        for kind, token in world.tokens.items():
            assert ask(client, f"/{kind}/{token}").status_code == 200
    assert db.session.query(LimitUse).count() == 0
