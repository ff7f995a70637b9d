"""Alembic's entry: runs the migrations on the running app's database."""

from typing import Any, Literal

from alembic import context
from flask import current_app

from ticketing.models.base import UTCDateTime


def _render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    # A migration must not change its meaning when our types do.
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    db = current_app.extensions["migrate"].db
    with db.engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=_render_item,
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
