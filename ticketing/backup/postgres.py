"""PostgreSQL's own backup: `pg_dump`, and `pg_restore` into one transaction."""

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE
from typing import Final

from psycopg import pq
from psycopg.conninfo import make_conninfo
from sqlalchemy import Engine, text

from ticketing.backup.files import BackupFailed, appears_whole
from ticketing.backup.looking import Looked
from ticketing.config import settings
from ticketing.models import Base
from ticketing.storing import database_tls

HEADER: Final = b"PGDMP"
_OTHERS_SECONDS: Final = 90  # longer than a transaction of ours may stand still
_LEAVING_SECONDS: Final = 5  # the server takes a while to let go of who closed a connection
_OURS: Final = ("--no-owner", "--no-privileges")
# What the migrations make beside the tables.
_FUNCTIONS: Final = (
    "search_terms(text, bigint, bigint, text, timestamptz)",
    "audit_is_kept()",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """What a program of PostgreSQL's is told of the database: in its call, and in variables."""

    conninfo: str
    environ: dict[str, str]


def save(engine: Engine, to: Path) -> None:
    """Raises `BackupFailed`."""
    with to.open("wb") as file:
        dump = ["pg_dump", "--format=custom", *_OURS]
        _run(dump, connection_of(engine), stdout=file.fileno())


def wait_for_others(engine: Engine) -> None:
    """Until all who write at this moment are done: what they take back is noted already.

    Raises `BackupFailed`.
    """
    began = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_xid IS NOT NULL AND xact_start <= :at"
    )
    until = time.monotonic() + _OTHERS_SECONDS
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        at = connection.scalar(text("SELECT clock_timestamp()"))
        while connection.scalar(began, {"at": at}):
            if time.monotonic() > until:
                raise BackupFailed("Somebody has been writing for minutes. Try again later.")
            time.sleep(0.05)


def look(path: Path) -> Looked:
    """What a file says of itself; raises `BackupFailed` if it can't be read."""
    wanted = ["--table=alembic_version", "--table=installation"]
    told = _run(["pg_restore", "--data-only", *wanted, "--file=-", str(path)])
    rows: dict[str, dict[str, str]] = {}
    form = r"^COPY (?:\w+\.)?(\w+) \((.*?)\) FROM stdin;\n(.*?)\n\\\.$"
    for table, columns, row in re.findall(form, told, re.MULTILINE | re.DOTALL):
        rows[table] = dict(zip(columns.split(", "), row.split("\t"), strict=True))
    if not {"alembic_version", "installation"} <= rows.keys():
        return Looked()
    of_it = rows["installation"]
    mark = of_it.get("backup_mark", r"\N")
    return Looked(
        rows["alembic_version"]["version_num"],
        json.loads(of_it["keys"]),
        None if mark == r"\N" else mark,
    )


def check_alone(engine: Engine) -> None:
    """Raises `BackupFailed` if another process of ours stays connected, on any machine."""
    engine.dispose()
    others = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'passalong' AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + _LEAVING_SECONDS
    # Each look is a transaction of its own, or it would see the same again.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(others):
            if time.monotonic() > until:
                raise BackupFailed(
                    "Somebody works with the database. Stop servers and watchers, on all machines."
                )
            time.sleep(0.05)
    engine.dispose()


def put_back(engine: Engine, path: Path, kept: Path | None) -> None:
    """Replace our tables by the file's, in one transaction; what was there is dumped to `kept`.

    Raises `BackupFailed`: then all is as it was.
    """
    try:
        if kept is not None:
            with appears_whole(kept) as written:
                save(engine, written)
        script = tempfile.NamedTemporaryFile(dir=settings().instance_path)  # noqa: SIM115 - below
    except OSError as error:
        raise BackupFailed(f"{settings().instance_path} can't be written: {error}") from error
    engine.dispose()
    tables = ", ".join(f'"{name}"' for name in (*Base.metadata.tables, "alembic_version"))
    functions = ", ".join(_FUNCTIONS)
    gone = f"DROP TABLE IF EXISTS {tables} CASCADE; DROP FUNCTION IF EXISTS {functions} CASCADE"
    with script:
        # Whole before it is begun with: of a torn one psql would keep what came.
        _run(["pg_restore", *_OURS, f"--file={script.name}", str(path)])
        psql = ["psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
        steps = [f"--command={gone}", f"--file={script.name}", "--command=ANALYZE"]
        _run([*psql, "--output=/dev/null", *steps], connection_of(engine))


def _run(command: Sequence[str], to: Connection | None = None, *, stdout: int = PIPE) -> str:
    """What a program of PostgreSQL's prints; raises `BackupFailed` with what it complains of."""
    environ = None
    if to is not None:
        command, environ = [*command, f"--dbname={to.conninfo}"], to.environ
    try:
        done = subprocess.run(  # noqa: S603 - our own words, and paths that the operator gave
            command, env=environ, stdout=stdout, stderr=PIPE, check=True
        )
    except FileNotFoundError as error:
        raise BackupFailed(
            f"{command[0]} isn't here; install PostgreSQL's programs: "
            "apt-get install postgresql-client"
        ) from error
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode(errors="replace").strip()
        raise BackupFailed(f"{command[0]}: {told or error.returncode}") from error
    return (done.stdout or b"").decode()


def connection_of(engine: Engine) -> Connection:
    """How a program comes to the very database that the engine speaks to.

    What libpq is told as a parameter counts before the file of a service, and that before a
    variable. A secret can't be a parameter, for everybody reads what a program was called with.
    https://www.postgresql.org/docs/current/libpq-pgservice.html
    """
    _none, given = engine.dialect.create_connect_args(engine.url)
    defaults = pq.Conninfo.get_defaults()
    secret = {each.keyword.decode(): each.dispchar == b"*" for each in defaults}
    told = {**given, **database_tls.connect_args(engine.url)}
    conninfo = make_conninfo(**{key: told[key] for key in told if secret.get(key) is False})
    environ = dict(os.environ)
    if "password" in told:
        # What the service in `PGSERVICE` says beside it, variables say as well.
        for each in defaults:
            if each.envvar and each.val and each.val != each.compiled:
                environ[each.envvar.decode()] = each.val.decode()
        environ.pop("PGSERVICE", None)
        environ["PGPASSWORD"] = str(told["password"])
    return Connection(conninfo, environ)
