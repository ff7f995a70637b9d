"""ASVS 16.3: who signs in, and who is refused what, is logged, without a name or an address."""

import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.api.caller import make_key
from tests.backoffice import phone
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.signing_in.test_is_it_you import KEYS, eleven_minutes_pass, question
from tests.backoffice.signing_in.test_two_step import CODE, set_up, with_password
from tests.security.test_link_forms import token_in
from ticketing import links
from ticketing.config import PROJECT
from ticketing.extensions import db
from ticketing.members import passwords
from ticketing.models import Order, Shop, User
from ticketing.running import security_log
from ticketing.running.logs import formatter
from ticketing.storing.transactions import write

SIGN_IN = "/backoffice/sign-in"
EMAIL = "olga@example.org"


class Log:
    """The lines of the security log, as programs read them."""

    def __init__(self) -> None:
        self.text = io.StringIO()

    def since(self) -> list[dict[str, Any]]:
        """Those that came since this was last asked."""
        written = self.text.getvalue()
        for secret in (EMAIL, PASSWORD, "127.0.0.1", "Olga"):
            assert secret not in written
        self.text.seek(0)
        self.text.truncate()
        return [json.loads(line) for line in written.splitlines()]

    def events(self) -> list[str]:
        return [line["event"] for line in self.since()]


@pytest.fixture
def log(app: Flask) -> Iterator[Log]:
    log = Log()
    handler = logging.StreamHandler(log.text)
    handler.setFormatter(formatter("json"))
    logger = logging.getLogger("ticketing.security")
    logger.addHandler(handler)
    yield log
    logger.removeHandler(handler)


def user_id(email: str = EMAIL) -> int:
    return int(db.session.query(User).filter_by(email=email).one().id)


def test_a_line_says_what_who_when_from_where_and_in_which_request(
    stranger: Browser, shop: Shop, log: Log
) -> None:
    builders.make_user(shop.organiser, password=PASSWORD)
    answer = stranger.sign_in(EMAIL, PASSWORD)
    [line] = log.since()
    assert (line["event"], line["user"], line["by"]) == ("signed_in", user_id(), "password")
    assert line["level"] == "info"
    assert line["time"].endswith("Z")
    assert (line["method"], line["route"]) == ("POST", SIGN_IN)
    assert line["request_id"] == answer.headers["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{12}", line["network"])


def test_one_network_has_one_mark(app: Flask, log: Log) -> None:
    marks = []
    for address in ("203.0.113.7", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"):
        Browser(app).post(
            SIGN_IN,
            headers={"Sec-Fetch-Site": "cross-site"},
            environ_base={"REMOTE_ADDR": address},
        )
        marks.append(log.since()[0]["network"])
    assert marks[1] == marks[2], "one household"
    assert len(set(marks)) == 3


def test_guesses_are_told_with_the_account_where_there_is_one(
    app: Flask, shop: Shop, log: Log
) -> None:
    builders.make_user(shop.organiser, password=PASSWORD)
    Browser(app).sign_in(EMAIL, "wrong horse battery")
    Browser(app).sign_in("nobody@example.org", PASSWORD)
    known, unknown = log.since()
    assert (known["event"], known["level"]) == ("wrong_password", "warning")
    assert known["user"] == user_id()
    assert unknown["event"] == "wrong_password"
    assert "user" not in unknown
    for _ in range(9):
        Browser(app).sign_in(EMAIL, "wrong horse battery")
    log.since()
    Browser(app).sign_in(EMAIL, PASSWORD)
    assert log.events() == ["too_many_tries"]


def test_both_steps_are_told(app: Flask, olga: Browser, log: Log) -> None:
    kept = set_up(olga)
    assert "two_step_on" in [line.get("what") for line in log.since()]
    person = with_password(app)
    assert log.events() == [], "not in yet"
    person.submit(CODE, code="000000")
    person.submit(CODE, code=phone.code(kept.secret))
    wrong, _mail, right = log.since()
    assert (wrong["event"], wrong["user"]) == ("wrong_code", user_id())
    assert (right["event"], right["by"]) == ("signed_in", "code+password")
    person.post("/backoffice/sign-out", {"csrf_token": person.token()})
    assert log.events() == ["signed_out"]


def test_is_it_you_and_what_was_answered(olga: Browser, log: Log) -> None:
    eleven_minutes_pass()
    log.since()
    form = question(olga.submit(KEYS, name="Till", scopes=["orders:read"]))
    form = question(olga.send(KEYS, form, confirm_with="wrong horse battery"))
    olga.send(KEYS, form, confirm_with=PASSWORD)
    assert log.events() == ["wrong_password", "confirmed"]


def test_what_changes_how_somebody_signs_in(app: Flask, olga: Browser, log: Log) -> None:
    changed = olga.submit(
        "/backoffice/account",
        action="/backoffice/account/password",
        present=PASSWORD,
        password="another horse battery",
    )
    assert changed.status_code == 303
    lines = log.since()
    assert [(line["event"], line.get("what")) for line in lines] == [
        ("account", "password_changed"),
        ("signed_in", None),
    ]
    assert {line["user"] for line in lines} == {user_id()}


def test_what_is_undone_did_not_happen(app: Flask, shop: Shop, log: Log) -> None:
    user = builders.make_user(shop.organiser, password=PASSWORD)
    with pytest.raises(LookupError):
        _change_and_fail(user.id)
    assert log.events() == []
    passwords.put(user.id, "x", locale="en")
    assert log.events() == ["account"]


def _change_and_fail(user_id: int) -> None:
    with write() as session:
        passwords._put(session, session.get_one(User, user_id), "x", "en")
        raise LookupError


def test_who_is_refused_is_told(app: Flask, olga: Browser, order: Order, log: Log) -> None:
    desk = Browser(app)
    builders.make_user(order.shop.organiser, email="d@example.org", role="desk", password=PASSWORD)
    desk.sign_in("d@example.org", PASSWORD)
    log.since()
    path = f"/backoffice/orders/{order.id}/cancel"
    desk.get(path)
    [line] = log.since()
    assert (line["event"], line["user"]) == ("wrong_role", user_id("d@example.org"))
    olga.post(path, {"csrf_token": "guessed"})
    assert log.events() == ["wrong_form"]
    olga.post(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert log.events() == ["cross_site"]
    olga.get("/backoffice/orders/4711")
    assert log.events() == ["not_theirs"]


def test_keys_that_open_nothing_are_told(app: Flask, order: Order, log: Log) -> None:
    client = Browser(app)
    reading = make_key(order.organiser, "orders:read")
    for plain, known in (("psl_guessed", False), (reading, True)):
        client.post("/api/v1/orders", headers={"Authorization": f"Bearer {plain}"}, json={})
        [line] = log.since()
        assert line["event"] == "wrong_key"
        assert ("key" in line) is known
        assert plain not in str(line)


def test_reaching_a_limit_is_told(client: FlaskClient, order: Order, log: Log) -> None:
    path = f"/t/{links.ticket_token(builders.claim(order.tickets[0]))}"
    statuses = []
    for _ in range(4):
        token = token_in(client.get(path).text)
        statuses.append(client.post(f"{path}/mail", data={"csrf_token": token}).status_code)
    assert statuses == [303, 303, 303, 429]
    assert log.events() == ["limit"]


def test_each_event_is_explained_to_who_runs_it() -> None:
    written = (PROJECT / "docs" / "running.md").read_text()
    table = set(re.findall(r"^\| `([a-z_]+)` \|", written, re.M))
    assert table >= security_log.EVENTS
