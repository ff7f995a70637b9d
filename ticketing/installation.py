"""Making the instance folder and the database ready, once, however many processes start.

Alembic is imported by whoever migrates: it takes as long as Flask and SQLAlchemy together, and a
server process that runs for weeks never needs it.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from typing import Any, Final

import click
from flask import Flask

from ticketing.config import PROJECT, settings
from ticketing.extensions import db

MIGRATIONS: Final = PROJECT / "ticketing" / "migrations"
_REVISION: Final = re.compile(r"^(down_)?revision = ['\"](\w+)['\"]", re.MULTILINE)


def init_app(app: Flask) -> None:
    app.extensions["migrate"] = _Migrations()
    app.cli.add_command(_db_command)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Only one process of this installation is inside; the others wait.

    The system lifts the lock when its process dies.
    """
    with (settings().instance_path / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def migrate() -> None:
    """Bring the database to the newest migration. Needs an application context."""
    from flask_migrate import upgrade  # see above

    with one_at_a_time():
        upgrade()


@lru_cache(maxsize=1)
def newest_migration() -> str:
    """The revision that an up-to-date database has, read off the migrations' own files."""
    found: set[str] = set()
    followed: set[str] = set()
    for path in (MIGRATIONS / "versions").glob("*.py"):
        for former, revision in _REVISION.findall(path.read_text()):
            (followed if former else found).add(revision)
    (newest,) = found - followed
    return newest


class _Migrations:
    """What Flask-Migrate looks for in `app.extensions`; itself it comes when it is asked for."""

    db = db
    directory = str(MIGRATIONS)
    configure_args: Final[dict[str, Any]] = {}

    @cached_property
    def migrate(self) -> Any:
        from flask_migrate import Migrate  # see above

        return Migrate(db=db, directory=self.directory)


@click.command("db", add_help_option=False, context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def _db_command(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Perform database migrations."""
    from flask_migrate.cli import db as theirs  # see above

    with theirs.make_context("db", list(arguments), parent=context.parent) as theirs_context:
        theirs.invoke(theirs_context)
