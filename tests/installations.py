"""Installations for tests, on each engine that Passalong runs on: SQLite and PostgreSQL.

A database goes through the migrations once; every test begins with a copy of what came of it.
"""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from flask import Flask
from flask_migrate import upgrade

from tests.postgres import Postgres, running_postgres
from ticketing import create_app
from ticketing.config import Settings
from ticketing.extensions import db

ENGINES: Final = ("sqlite", "postgresql")

TESTING: Final = {
    "TESTING": True,
    # Passwords of tests need no protection, and hashing them well would take most of the time.
    "SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS": {
        "argon2__memory_cost": 8,
        "argon2__time_cost": 1,
        "argon2__parallelism": 1,
    },
}

_TEMPLATE: Final = "migrated"
_numbers = itertools.count(1)


def variables_of(settings: Settings) -> dict[str, str]:
    """The environment of a process on the same installation."""
    return {
        "PASSALONG_INSTANCE_PATH": str(settings.instance_path),
        "PASSALONG_DATABASE_URL": settings.database_url,
    }


def migrate(settings: Settings) -> None:
    """Let a new database go through the migrations."""
    app = create_app({"TESTING": True}, settings)
    with app.app_context():
        upgrade()
        db.engine.dispose()  # nobody may be connected to a template


class Installations:
    """Makes them; one object for the whole run. `folder` is where its own files may lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._migrated: dict[str, Path] = {}
        self._apps: dict[Settings, Flask] = {}
        self._server: Postgres | None = None
        self._stack = ExitStack()

    @property
    def postgres(self) -> Postgres:
        """The server that all tests share; started when first asked for."""
        if self._server is None:
            self._server = self._stack.enter_context(running_postgres())
        return self._server

    def fresh(self, engine: str) -> Settings:
        """An empty installation in the place where the last one of this engine was."""
        folder, database = self._folder / f"{engine}-instance", "fresh"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self._migrated_on(engine), folder)
        if engine == "sqlite":
            return Settings(instance_path=folder)
        self.postgres.drop(database)
        url = self.postgres.create(database, template=_TEMPLATE)
        return Settings(instance_path=folder, database_url=url)

    @contextmanager
    def app(self, settings: Settings) -> Iterator[Flask]:
        """The app on the fresh installation, as new: what a test changed of it doesn't stay.

        One app serves all tests with the same settings, for most of a test's time would go into
        making it: compiling routes, statements and templates.
        """
        if settings not in self._apps:
            self._apps[settings] = create_app(TESTING, settings)
        app = self._apps[settings]
        config, extensions = dict(app.config), dict(app.extensions)
        try:
            yield app
        finally:
            feed = app.extensions.get("passalong.feed")
            if feed is not None:  # an empty one is there as well
                feed.close()
                feed.join(5)
            for kept, now in ((config, app.config), (extensions, app.extensions)):
                now.clear()
                now.update(kept)
            with app.app_context():
                db.session.remove()
                db.engine.dispose()

    @contextmanager
    def copy(self, engine: str, folder: Path) -> Iterator[Settings]:
        """A migrated, empty installation in a folder that isn't there yet."""
        shutil.copytree(self._migrated_on(engine), folder)
        with self._database(engine, template=_TEMPLATE) as url:
            yield Settings(instance_path=folder, database_url=url)

    @contextmanager
    def empty(self, engine: str, folder: Path) -> Iterator[Settings]:
        """One whose database has no table yet."""
        with self._database(engine) as url:
            yield Settings(instance_path=folder, database_url=url)

    def close(self) -> None:
        self._stack.close()

    @contextmanager
    def _database(self, engine: str, *, template: str = "template0") -> Iterator[str]:
        if engine == "sqlite":
            yield ""
            return
        name = f"{template}_{next(_numbers)}"
        url = self.postgres.create(name, template=template)
        try:
            yield url
        finally:
            self.postgres.drop(name)

    def _migrated_on(self, engine: str) -> Path:
        if engine not in self._migrated:
            folder = self._folder / engine
            url = "" if engine == "sqlite" else self.postgres.create(_TEMPLATE)
            migrate(Settings(instance_path=folder, database_url=url))
            self._migrated[engine] = folder
        return self._migrated[engine]
