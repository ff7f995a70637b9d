"""A PostgreSQL server of the tests' own, on a socket in a temporary folder."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import URL

from tests.quick import memory

INSTALL = "PostgreSQL's server isn't here; install it with: apt-get install postgresql"
START_SECONDS = 60
# What a test leaves behind nobody needs after a power cut.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass
class Postgres:
    """A running server. Its address is good for `PASSALONG_DATABASE_URL`."""

    folder: Path
    programs: Path
    process: subprocess.Popen[bytes]
    settings: dict[str, str]
    inside: Sequence[str] = ()
    _line: psycopg.Connection[Any] | None = field(default=None, init=False)

    def url(self, database: str) -> str:
        return URL.create(
            "postgresql", username="passalong", database=database, query={"host": str(self.folder)}
        ).render_as_string()

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(self.folder),
            port=self.settings.get("port", "5432"),
            user="passalong",
            dbname=database,
            autocommit=True,
        )

    def create(self, database: str, *, template: str = "template0") -> str:
        """A new database; returns its address."""
        self._do(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    def drop(self, database: str) -> None:
        self._do(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _do(self, statement: str) -> None:
        """On a line that is kept: to open one takes as long as a small test."""
        if self._line is None:
            self._line = self.connect()
        try:
            self._line.execute(statement)
        except psycopg.OperationalError:
            if not self._line.broken:
                raise
            self._line = self.connect()  # the server was started anew meanwhile
            self._line.execute(statement)

    def stop(self) -> None:
        """Without waiting for those who are connected, as at an upgrade."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def crash(self) -> None:
        """Without a word, as the system's own killer would end it."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def begin(self) -> None:
        """Start it, and don't wait until it is well."""
        self.process = _started(self.programs, self.folder, self.settings, self.inside)

    def start(self) -> None:
        self.begin()
        _wait_until_well(self)

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()


def find_programs() -> Path | None:
    """The folder of `postgres` and `initdb`; Debian keeps them off the PATH."""
    on_path = shutil.which("postgres")
    if on_path:
        return Path(on_path).resolve().parent
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3])
    )
    return versions[-1].parent if versions else None


@contextmanager
def postgres_folder(*, on_disk: bool = False) -> Iterator[Path]:
    """An empty folder for a server, in memory where that can be, unless `on_disk`."""
    # Not pytest's folder: a path to a socket has 107 characters at most.
    where = None if on_disk else memory()
    folder = Path(tempfile.mkdtemp(prefix="passalong-pg-", dir=where))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, _somebody(), _group())
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgres(*, on_disk: bool = False, **settings: str) -> Iterator[Postgres]:
    """Start a server of its own; skips where there is none to start, and fails in CI."""
    with postgres_folder(on_disk=on_disk) as folder, postgres_in(folder, **settings) as server:
        yield server


@contextmanager
def postgres_in(folder: Path, *, inside: Sequence[str] = (), **settings: str) -> Iterator[Postgres]:
    """The same in a folder that is there already.

    `inside` begins the commands, where its data lie in surroundings of their own.
    """
    programs = find_programs()
    if programs is None:
        if os.environ.get("CI"):
            pytest.fail(INSTALL)
        pytest.skip(INSTALL)
    _make_data(programs, folder, inside)
    wanted = CARELESS | settings
    started = _started(programs, folder, wanted, inside)
    server = Postgres(folder, programs, started, wanted, inside)
    try:
        _wait_until_well(server)
        yield server
    finally:
        server.stop()


def _make_data(programs: Path, folder: Path, inside: Sequence[str]) -> None:
    if inside and os.geteuid() == 0:
        owner = f"{_somebody()}:{_group()}"
        subprocess.run([*inside, "chown", owner, str(folder / "data")], check=True)
    subprocess.run(
        [
            *_somebody_inside(inside),
            programs / "initdb",
            f"--pgdata={folder / 'data'}",
            "--username=passalong",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
        **_not_as_root(inside),
    )


def _started(
    programs: Path, folder: Path, settings: dict[str, str], inside: Sequence[str]
) -> subprocess.Popen[bytes]:
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [
                *_somebody_inside(inside),
                programs / "postgres",
                "-D",
                folder / "data",
                "-k",
                folder,
                "-c",
                "listen_addresses=",
                "-c",
                "max_connections=200",
                *(f"--{name}={value}" for name, value in settings.items()),
            ],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl+C is for the tests, which then stop it
            **_not_as_root(inside),
        )


def _not_as_root(inside: Sequence[str]) -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    as_root = os.geteuid() == 0 and not inside
    return {"user": _somebody(), "group": _group()} if as_root else {}


def _somebody_inside(inside: Sequence[str]) -> list[str]:
    """Nor may it be root in there, as whom only root may enter, or who isn't root outside."""
    if not inside:
        return []
    if os.geteuid() == 0:
        who = [f"--reuid={_somebody()}", f"--regid={_group()}", "--clear-groups"]
        return [*inside, "setpriv", *who]
    who = [f"--map-user={os.geteuid()}", f"--map-group={os.getegid()}"]
    return [*inside, "unshare", "--user", *who]


def _somebody() -> str:
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _group() -> int:
    import pwd

    return pwd.getpwnam(_somebody()).pw_gid


def _wait_until_well(server: Postgres) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            if server.process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"PostgreSQL doesn't start:\n{server.log}")
            time.sleep(0.02)
        else:
            return
