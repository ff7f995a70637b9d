"""The engines do what they were asked to: no plan is left to luck, and no search stops others."""

import subprocess
import sys
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text
from sqlalchemy.exc import OperationalError

from tests import builders
from ticketing import search
from ticketing.config import PROJECT
from ticketing.extensions import db
from ticketing.models import Order, Shop
from ticketing.search import Wanted, pages, terms
from ticketing.storing.transactions import SLOW
from ticketing.trying import made_up

QUERIES = (
    {"text": "visser"},
    {"text": "v"},
    {"text": "anna visser 0612345678", "regions": ("NL",)},
    {"text": "anna", "state": "some", "shop_id": 1},
    {"state": "none"},
)


def plans(wanted: Wanted, monkeypatch: pytest.MonkeyPatch, after: int | None = None) -> list[str]:
    """How the engine goes about each of the statements that a page and its count take."""
    found = []
    explain = "EXPLAIN QUERY PLAN " if db.engine.dialect.name == "sqlite" else "EXPLAIN "

    def run(session: Any, statement: Any) -> Any:
        compiled = statement.compile(db.engine, compile_kwargs={"literal_binds": True})
        lines = session.connection().exec_driver_sql(explain + str(compiled).replace("%%", "%"))
        found.append("\n".join(str(line[-1]) for line in lines))
        return session.execute(statement)

    monkeypatch.setattr(pages, "_execute", run)
    search.ids_after(db.session(), wanted, after, 50)
    search.count(db.session(), wanted)
    return found


@pytest.fixture
def organiser_id(app: Flask) -> int:
    made_up.make(3_000, tickets=1)
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    return int(db.session.execute(text("SELECT min(organiser_id) FROM shops")).scalar_one())


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("filters", QUERIES)
def test_sqlite_reads_its_index_in_sequence(
    organiser_id: int, filters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the index to the rows, one after the other: nothing is sorted, nothing scanned."""
    for plan in plans(Wanted(organiser_id, **filters), monkeypatch):
        assert "search_terms VIRTUAL TABLE INDEX" in plan
        assert "SEARCH search_entries USING INTEGER PRIMARY KEY" in plan
        assert "TEMP B-TREE" not in plan
        assert "SCAN search_entries" not in plan


@pytest.mark.engine("sqlite")
def test_sqlite_fetches_a_page_of_orders_by_their_ids(organiser_id: int) -> None:
    """Not by the organiser: that would be all orders there are, for fifty of them."""
    explained: list[str] = []

    def explain(
        _connection: Any, cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> None:
        if statement.startswith("SELECT orders."):
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            explained.extend(line[-1] for line in plan)

    mine = select(Order).where(Order.organiser_id == organiser_id)
    event.listen(db.engine, "before_cursor_execute", explain)
    page = search.find(db.session(), mine, Wanted(organiser_id, text="example"), size=50)
    event.remove(db.engine, "before_cursor_execute", explain)
    assert len(page.orders) == 50
    assert "SEARCH orders USING INTEGER PRIMARY KEY (rowid=?)" in explained
    assert not any("SCAN" in line or "organiser" in line for line in explained)


@pytest.mark.engine("postgresql")
@pytest.mark.parametrize("sort", search.SORTS)
@pytest.mark.parametrize("filters", QUERIES)
def test_postgresql_walks_or_looks_up(
    organiser_id: int, filters: dict[str, Any], sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Along an index until some rows are met, or by the terms; whatever it thinks is cheaper."""
    monkeypatch.setattr(pages, "WALKS", (10,))
    for plan in plans(Wanted(organiser_id, sort=sort, **filters), monkeypatch):
        assert "Seq Scan" not in plan
        assert "ix_search_entries_" in plan
        assert "JIT" not in plan


def test_a_rare_word_sorted_by_name_is_looked_up(
    organiser_id: int, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "WALKS", (10,))
    found = plans(Wanted(organiser_id, text="xylander", sort="name"), monkeypatch)
    index = {
        "sqlite": "search_terms VIRTUAL TABLE INDEX",
        "postgresql": "Bitmap Index Scan on ix_search_entries_terms",
    }
    assert "search_entries_name" in found[0], "at first along the list"
    assert any(index[engine] in plan for plan in found[1:])


def test_who_walks_to_the_end_looks_nothing_up(
    organiser_id: int, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last page: few are met, for there are no more."""
    wanted = Wanted(organiser_id, text="e.org", sort="name")
    *_others, last, _fourth, _third, _second, _first = search.ids_after(
        db.session(), wanted, None, 5_000
    )
    walk, rest, *_counting = plans(wanted, monkeypatch, after=last)
    for plan in (walk, rest):
        assert "search_entries_name" in plan
        assert "search_terms" not in plan


def test_a_long_word_is_looked_up_by_its_rarest_terms(
    organiser_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address ends like thousands of others: the index would take its time for each piece."""
    asked: list[list[str]] = []
    worth = terms.rarest

    def noted(*arguments: Any) -> list[str]:
        asked.append(worth(*arguments))
        return asked[-1]

    monkeypatch.setattr(pages, "WALKS", (0,))
    monkeypatch.setattr(terms, "rarest", noted)
    shop = db.session.get_one(Shop, 1)
    order = builders.make_order(
        shop,
        type_code=shop.event.ticket_types[0].code,
        email="zuzanna.quixote77@example.com",
    )
    found = search.ids_after(db.session(), Wanted(organiser_id, text=order.email), None, 50)
    assert found == [order.id]
    (chosen,) = asked
    assert len(chosen) == terms.WORTH
    assert not {"exa", "xam", "amp", "mpl", "ple", "le.", "com"} & set(chosen)


def test_short_words_are_looked_up_by_all_their_terms() -> None:
    assert terms.rarest(["vis", "iss", "sse", "ser"], ["visser"]) == ["vis", "iss", "sse", "ser"]


LONG_READ = """
import gevent.monkey; gevent.monkey.patch_all()
import sys, threading, gevent
from sqlalchemy import event, select, text
from ticketing import create_app
from ticketing.extensions import db
from ticketing.models import Order
from ticketing.storing.transactions import SLOW

turns, over = 0, False

def take_turns():
    global turns
    while not over:
        turns += 1
        gevent.sleep(0.001)

app = create_app()
with app.app_context():
    counting = text(
        "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) "
        "SELECT max(i) FROM n UNION ALL SELECT 7"
    )
    other = gevent.spawn(take_turns)
    gevent.sleep(0)
    before = turns
    rows = db.session.execute(counting, execution_options=SLOW if "slow" in sys.argv else {}).all()
    print([row[0] for row in rows], turns - before)
    over = True
"""


@pytest.mark.engine("sqlite")
@pytest.mark.parametrize("said", [["slow"], []])
def test_a_long_read_lets_others_go_on(tmp_path: Any, engine: str, said: list[str]) -> None:
    """Where a loop is running, what is said to be slow is done in a thread; else nobody moves."""
    ended = subprocess.run(
        [sys.executable, "-c", LONG_READ, *said],
        cwd=PROJECT,
        env={"PASSALONG_INSTANCE_PATH": str(tmp_path)},
        capture_output=True,
        check=True,
        timeout=120,
    )
    printed, turns = ended.stdout.decode().rsplit(" ", 1)
    assert printed == "[3000000, 7]"
    assert (int(turns) > 3) == bool(said)


@pytest.mark.engine("sqlite")
def test_what_goes_wrong_in_the_thread_is_told_here(app: Flask) -> None:
    with pytest.raises(OperationalError, match="no such table"):
        db.session.execute(text("SELECT * FROM nowhere"), execution_options=SLOW)
    db.session.rollback()
    assert db.session.execute(text("SELECT 1"), execution_options=SLOW).scalar_one() == 1
