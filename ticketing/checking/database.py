"""Whether the database itself is sound, and ours."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from ticketing.models import Base
from ticketing.models.installation import Installation
from ticketing.running import health
from ticketing.search import entries, terms
from ticketing.storing import installation
from ticketing.storing.transactions import SLOW


def problems(session: Session) -> Iterator[str]:
    """What is wrong with the file, the tables, their migrations and whose they are."""
    missing = sorted({*Base.metadata.tables} - {*inspect(session.get_bind()).get_table_names()})
    if missing:
        yield f"tables are missing: {', '.join(missing)}"
        return
    at, newest = health.migrated_to(session.connection()), installation.newest_migration()
    if at != newest:
        yield f"its migrations are at {at}, this version's at {newest}: flask db upgrade"
    if session.query(Installation).count() != 1:
        yield "nobody knows whose it is: the row about the installation isn't there once"
    elif other := installation.other_keys():
        yield f"its links and barcodes were made with other secrets: {', '.join(other)}"
    if session.get_bind().dialect.name == "sqlite":
        yield from _sqlite(session)
    session.rollback()


def _sqlite(session: Session) -> Iterator[str]:
    """https://sqlite.org/pragma.html#pragma_integrity_check"""
    told = session.execute(text("PRAGMA integrity_check(5)"), execution_options=SLOW).scalars()
    for each in told:
        if each != "ok":
            yield f"the file is damaged: {each}"


def missing_terms(session: Session, order: Any) -> bool:
    """Whether the full-text index of SQLite lacks anything of an order's search entry.

    PostgreSQL's is an index like any other, which the database keeps.
    """
    if session.get_bind().dialect.name != "sqlite":
        return False
    values = entries.values_of(order)
    wanted = [
        *terms.of_text(values["text"]),
        terms.of_organiser(values["organiser_id"]),
        terms.of_shop(values["shop_id"]),
        terms.of_progress(values["progress"]),
        *terms.of_days(values["created_at"], values["created_at"]),
    ]
    query = " AND ".join('"' + term.replace('"', '""') + '"' for term in wanted)
    found = session.scalar(
        text("SELECT count(*) FROM search_terms WHERE search_terms MATCH :query AND rowid = :id"),
        {"query": query, "id": order.id},
    )
    return found != 1
