"""Watches that whatever runs on PostgreSQL takes its locks as `ticketing/storing/locking.py` says.

Two transactions that take them in one order never wait in a circle, so no test has to make each
pair of rules meet. An update locks as well.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

from ticketing.config import PROJECT
from ticketing.storing import transactions

NAMES: Final = "names"

ORDER: Final = (
    {"imports"},
    {"organisers"},
    {"users"},
    {"events"},
    {"shops"},
    {"ticket_types"},
    {"questions"},
    {"orders"},
    {NAMES},
    {"webhook_endpoints", "pretix_connections"},
    {"calls"},
    {"outbox"},
)
PLACES: Final = {table: place for place, tables in enumerate(ORDER) for table in tables}
# Whose lock stands for theirs.
BELONGS_TO: Final = {
    "memberships": {"organisers"},
    "invitations": {"organisers"},
    "apple_wallets": {"organisers"},
    "google_wallets": {"organisers"},
    "mail_texts": {"events"},
    "images": {"events", "shops"},
    "tickets": {"orders"},
    "shares": {"orders"},
}

# What stands between a rule and the database.
_BETWEEN: Final = {Path(__file__), Path(transactions.__file__)}
_LOCKS: Final = re.compile(r"^UPDATE|^DELETE|FOR (NO KEY UPDATE|SHARE|UPDATE)|pg_advisory_xact")
_SELECT: Final = re.compile(r"FROM (?P<table>\w+)(.|\n)*FOR (?P<how>NO KEY UPDATE|SHARE|UPDATE)")
_CHANGE: Final = re.compile(r"(?:UPDATE|DELETE FROM) (?P<table>\w+)")
_ONE_ROW: Final = re.compile(r"WHERE \w+\.(id|slug|shop_id) = ")


@contextmanager
def watched() -> Iterator[list[str]]:
    """What is wrong with the locks that this process takes meanwhile."""
    problems: list[str] = []

    def begin(connection: Connection) -> None:
        connection.info["locked"] = []

    def look(connection: Connection, _cursor: Any, statement: str, *_more: Any) -> None:
        if connection.dialect.name == "postgresql" and _LOCKS.search(statement) and _ours():
            problems.extend(_wrong(statement, connection.info.setdefault("locked", [])))

    listeners = (("begin", begin), ("before_cursor_execute", look))
    for name, listener in listeners:
        event.listen(Engine, name, listener)
    try:
        yield problems
    finally:
        for name, listener in listeners:
            event.remove(Engine, name, listener)


def _ours() -> bool:
    """Whether a rule says so, and not a test that prepares what it needs."""
    frame = sys._getframe()
    while frame.f_back is not None:
        frame = frame.f_back
        rule = _is_rule(frame.f_code.co_filename)
        if rule is not None:
            return rule
    return False


@cache
def _is_rule(file: str) -> bool | None:
    """None where it is a library's, or stands between a rule and the database."""
    path = Path(file)
    if not path.is_relative_to(PROJECT) or path in _BETWEEN or ".venv" in path.parts:
        return None
    return path.is_relative_to(PROJECT / "ticketing")


def _wrong(statement: str, locked: list[str]) -> Iterator[str]:
    """`locked` are the tables of which the transaction has locked rows, and gets one more."""
    if "pg_advisory_xact_lock" in statement:
        table = NAMES
    elif found := _CHANGE.match(statement):
        table = found["table"]
    elif found := _SELECT.search(statement):
        table = found["table"]
        if found["how"] == "UPDATE":
            yield f"{table}: FOR UPDATE also stops those who only refer to a row:\n{statement}"
        if not _ONE_ROW.search(statement) and "ORDER BY" not in statement:
            yield f"{table}: several rows are locked in no certain sequence:\n{statement}"
    else:
        return
    whole = BELONGS_TO.get(table)
    if whole and not whole & {*locked}:
        yield f"{table} is changed, and none of {', '.join(whole)} is locked:\n{statement}"
    if table not in PLACES or table in locked:
        return
    later = [each for each in locked if PLACES[each] > PLACES[table]]
    if later:
        yield f"{table} is locked after {', '.join(later)}:\n{statement}"
    locked.append(table)
