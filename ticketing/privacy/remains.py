"""What erased rows leave on the disk, cleared soon after: files made of them, and bytes.

SQLite overwrites what is deleted (`secure_delete`, see `transactions.prepare`), but keeps former
pages in its log until that is begun anew, and its full-text index keeps the terms of former texts
until its parts are merged. PostgreSQL's pages are cleared by its own VACUUM; docs/privacy.md says
what that means.
"""

import logging
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ticketing.carried import tickets_pdf
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.models import AuditEntry
from ticketing.storing.transactions import write

_ERASED: Final = (audit.PERSON_ERASED, audit.EVENT_ERASED)
_PAGES_AT_ONCE: Final = 200
_MERGE: Final = text("INSERT INTO search_terms(search_terms, rank) VALUES ('merge', :pages)")

_log = logging.getLogger(__name__)


def clear() -> bool:
    """Clear what was left since the last time; whether there was anything."""
    latest = _latest(*_ERASED)
    cleared = _latest(audit.CLEARED)
    db.session.rollback()
    if latest is None or (cleared is not None and cleared.about["up_to"] >= latest.id):
        return False
    up_to = latest.id
    tickets_pdf.forget_all()
    on_sqlite = db.engine.dialect.name == "sqlite"
    if on_sqlite:
        _merge_terms()
    with write() as session:
        audit.record(session, audit.CLEARED, audit.PASSALONG, about={"up_to": up_to})
    if on_sqlite:
        _begin_log_anew()
    return True


def _latest(*actions: str) -> AuditEntry | None:
    wanted = select(AuditEntry).where(AuditEntry.action.in_(actions))
    return db.session.scalar(wanted.order_by(AuditEntry.id.desc()).limit(1))


def _merge_terms() -> None:
    """In small steps, each a transaction: https://sqlite.org/fts5.html#the_merge_command."""
    pages = -_PAGES_AT_ONCE  # negative: all parts, however few there are
    while True:
        with write() as session:
            before = _changes(session)
            session.execute(_MERGE, {"pages": pages})
            done = _changes(session) - before < 2
        if done:
            return
        pages = _PAGES_AT_ONCE


def _changes(session: Session) -> int:
    connection = session.connection().connection.driver_connection
    assert connection is not None  # noqa: S101 - the session has one
    return int(connection.total_changes)


def _begin_log_anew() -> None:
    """Whoever reads at this moment keeps it as it is; then the next writes overwrite it."""
    with db.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101 - it is connected
        busy, _pages, _moved = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        _log.info("SQLite's log is in use, and is begun anew later")
