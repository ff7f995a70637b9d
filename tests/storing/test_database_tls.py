"""A database on another machine: over TLS, with a certificate that is its own, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests import postgres
from tests.certificates import certificate_in
from tests.live_server import free_port
from tests.postgres import running_postgres
from ticketing.backup import postgres as backup
from ticketing.backup.files import BackupFailed
from ticketing.config import Settings
from ticketing.storing.database_tls import connect_args
from ticketing.storing.transactions import engine_options

NAME = "database.example"


@pytest.fixture(scope="module")
def certificate() -> Iterator[tuple[Path, Path]]:
    """One for the database's name that signs itself, and its key, which is the server's own."""
    folder = Path(tempfile.mkdtemp(prefix="passalong-tls-"))
    folder.chmod(0o755)
    made, secret = certificate_in(folder, NAME)
    secret.chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(secret, postgres._somebody(), postgres._group())
    yield made, secret
    shutil.rmtree(folder)


@pytest.fixture(scope="module", params=["with TLS", "without TLS"])
def server(
    request: pytest.FixtureRequest, certificate: tuple[Path, Path]
) -> Iterator[tuple[str, bool]]:
    """(its address as one that is elsewhere, whether it can speak TLS)."""
    port, speaks_tls = str(free_port()), request.param == "with TLS"
    settings = {"listen_addresses": "127.0.0.1", "port": port}
    tls = {
        "ssl": "on",
        "ssl_cert_file": str(certificate[0]),
        "ssl_key_file": str(certificate[1]),
    }
    if speaks_tls:
        settings |= tls
    with running_postgres(on_disk=False, **settings):
        yield f"postgresql://passalong@{NAME}:{port}/postgres?hostaddr=127.0.0.1", speaks_tls


def spoken_over_tls(address: str) -> bool:
    """Whether the server says so; raises what the connection fails with."""
    settings = Settings(database_url=address)
    engine = create_engine(settings.sqlalchemy_url, **engine_options(settings))
    try:
        with engine.connect() as connection:
            asked = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            return bool(connection.scalar(text(asked)))
    finally:
        engine.dispose()


def test_it_is_spoken_to_over_tls_or_not_at_all(
    server: tuple[str, bool], certificate: tuple[Path, Path]
) -> None:
    address, speaks_tls = server
    trusted = f"{address}&sslrootcert={certificate[0]}"
    if speaks_tls:
        assert spoken_over_tls(trusted)
        with pytest.raises(OperationalError, match="certificate verify failed"):
            spoken_over_tls(address)
        with pytest.raises(OperationalError, match="does not match host name"):
            spoken_over_tls(trusted.replace(NAME, "elsewhere.example"))
    else:
        for each in (address, trusted):
            with pytest.raises(OperationalError, match="does not support SSL"):
                spoken_over_tls(each)


def test_its_backup_as_well(
    server: tuple[str, bool], certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    address, speaks_tls = server
    to = tmp_path / "backup"
    engine = create_engine(
        Settings(database_url=f"{address}&sslrootcert={certificate[0]}").sqlalchemy_url
    )
    if speaks_tls:
        backup.save(engine, to)
        assert to.read_bytes().startswith(backup.HEADER)
    else:
        with pytest.raises(BackupFailed, match="does not support SSL"):
            backup.save(engine, to)


def test_a_service_that_would_do_without_says_nothing_of_its_backup(
    server: tuple[str, bool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, speaks_tls = server
    (tmp_path / "services").write_text("[tickets]\nsslmode=disable\nhostaddr=127.0.0.2\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGSERVICE", "tickets")
    to = tmp_path / "backup"
    engine = create_engine(Settings(database_url=f"{address}&sslmode=require").sqlalchemy_url)
    if speaks_tls:
        backup.save(engine, to)
        assert to.read_bytes().startswith(backup.HEADER)
    else:
        with pytest.raises(BackupFailed, match="does not support SSL"):
            backup.save(engine, to)


def test_who_says_otherwise_is_obeyed(server: tuple[str, bool]) -> None:
    assert spoken_over_tls(f"{server[0]}&sslmode=disable") is False


@pytest.mark.parametrize(
    "address",
    [
        "postgresql:///passalong",
        "postgresql:///passalong?host=/run/postgresql",
        "postgresql://passalong@localhost/passalong",
        "postgresql://passalong:x@127.0.0.1:5433/passalong",
        "postgresql://passalong@[::1]/passalong",
        "postgresql:///passalong?host=/run/a,localhost:5433",
        "postgresql://localhost/passalong?hostaddr=127.0.0.1",
        "postgresql://db.example/passalong?sslmode=require",
    ],
)
def test_on_this_machine_or_where_it_is_said_nothing_is_added(address: str) -> None:
    assert connect_args(make_url(address), {}) == {}


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://passalong@db.example/passalong",
        "postgresql://passalong@10.0.0.5/passalong",
        "postgresql:///passalong?host=db.example",
        "postgresql:///passalong?host=localhost,db.example:5433",
        "postgresql://x/passalong?host=one.example:5432&host=two.example",
        "postgresql:///passalong?hostaddr=10.0.0.5",
        "postgresql://localhost/passalong?hostaddr=10.0.0.5",
        "postgresql://localhost/passalong?hostaddr=127.0.0.1,10.0.0.5",
        "postgresql://db.example/passalong?hostaddr=127.0.0.1",
    ],
)
def test_elsewhere_its_certificate_is_looked_at(address: str) -> None:
    wanted = connect_args(make_url(address), {})
    assert wanted["sslmode"] == "verify-full"
    assert Path(wanted["sslrootcert"]).is_file()


def test_libpqs_own_variables_count_too() -> None:
    url = make_url("postgresql://db.example/passalong")
    assert connect_args(url, {"PGSSLMODE": "disable"}) == {}
    assert connect_args(url, {"PGSSLROOTCERT": "/own.crt"}) == {"sslmode": "verify-full"}


@pytest.mark.parametrize(
    ("service", "wanted"),
    [
        ("host=db.example", {"sslmode", "sslrootcert"}),
        ("host=db.example\nsslmode=prefer", {"sslmode", "sslrootcert"}),
        ("host=db.example\nsslrootcert=/own.crt", {"sslmode"}),
        ("host=db.example\nsslmode=require", set()),
        ("host=/run/postgresql", set()),
        ("hostaddr=10.0.0.5", {"sslmode", "sslrootcert"}),
    ],
)
def test_a_services_file_counts_and_comes_before_the_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, wanted: set[str]
) -> None:
    (tmp_path / "services").write_text(f"[tickets]\n{service}\n")
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services"))
    monkeypatch.setenv("PGHOST", "localhost")
    url = make_url("postgresql:///passalong")
    assert connect_args(url) == {}
    monkeypatch.setenv("PGSERVICE", "tickets")
    assert connect_args(url).keys() == wanted


def test_a_service_that_the_address_names_may_be_anywhere() -> None:
    assert connect_args(make_url("postgresql:///passalong?service=x"), {})["sslmode"] == (
        "verify-full"
    )
    said = make_url("postgresql:///passalong?service=x&sslmode=disable")
    assert connect_args(said, {}) == {}


@pytest.mark.parametrize(
    ("address", "environ", "here"),
    [
        ("postgresql:///passalong", {"PGHOST": "db.example"}, False),
        ("postgresql:///passalong", {"PGHOST": "/run/postgresql"}, True),
        ("postgresql:///passalong", {"PGHOSTADDR": "10.0.0.5"}, False),
        ("postgresql://localhost/passalong", {"PGHOST": "db.example"}, True),
        ("postgresql://localhost/passalong", {"PGHOSTADDR": "10.0.0.5"}, False),
        ("postgresql:///passalong?hostaddr=127.0.0.1", {"PGHOSTADDR": "10.0.0.5"}, True),
    ],
)
def test_where_an_address_leaves_it_out_libpqs_variables_say_where(
    address: str, environ: dict[str, str], here: bool
) -> None:
    assert (connect_args(make_url(address), environ) == {}) == here
