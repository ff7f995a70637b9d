"""Looking into the full-text index: which terms it has of which order."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import column, select, text
from sqlalchemy.orm import Session

from ticketing.search import entries, terms
from ticketing.search.index import entries as rows

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def indexed(
    session: Session, order_ids: Collection[int] | None = None
) -> dict[int, set[str | int]]:
    """{order id: its terms}, as each engine's index has them; of these orders (default: all)."""
    found: dict[int, set[str | int]] = defaultdict(set)
    these = None if order_ids is None else list(order_ids)
    if session.get_bind().dialect.name == "sqlite":
        session.execute(
            text("CREATE VIRTUAL TABLE temp.peek USING fts5vocab(main, search_terms, instance)")
        )
        peek: Any = select(column("term"), column("doc")).select_from(text("temp.peek"))
        if these is not None:
            peek = peek.where(column("doc").in_(these))
        for term, order_id in session.execute(peek):
            found[order_id].add(term)
        session.execute(text("DROP TABLE temp.peek"))
    else:
        computed = select(rows.c.order_id, _computed())
        if these is not None:
            computed = computed.where(rows.c.order_id.in_(these))
        for order_id, values in session.execute(computed):
            found[order_id] |= set(values)
    return dict(found)


def _computed() -> Any:
    return text("search_terms(text, organiser_id, shop_id, progress, created_at) AS terms")


def expected(order: Any, *, engine: str) -> set[str | int]:
    """The terms of an order as it is now, worked out another way."""
    values: Mapping[str, Any] = entries.values_of(order)
    day = (values["created_at"] - EPOCH).days
    whole = (
        values["text"]
        + _number("\ue001", values["organiser_id"])
        + _number("\ue002", values["shop_id"])
        + f"\ue003{values['progress'][:2]}"
        + _number("\ue004", day)
        + _number("\ue005", day // 32)
        + _number("\ue006", day // 1024)
    )
    found = {whole[at : at + 3] for at in range(len(whole) - 2)}
    return set(found) if engine == "sqlite" else {terms.packed(each) for each in found}


def _number(kind: str, number: int) -> str:
    return kind + chr(0xF0000 + number // 32768) + chr(0xF0000 + number % 32768)
