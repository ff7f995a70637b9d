"""F3: an import that is killed has placed all of its orders or none, and can go on."""

import itertools
from collections.abc import Iterator
from functools import partial

from flask import Flask
from sqlalchemy import func, select

from tests import builders, invariants
from tests.backoffice.files import ANNA, NOBODY, made_of, row
from tests.killing import at_work, chance, killed_before, kills, once_before
from ticketing import history
from ticketing.extensions import db
from ticketing.imports import steps, writing
from ticketing.models import Import, Order, OutboxMail, Ticket
from ticketing.posting import outbox

ORDERS = 20
LONGEST = 0.1  # seconds, about as long as checking takes, or writing


def test_killed_at_any_statement_it_is_whole_or_not_at_all(app: Flask) -> None:
    import_id, shop_id = checked_file(orders=30)
    for statement in itertools.count(1):
        if not killed_before(app, statement, partial(write, import_id)):
            break
        state = db.session.get_one(Import, import_id).state
        # The last of all may be killed when its work is already safe.
        assert (state, orders_of(shop_id)) in {("checked", 0), ("done", 30)}, statement
        db.session.rollback()
    assert statement > 15  # it says at least that much to the database
    write(import_id)
    whole(shop_id, orders=30)


def test_killed_at_any_moment_it_is_whole_or_not_at_all(app: Flask) -> None:
    moments, wanted = chance(7), kills()
    import_id, shop_id = uploaded_file(orders=ORDERS)
    once_before(partial(check_and_write, import_id))
    killed, done, placed = 0, True, []
    while killed < wanted:
        if done:
            import_id, shop_id = uploaded_file(orders=ORDERS)
        worker = at_work(app, partial(check_and_write, import_id))
        assert worker.wait_for_steps(moments.randint(1, 2))
        killed += worker.kill_within(moments.uniform(0, LONGEST))
        state = db.session.get_one(Import, import_id).state
        done = state == "done"
        assert done or worker.told[-1] != "written"
        assert orders_of(shop_id) == (ORDERS if done else 0)
        if done:
            placed += complete(shop_id, ORDERS)
    for said in check_and_write(import_id):
        assert said
    placed += [each for each in complete(shop_id, ORDERS) if each not in placed]
    invariants.check(db.session(), placed)


def check_and_write(import_id: int) -> Iterator[str]:
    """From where it was; tells when it begins and what is done."""
    yield "begun"
    while (state := check(import_id)) not in {"checked", "done"}:
        yield state
    yield "checked"
    write(import_id)
    yield "written"


def test_killed_while_checking_it_goes_on_where_it_was(app: Flask) -> None:
    import_id, shop_id = uploaded_file(orders=600)
    for statement in range(1, 40, 3):
        killed_before(app, statement, partial(check, import_id))
        found = db.session.get_one(Import, import_id)
        assert 0 <= found.checked <= found.rows
        assert found.errors == []
        db.session.rollback()
    while check(import_id) != "checked":
        pass
    db.session.rollback()
    assert db.session.get_one(Import, import_id).result["orders"] == 600
    write(import_id)
    whole(shop_id, orders=600)


def uploaded_file(orders: int) -> tuple[int, int]:
    """Two tickets an order, of which one is named; returns the ids of import and shop."""
    shop = builders.make_shop()
    rows = [row(f"A-{n // 2}", holder=ANNA if n % 2 else NOBODY) for n in range(orders * 2)]
    shop_id = shop.id
    import_id = steps.upload(shop, None, "orders.csv", made_of(*rows)).id
    db.session.rollback()
    return import_id, shop_id


def checked_file(orders: int) -> tuple[int, int]:
    import_id, shop_id = uploaded_file(orders)
    while check(import_id) != "checked":
        pass
    db.session.rollback()
    return import_id, shop_id


def check(import_id: int) -> str:
    return steps.check(db.session.get_one(Import, import_id)).state


def write(import_id: int) -> None:
    found = db.session.get_one(Import, import_id)
    writing.write_orders(found, history.SYSTEM, send_mails=True, mail_holders=True)


def orders_of(shop_id: int) -> int:
    db.session.rollback()
    wanted = select(func.count()).select_from(Order).where(Order.shop_id == shop_id)
    return db.session.scalar(wanted) or 0


def whole(shop_id: int, orders: int) -> None:
    """Complete, and in step with all else."""
    invariants.check(db.session(), complete(shop_id, orders)[:50])


def complete(shop_id: int, orders: int) -> list[int]:
    """Every order once, with its tickets, history and mails; returns their ids."""
    db.session.rollback()
    ids = list(db.session.scalars(select(Order.id).where(Order.shop_id == shop_id)))
    assert len(ids) == orders
    tickets = select(func.count()).select_from(Ticket).where(Ticket.order_id.in_(ids))
    assert db.session.scalar(tickets) == orders * 2
    mails = db.session.execute(
        select(OutboxMail.kind, func.count())
        .where(OutboxMail.order_id.in_(ids))
        .group_by(OutboxMail.kind)
    )
    assert {row[0]: row[1] for row in mails} == {
        outbox.CONFIRMATION: orders,
        outbox.TICKET: orders,
    }
    return ids
