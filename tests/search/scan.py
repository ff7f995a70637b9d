"""Finding without an index, order by order: what the index must agree with."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ticketing import search
from ticketing.asking import names
from ticketing.search import Wanted
from ticketing.search.index import entries
from ticketing.search.texts import MARK

Row = Mapping[Any, Any]


def rows(session: Session) -> list[Row]:
    return list(session.execute(select(entries).order_by(entries.c.order_id)).mappings().all())


def ids(rows: Iterable[Row], wanted: Wanted) -> list[int]:
    """The ids of the orders that have all that is wanted, in its sequence; phone numbers aside."""
    found = [row for row in rows if _is(row, wanted)]
    if wanted.sort in {"name", "code"}:
        found.sort(key=lambda row: (row[wanted.sort], row["order_id"]))
    else:
        found.sort(key=lambda row: row["order_id"], reverse=wanted.sort == "newest")
    return [row["order_id"] for row in found]


def _is(row: Row, wanted: Wanted) -> bool:
    return (
        row["organiser_id"] == wanted.organiser_id
        and wanted.shop_id in {None, row["shop_id"]}
        and wanted.state in {"", row["progress"]}
        and (wanted.since is None or row["created_at"] >= wanted.since)
        and (wanted.until is None or row["created_at"] < wanted.until)
        and all(_stands(word, row) for word in names.folded(wanted.text).split())
    )


def _stands(word: str, row: Row) -> bool:
    text = row["text"].partition("\n" + MARK)[0]
    if len(word) > 2:
        return word in text
    places = (at for at in range(len(text)) if text.startswith(word, at))
    return any(_begins_word(text, at) for at in places)


def _begins_word(text: str, at: int) -> bool:
    here, before = text[at], text[at - 1] if at else " "
    if before.isspace() or unicodedata.east_asian_width(here) in "WF" or here in "🎟":
        return True
    return here.isalnum() and not before.isalnum()


def found(session: Session, wanted: Wanted, *, size: int = 3) -> list[int]:
    """What the search finds, page by page to the end."""
    every: list[int] = []
    last: int | None = None
    while some := search.ids_after(session, wanted, last, size):
        every += some
        last = some[-1]
    return every
