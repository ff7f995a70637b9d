"""Whether the installation is well, and whether it is ready for people."""

import time
from collections.abc import Callable
from functools import cache
from typing import Final

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from ticketing import keys, transactions
from ticketing.config import settings
from ticketing.extensions import db

FRESH_SECONDS: Final = 1.0  # who asks more often gets the same answer again
WRITABLE_WITHIN: Final = 1.0  # seconds

Said = dict[str, str]
_GOOD: Final = frozenset({"up", "current", "writable", "there", "no"})
_DRAINING: Final = "passalong.draining"  # a function that server.py brings


def well(said: Said) -> bool:
    """Whether all that is said is good."""
    return _GOOD.issuperset(said.values())


def health() -> Said:
    """Whether the database answers and has the migrations that this software knows."""
    return _fresh("health", _health)


def readiness() -> Said:
    """Whether people should be sent here: all of `health`, and whether changes can be kept."""
    return {**_fresh("readiness", _readiness), "draining": "yes" if is_draining() else "no"}


def is_draining() -> bool:
    """Whether the server was told to stop: what is asked is still answered, for a while."""
    told: Callable[[], bool] = current_app.extensions.get(_DRAINING, lambda: False)
    return told()


def _health() -> Said:
    try:
        with db.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_revision()
    except SQLAlchemyError as error:
        # Without the trace: it may hold the database's address and password.
        current_app.logger.error(  # noqa: TRY400
            "The database does not answer: %s", type(error).__name__
        )
        return {"database": "down", "migrations": "unknown"}
    wanted = _newest_migration(current_app.extensions["migrate"].directory)
    return {"database": "up", "migrations": "current" if at == wanted else "pending"}


def _readiness() -> Said:
    said = _health()
    if said["database"] == "up":
        said["database"] = "writable" if _is_writable() else "not writable"
    said["secrets"] = "there" if keys.are_there(settings()) else "missing"
    return said


def _is_writable() -> bool:
    try:
        return transactions.can_write(db.engine, within=WRITABLE_WITHIN)
    except (SQLAlchemyError, transactions.Busy) as error:
        current_app.logger.error(  # noqa: TRY400 - as above
            "The database takes no changes: %s", type(error).__name__
        )
        return False


@cache
def _newest_migration(directory: str) -> str | None:
    """As of this process's start: files of a newer version may lie there already."""
    return ScriptDirectory(directory).get_current_head()


def _fresh(name: str, look: Callable[[], Said]) -> Said:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    kept: dict[str, tuple[float, Said]] = app.extensions.setdefault("passalong.health", {})
    at, said = kept.get(name, (float("-inf"), {}))
    if time.monotonic() - at > FRESH_SECONDS:
        said = look()
        kept[name] = (time.monotonic(), said)
    return dict(said)
