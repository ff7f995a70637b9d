"""Whether the installation is well, for whoever watches it."""

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from ticketing import installation
from ticketing.extensions import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 when the database answers, its migrations are up to date and it is ours, else 503."""
    try:
        with db.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
            at = _migrated_to(connection)
        current = at == installation.newest_migration()
        other = current and bool(installation.other_keys())
    except SQLAlchemyError as error:
        # Without the trace: it may hold the database's address and password.
        current_app.logger.error(  # noqa: TRY400
            "The database does not answer: %s", type(error).__name__
        )
        return {"database": "down", "migrations": "unknown"}, 503
    state = {
        "database": "another installation's" if other else "up",
        "migrations": "current" if current else "pending",
    }
    return state, 200 if current and not other else 503


def _migrated_to(connection: Connection) -> str | None:
    """The revision that the database has; none if nobody ever made its tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(text("SELECT version_num FROM alembic_version"))
