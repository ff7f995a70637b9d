"""Making the database ready, once, however many processes start; and whose it is.

Links and barcodes come of secrets beside the database. A process with other secrets would refuse
all that was handed out, and hand out what the others refuse, so it doesn't start.

Alembic is imported by whoever migrates: it takes as long as Flask and SQLAlchemy together, and a
server process that runs for weeks never needs it.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

import click
from flask import Flask, current_app
from sqlalchemy import Engine, inspect, text

from ticketing.config import PROJECT, settings
from ticketing.extensions import db
from ticketing.models import Installation
from ticketing.models.installation import THE_ONE
from ticketing.storing.locking import lock
from ticketing.storing.transactions import DATABASE_ERRORS, Unavailable, write
from ticketing.vault import keys
from ticketing.vault.keys import Keys

MIGRATIONS: Final = PROJECT / "ticketing" / "migrations"
_REVISION: Final = re.compile(r"^(down_)?revision = ['\"](\w+)['\"]", re.MULTILINE)
# Any number: nobody else locks in our database. It says "psl".
_SETUP: Final = int.from_bytes(b"psl")


class OtherKeys(RuntimeError):
    """The database belongs to an installation with other secrets; says what to do, in one line."""


def init_app(app: Flask) -> None:
    app.extensions["migrate"] = _Migrations()
    app.cli.add_command(_db_command)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Only one process on this database is inside, wherever it runs; the others wait.

    The lock ends with the process that has it, however that ends.
    """
    if db.engine.dialect.name == "postgresql":
        with _alone_on(db.engine):
            yield
        return
    with (settings().instance_path / "setup.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _alone_on(engine: Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.detach()  # it is closed at the end, and the lock goes with it
        connection.execute(text("SET lock_timeout = 0"))  # a migration takes as long as it takes
        connection.execute(text(f"SELECT pg_advisory_lock({_SETUP})"))
        yield


def migrate() -> None:
    """Bring the database to the newest migration; raises `OtherKeys`. In an application context."""
    if inspect(db.engine).has_table(Installation.__tablename__):
        check_keys()  # Alembic's command would end the process
    from flask_migrate import upgrade  # see above

    upgrade()


def check_keys() -> None:
    """Compare our secrets with those that the database was made with, and note new ones.

    Raises `OtherKeys`.
    """
    if other := other_keys():
        raise OtherKeys(
            "The database was made with other secrets than those in "
            f"{settings().instance_path / 'secrets.json'} ({', '.join(other)}). Copy that file "
            "from where it works. If it is lost: flask keys adopt."
        )
    ours = _ours()
    known = keys.fingerprints(ours)
    if known.keys() <= db.session.get_one(Installation, THE_ONE).keys.keys():
        return
    with write() as session:
        stored = lock(session, Installation, THE_ONE)
        if f"link {ours.link_current}" not in stored.keys:
            stored.link_current = ours.link_current
        stored.keys = {**known, **stored.keys}


def problem_of(app: Flask) -> str:
    """Why the app mustn't work on its database, in one line; "" if nothing is known against it.

    Until a restore is finished, links that were taken back would open what they opened before.
    A database that is away has nobody kept from starting: it will be back.
    """
    with app.app_context():
        if unfinished_restore().exists():
            return f"A restore isn't finished. Finish it: {unfinished_restore().read_text()}"
        try:
            check_keys()
        except OtherKeys as other:
            return str(other)
        except (Unavailable, *DATABASE_ERRORS) as error:
            app.logger.warning("The database can't be asked whose it is: %s", type(error).__name__)
    return ""


def unfinished_restore() -> Path:
    """The file that is there while a database that was put back isn't ready; says what to call."""
    return settings().instance_path / "restoring"


def other_keys() -> list[str]:
    """Which of our secrets aren't those that the database was made with, or are missing."""
    stored, known = db.session.get_one(Installation, THE_ONE), keys.fingerprints(_ours())
    other = [name for name, digest in known.items() if stored.keys.get(name, digest) != digest]
    newest = f"link {stored.link_current}"
    if stored.link_current is not None and newest not in known:
        other.append(newest)
    return other


def adopt_keys() -> None:
    """From now on the database belongs to our secrets: what others made opens nothing any more."""
    with write() as session:
        stored = lock(session, Installation, THE_ONE)
        stored.keys = keys.fingerprints(_ours())
        stored.link_current = _ours().link_current


def _ours() -> Keys:
    found: Keys = current_app.extensions["passalong.keys"]
    return found


def newest_migration() -> str:
    """The revision that an up-to-date database has, read off the migrations' own files."""
    found, followed = _revisions()
    (newest,) = found - followed
    return newest


def migrations() -> frozenset[str]:
    """All revisions that this software knows."""
    return _revisions()[0]


@lru_cache(maxsize=1)
def _revisions() -> tuple[frozenset[str], frozenset[str]]:
    """All of them, and those that another one follows."""
    found: set[str] = set()
    followed: set[str] = set()
    for path in (MIGRATIONS / "versions").glob("*.py"):
        for former, revision in _REVISION.findall(path.read_text()):
            (followed if former else found).add(revision)
    return frozenset(found), frozenset(followed)


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
