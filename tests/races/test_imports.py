"""Files of orders, imported by several people at once."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy import select

from tests import builders
from tests.at_once import at_once, kinds, meeting_at
from tests.backoffice.files import made_of, row
from ticketing import history
from ticketing.extensions import db
from ticketing.imports import steps, writing
from ticketing.models import Import, Order, Shop, Ticket
from ticketing.refusals import EditedMeanwhile

pytestmark = pytest.mark.usefixtures("consistent")


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


def checked(shop: Shop, references: Sequence[str], type_code: str = "weekend") -> int:
    """A file of orders with these references that only has to be written; its id."""
    content = made_of(*[row(each, type_code) for each in references])
    import_id = steps.upload(shop, None, "orders.csv", content).id
    return go_on(import_id)


def go_on(import_id: int) -> int:
    found = db.session.get_one(Import, import_id)
    while found.state == "checking" and not steps.unknown_words(found):
        found = steps.check(found)
    return import_id


def write(import_id: int) -> dict[str, int]:
    found = db.session.get_one(Import, import_id)
    return writing.write_orders(found, history.SYSTEM, send_mails=False, mail_holders=False).result


@pytest.mark.engine("postgresql")
def test_two_files_hold_the_same_orders_in_another_sequence(app: Flask, shop: Shop) -> None:
    """Both stop at an order that is just being placed by somebody else, who then gives it up."""
    shop_id, other_id = shop.id, builders.make_order(shop, tickets=1).id
    files = [checked(shop, references) for references in (["A", "M", "B"], ["B", "M", "A"])]
    db.session.rollback()
    placed_elsewhere = f"""
        INSERT INTO orders SELECT (jsonb_populate_record(orders,
            '{{"id": 999, "link_id": 999, "code": "999999", "reference": "M"}}')).*
        FROM orders WHERE id = {other_id}
    """  # noqa: S608 - our own
    results = meeting_at(app, placed_elsewhere, *[lambda i=i: write(i) for i in files])
    assert kinds(results) == ["", ""], results
    assert [(each["orders"], each["known"]) for each in results] == [(3, 0), (0, 3)]
    db.session.rollback()
    references = db.session.scalars(select(Order.reference).where(Order.shop_id == shop_id))
    assert {"A", "M", "B"} < {*references}


def test_what_a_file_means_is_said_anew_by_somebody_else(app: Flask, shop: Shop) -> None:
    """Whoever still sees what it meant before, places none of that."""
    import_id = checked(shop, ["A"], "Wochenende")

    def map_types(code: str) -> None:
        steps.map_types(db.session.get_one(Import, import_id), {"Wochenende": code})
        go_on(import_id)

    map_types("weekend")
    seen = db.session.get_one(Import, import_id, options=steps.with_content())
    assert (seen.state, bool(seen.cleaned)) == ("checked", True)
    assert at_once(app, lambda: map_types("friday")) == [None]
    with pytest.raises(EditedMeanwhile):
        writing.write_orders(seen, history.SYSTEM, send_mails=False, mail_holders=False)
    assert write(import_id)["orders"] == 1
    db.session.rollback()
    assert [each.type.code for each in db.session.query(Ticket)] == ["friday"]
