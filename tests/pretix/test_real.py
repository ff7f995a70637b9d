"""The whole way with pretix itself, where `real.py` finds one: its webhook, its API, its words.

`pip install pretix` in an environment of its own, and name its Python in `PASSALONG_TEST_PRETIX`.
It isn't done in CI: installing and migrating it takes minutes. There, and wherever it isn't, the
answers that it gave when they were recorded are the test.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import builders
from tests.live_server import LiveServer, running_server
from tests.pretix.conftest import ADULT, CHILD, FRIDAY, SHIRT
from tests.pretix.hearing import all_orders
from tests.pretix.real import EVENT, ORGANIZER, VARIABLE, Pretix, interpreter, name, running_pretix
from ticketing import create_app, links
from ticketing.extensions import db
from ticketing.models import Call, Order, PretixConnection, Shop
from ticketing.pretix import connections, queue
from ticketing.pretix.trying import InvalidConnection

PATIENCE = 60

pytestmark = pytest.mark.skipif(
    interpreter() is None, reason=f"no pretix: say in {VARIABLE} which Python has it"
)


@pytest.fixture(scope="module")
def pretix(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pretix]:
    python = interpreter()
    assert python is not None
    with running_pretix(tmp_path_factory.mktemp("pretix") / "it", python) as found:
        yield found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    with running_server(tmp_path, PASSALONG_ALLOW_PRIVATE_TARGETS="yes") as found:
        yield found


@pytest.fixture
def app(server: LiveServer) -> Iterator[Flask]:
    """An app of the test's own on the server's instance."""
    app = create_app({"TESTING": True}, server.settings)
    with app.app_context():
        yield app


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


def typed(pretix: Pretix, **other: str) -> dict[str, str]:
    known = {"base_url": pretix.url, "organizer": ORGANIZER, "event": EVENT, "token": pretix.token}
    return {**known, **other}


@pytest.fixture
def connection(shop: Shop, pretix: Pretix) -> PretixConnection:
    found = connections.save(shop, typed(pretix), revision=0)
    chosen = {ADULT: "weekend", CHILD: "weekend", FRIDAY: "friday", SHIRT: ""}
    connections.map_items(found, chosen, revision=found.revision)
    return found


def eventually(holds: Callable[[], Any]) -> Any:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if found := holds():
            return found
        time.sleep(0.1)
    raise AssertionError(f"not within {PATIENCE} s")


def test_the_whole_way(connection: PretixConnection, pretix: Pretix, shop: Shop) -> None:
    def here(reference: str) -> Order | None:
        found = [each for each in all_orders() if each.reference == reference]
        return found[0] if found else None

    def tickets(reference: str) -> dict[str | None, tuple[str, str]]:
        found = here(reference)
        standing = [each for each in found.tickets if each.state != "cancelled"] if found else []
        return {each.external_id: (each.state, each.first_name) for each in standing}

    def state(reference: str) -> tuple[str, int]:
        found = here(reference)
        return (found.state, found.version) if found else ("", 0)

    def quiet() -> bool:
        db.session.rollback()
        waits = db.session.query(Call).filter(Call.state.in_(["waiting", "sending"])).count()
        return waits == 0

    pretix.hook(links.pretix_hook_url(connection))
    code = pretix.order(
        pretix.adult(attendee_name_parts=name("Anna", "Visser"), attendee_email="anna@example.org"),
        pretix.adult(attendee_name_parts=name("Kim", "Visser")),
        pretix.friday(),
        pretix.shirt(),
    )["code"]
    placed: Order = eventually(lambda: here(code))
    assert (placed.first_name, placed.email) == ("Bea", "bea@example.org")
    first, second, third = (str(each.external_id) for each in placed.tickets)
    assert tickets(code) == {
        first: ("personalised", "Anna"),
        second: ("personalised", "Kim"),
        third: ("open", ""),
    }

    # Written back, and the webhook that this causes comes to nothing.
    connections.switch_write_back(connection, on=True)
    builders.claim(placed.tickets[2], first_name="Nora", last_name="Jansen")
    position = f"orderpositions/{third}/"
    eventually(lambda: pretix.do("GET", position)["attendee_name"] == "Nora Jansen")
    assert pretix.do("GET", position)["attendee_email"] == "anna@example.org"
    eventually(quiet)
    before = state(code)
    assert db.session.query(Call).filter_by(kind=queue.WRITE).count() == 1

    # A name that pretix changes afterwards isn't taken over; a ticket less and one more is.
    pretix.do("PATCH", f"orderpositions/{first}/", {"attendee_name_parts": name("Otto", "Other")})
    eventually(quiet)
    assert state(code) == before
    assert pretix.ask("DELETE", f"orderpositions/{second}/").status == 204
    pretix.do("POST", "orderpositions/", {"order": code, "price": "0.00", **pretix.friday()})
    eventually(lambda: second not in tickets(code) and len(tickets(code)) == 3)
    assert tickets(code)[third] == ("personalised", "Nora")

    # Cancelled there, cancelled here; taken up again, it comes anew.
    pretix.do("POST", f"orders/{code}/mark_canceled/", {"send_email": False})
    eventually(lambda: state(code)[0] == "cancelled")
    pretix.do("POST", f"orders/{code}/reactivate/")
    eventually(lambda: here(f"{code}~2"))
    assert len(tickets(f"{code}~2")) == 3

    # Not before it is paid.
    pending = pretix.order(pretix.adult(), status="n")["code"]
    pretix.do("POST", f"orders/{pending}/mark_paid/")
    eventually(lambda: here(pending))

    # What was sold before anybody connected a shop is fetched, and comes once.
    count = len(all_orders())
    connections.fetch_all(connection, send_mails=False)
    eventually(quiet)
    assert len(all_orders()) == count
    db.session.refresh(connection)
    assert connection.last_error == ""


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"token": "wrong"}, "token"),
        ({"organizer": "nobody"}, "organizer"),
        ({"event": "winter"}, "event"),
        ({"base_url": "http://127.0.0.1:9"}, "base_url"),
    ],
)
def test_what_is_wrong_is_found_at_once(
    shop: Shop, pretix: Pretix, wrong: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidConnection) as invalid:
        connections.save(shop, typed(pretix, **wrong), revision=0)
    assert list(invalid.value.errors) == [field]


def test_a_token_that_may_see_no_orders_is_refused(shop: Shop, pretix: Pretix) -> None:
    powerless = typed(pretix, token=str(pretix.seeded["powerless"]))
    with pytest.raises(InvalidConnection) as invalid:
        connections.save(shop, powerless, revision=0)
    assert list(invalid.value.errors) == ["token"]
