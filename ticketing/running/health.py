"""Whether the installation is well, and whether it is ready for people."""

import time
from collections.abc import Callable
from typing import Final

from flask import Flask, current_app
from sqlalchemy import Connection, inspect, text

from ticketing.config import settings
from ticketing.extensions import db
from ticketing.storing import installation
from ticketing.storing.transactions import DATABASE_ERRORS, Unavailable, can_write
from ticketing.vault import keys

FRESH_SECONDS: Final = 1.0  # who asks more often gets the same answer again
WRITABLE_WITHIN: Final = 1.0  # seconds

Said = dict[str, str]
_GOOD: Final = frozenset({"up", "current", "writable", "there", "no"})
_DRAINING: Final = "passalong.draining"  # a function that server.py brings


def well(said: Said) -> bool:
    """Whether all that is said is good."""
    return _GOOD.issuperset(said.values())


def health() -> Said:
    """Whether the database answers, has the migrations that this software knows, and is ours."""
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
            at = migrated_to(connection)
        current = at == installation.newest_migration()
        other = current and bool(installation.other_keys())
    except DATABASE_ERRORS as error:
        # Without the trace: it may hold the database's address and password.
        current_app.logger.error(  # noqa: TRY400
            "The database does not answer: %s", type(error).__name__
        )
        return {"database": "down", "migrations": "unknown"}
    return {
        "database": "another installation's" if other else "up",
        "migrations": "current" if current else "pending",
    }


def migrated_to(connection: Connection) -> str | None:
    """The revision that the database has; none if nobody ever made its tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _readiness() -> Said:
    said = _health()
    if said["database"] == "up":
        said["database"] = "writable" if _is_writable() else "not writable"
    said["secrets"] = "there" if keys.are_there(settings()) else "missing"
    return said


def _is_writable() -> bool:
    try:
        return can_write(db.engine, within=WRITABLE_WITHIN)
    except (Unavailable, *DATABASE_ERRORS) as error:
        current_app.logger.error(  # noqa: TRY400 - as above
            "The database takes no changes: %s", type(error).__name__
        )
        return False


def _fresh(name: str, look: Callable[[], Said]) -> Said:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    kept: dict[str, tuple[float, Said]] = app.extensions.setdefault("passalong.health", {})
    at, said = kept.get(name, (float("-inf"), {}))
    if time.monotonic() - at > FRESH_SECONDS:
        said = look()
        kept[name] = (time.monotonic(), said)
    return dict(said)
