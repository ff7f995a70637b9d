"""`flask check` finds whatever doesn't hold together, and says it in words."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import event, text

from tests import builders
from ticketing import checking, history, personalisation, sharing
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.storing.transactions import write


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    """Ticket 1 was claimed, 2 is shared and opened, 3 was opened again, 4 lies there as it came."""
    order = builders.make_order(shop, tickets=4)
    first, second, third, _fourth = order.tickets
    builders.claim(first)
    builders.share(second)
    sharing.opened(second, second.share_generation)
    builders.claim(third, email="ben@example.org")
    db.session.refresh(third)
    personalisation.reopen(order, {third.id: third.revision}, "Resold", builders.ORGANISER)
    return order


def check(app: Flask, *arguments: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["check", *arguments])


def spoil(statement: str, order: Order) -> None:
    """Change the tables behind the rules' back; `{o}`, `{t}`, `{shop}` stand for ids."""
    names = SimpleNamespace(o=order.id, shop=order.shop_id, t=[t.id for t in order.tickets])
    filled = re.sub(r"\{t(\d)\}", lambda m: str(names.t[int(m[1]) - 1]), statement)
    filled = filled.replace("{o}", str(names.o)).replace("{shop}", str(names.shop))
    with write() as session:
        session.execute(text(filled))


def test_what_people_did_holds_together(app: Flask, order: Order) -> None:
    good = check(app)
    assert good.exit_code == 0, good.output
    assert "1 orders, and all that belongs to them: nothing is wrong." in good.output


@pytest.mark.engine("sqlite")  # the statements that find it are asked on both, by many tests
@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ("UPDATE orders SET state = 'cancelled' WHERE id = {o}", "not all of its tickets are"),
        ("UPDATE orders SET cancelled_at = created_at WHERE id = {o}", "of its cancellation"),
        ("UPDATE orders SET link_generation = 2 WHERE id = {o}", "generation is 2, not 1"),
        ("UPDATE orders SET version = version + 1 WHERE id = {o}", "doesn't follow from its hist"),
        ("UPDATE orders SET revision = 7 WHERE id = {o}", "revision 7 after 0 changes"),
        ("UPDATE orders SET list_version = 99 WHERE id = {o}", "its list of tickets is of a vers"),
        ("DELETE FROM history WHERE action = 'placed'", "being placed, once"),
        ("DELETE FROM history WHERE action = 'claimed'", "its history ends “open”"),
        ("UPDATE history SET ticket_id = {t4} WHERE action = 'opened'", "-2: its history says “op"),
        ("UPDATE tickets SET first_name = 'Eve' WHERE id = {t1}", "tells of another first_name"),
        ("UPDATE tickets SET state = 'open' WHERE id = {t1}", "somebody's details are there"),
        ("UPDATE tickets SET state = 'checked_in' WHERE id = {t1}", "moment of its check-in"),
        ("UPDATE tickets SET personalised_at = NULL WHERE id = {t1}", "nobody knows since when"),
        ("UPDATE tickets SET personalised_by = NULL WHERE id = {t1}", "who gave it, disagree"),
        ("UPDATE tickets SET round = 5 WHERE id = {t3}", "its round is 5, not 2"),
        ("UPDATE tickets SET link_generation = 1 WHERE id = {t3}", "link's generation is 1, not 2"),
        ("UPDATE tickets SET barcode_generation = 1 WHERE id = {t3}", "generation is 1, not 2"),
        ("UPDATE tickets SET revision = 9 WHERE id = {t4}", "-4: revision 9 doesn't follow"),
        ("UPDATE tickets SET position = 9 WHERE id = {t4}", "numbered from 1 without a gap"),
        ("UPDATE tickets SET version = 99 WHERE id = {t4}", "a version that its order hasn't rea"),
        ("UPDATE tickets SET share_generation = 1 WHERE id = {t3}", "some of them still open it"),
        ("UPDATE tickets SET share_generation = 3 WHERE id = {t2}", "is of a former generation"),
        ("UPDATE shares SET opened_at = NULL", "says “opened” 1×, its shares 0×"),
        ("UPDATE shares SET ended_at = shared_at", "a share ended without a reason"),
        ("DELETE FROM outbox WHERE kind = 'confirmation'", "0 mails “confirmation”"),
        ("DELETE FROM outbox WHERE ticket_id = {t1}", "-1: a claim without its mail"),
        ("DELETE FROM outbox WHERE kind = 'reopened'", "doesn't follow from its history"),
        ("UPDATE outbox SET state = 'sending'", "being sent by nobody"),
        ("UPDATE outbox SET state = 'sent'", "sent at no time"),
        ("UPDATE outbox SET organiser_id = NULL", "about another organiser's order"),
        ("UPDATE search_entries SET progress = 'all'", "the search knows it as it was"),
        ("DELETE FROM search_entries", "the search doesn't know it"),
        ("DELETE FROM changes WHERE version = 3", "don't lead to their version"),
        ("UPDATE changes SET order_id = 77", "lines in the change feed about no order"),
        ('UPDATE installation SET keys = \'{"session": "x"}\'', "made with other secrets: sess"),
        ("DELETE FROM installation", "nobody knows whose it is"),
        ("UPDATE alembic_version SET version_num = 'older'", "migrations are at older"),
    ],
)
def test_whatever_does_not_is_found(app: Flask, order: Order, spoilt: str, told: str) -> None:
    spoil(spoilt, order)
    bad = check(app)
    assert bad.exit_code == 1
    assert told in bad.output, bad.output
    assert "Anna" not in bad.output, "it names details, never what they hold"


def test_another_organisers_things(app: Flask, order: Order) -> None:
    other = builders.make_shop(organiser_name="Other")
    with write() as session:
        order = session.get_one(Order, order.id)
        order.organiser_id = other.organiser_id
        order.tickets[3].ticket_type_id = other.event.ticket_types[0].id
    told = check(app).output
    assert f"orders with another organiser's shop: {order.id}" in told
    assert f"tickets of another event's type: {order.tickets[3].id}" in told
    assert "orders whose search entry is of another organiser" in told


@pytest.mark.engine("sqlite")
def test_rows_that_refer_to_none(app: Flask, order: Order) -> None:
    """Only a file that was changed by hand has such."""
    driver = db.engine.raw_connection()
    driver.execute("PRAGMA foreign_keys=OFF")
    driver.execute("UPDATE history SET user_id = 99")
    driver.execute("PRAGMA foreign_keys=ON")
    driver.close()
    told = check(app).output
    assert re.search(r"history: \d+ with a user_id that isn't there", told), told


@pytest.mark.engine("sqlite")
def test_a_damaged_file(app: Flask, settings: Settings, order: Order) -> None:
    with write() as session:
        root = session.scalar(
            text("SELECT rootpage FROM sqlite_master WHERE name = 'ix_history_order_id'")
        )
        size = session.scalar(text("PRAGMA page_size"))
    assert root
    assert size
    driver = db.engine.raw_connection()
    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    driver.close()
    db.session.remove()
    db.engine.dispose()
    damage(settings.instance_path / "passalong.db", (root - 1) * size + 8, 24)
    told = check(app)
    assert told.exit_code == 1
    assert "the file is damaged" in told.output or "can't be looked at" in told.output


def damage(path: Path, at: int, number: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\xff" * number)


@pytest.mark.engine("sqlite")
def test_an_index_that_lacks_an_order(app: Flask, order: Order) -> None:
    spoil("INSERT INTO search_terms(search_terms) VALUES ('delete-all')", order)
    assert f"Order {order.code}: the full-text index lacks some of it" in check(app).output


def test_it_stops_where_everything_is_wrong(app: Flask, order: Order) -> None:
    spoil("UPDATE tickets SET revision = 9", order)
    told = check(app, "--most", "2").output
    assert told.count("revision 9") == 2
    assert "Stopped after 2 findings." in told


def test_nobody_has_to_wait_for_it(app: Flask, order: Order) -> None:
    """It holds nothing: a claim goes through between two portions."""
    found = checking.of_these(db.session(), told=lambda _n: claim_the_fourth(order))
    assert list(found) == []


def claim_the_fourth(order: Order) -> None:
    db.session.rollback()
    ticket = order.tickets[3]
    personalisation.claim(ticket, builders.ANNA, history.booker(order), round=ticket.round)


def test_an_address_that_had_enough_is_looked_for_once(app: Flask, shop: Shop) -> None:
    """However many claims have no mail because of it."""
    order = builders.make_order(shop, tickets=personalisation.CLAIM_MAILS_PER_RECIPIENT + 3)
    for ticket in order.tickets:
        builders.claim(ticket)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert list(checking.of_these(db.session())) == []
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert sum("lower(outbox.recipient)" in statement for statement in asked) == 1
