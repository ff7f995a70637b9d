"""The real server with an instance of its own: `sys.executable app.py` on a free port."""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.installations import migrate
from tests.quick import memory
from ticketing.config import PROJECT, Settings

START_SECONDS = 240  # on a busy machine
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class LiveServer:
    """`log` is the file with all that server and companion wrote."""

    url: str
    instance: Path
    environment: dict[str, str]
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def settings(self) -> Settings:
        """For an app of the test's own on the same instance: `create_app({…}, settings)`."""
        return Settings.from_environment(self.environment)

    @property
    def demo(self) -> dict[str, Any]:
        """What `flask demo --json` prints; its overview is an order that nobody touched."""
        return self._cached_demo() if self._demo_file.exists() else self.new_demo()

    def new_demo(self) -> dict[str, Any]:
        """Ask again: after a test has changed the order, `overview_url` is another one."""
        printed = self.flask("demo", "--json").stdout
        self._demo_file.write_bytes(printed)
        return self._cached_demo()

    def flask(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        """Run a command of ours on the server's instance."""
        return subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=PROJECT,
            env=self.environment,
            check=True,
            capture_output=True,
            timeout=180,
        )

    def stop(self, seconds: float = 120, sent: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end as a service manager would; returns its exit code."""
        self.process.send_signal(sent)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(60)

    @property
    def _demo_file(self) -> Path:
        return self.log.with_name("demo-answer.json")

    def _cached_demo(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._demo_file.read_text())
        return found


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_server(folder: Path, **variables: str) -> Iterator[LiveServer]:
    """Start the server in an empty folder, wait until it is well, stop it at the end.

    `variables` are `PASSALONG_*` ones and the like, for instance
    `PASSALONG_MAIL_SERVER="127.0.0.1", PASSALONG_MAIL_PORT="2525", PASSALONG_MAIL_STARTTLS="no"`.
    """
    with _running(folder, ["app.py"], variables) as server:
        yield server


@contextmanager
def running_in_earnest(
    folder: Path, *, inside: Sequence[str] = (), **variables: str
) -> Iterator[LiveServer]:
    """The same as a service manager starts it: a migrated database, no demo, no companion.

    Where there is an instance in the folder, its database is taken as it is. `inside` begins the
    commands, where they are to run in surroundings of their own.
    """
    gunicorn = ["-m", "gunicorn", "-c", "ticketing/server.py", "app:app"]
    first = ["db", "upgrade"] if inside or variables.get("PASSALONG_DATABASE_URL") else None
    instance = folder / "instance"
    if instance.exists():
        first = None
    elif first is None:
        shutil.copytree(_migrated().name, instance)
    with _running(folder, gunicorn, variables, first=first, inside=inside) as server:
        yield server


@cache
def _migrated() -> "tempfile.TemporaryDirectory[str]":
    """An instance to begin with; a command that makes one takes half as long as all of a start."""
    made = tempfile.TemporaryDirectory(prefix="passalong-migrated-", dir=memory())
    migrate(Settings(instance_path=Path(made.name)))
    return made


@contextmanager
def _running(
    folder: Path,
    program: list[str],
    variables: dict[str, str],
    first: list[str] | None = None,
    inside: Sequence[str] = (),
) -> Iterator[LiveServer]:
    port = int(variables.get("PORT") or free_port())
    url = f"http://127.0.0.1:{port}"
    # Nothing of the developer's own installation may leak in.
    own = {k: v for k, v in os.environ.items() if not k.startswith(("PASSALONG_", "FLASK_"))}
    environment = {
        **own,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "EXAMPLE_PORT": "0",  # one server a test is enough; who wants the other asks for it
        "PASSALONG_INSTANCE_PATH": str(folder / "instance"),
        "PASSALONG_BASE_URL": url,
        "PASSALONG_ACCESS_LOG": "yes",
        "PYTHONUNBUFFERED": "1",
        **variables,
    }
    if first:
        flask = [*inside, sys.executable, "-m", "flask", *first]
        subprocess.run(flask, cwd=PROJECT, env=environment, check=True, capture_output=True)
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*inside, sys.executable, *program],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_parent,
        )
    server = LiveServer(url, folder / "instance", environment, process, log)
    try:
        _wait_until_well(server)
        yield server
    finally:
        if process.poll() is None:
            server.stop()


def end_with_parent() -> None:
    """In a child: should the test run be killed, it gets a SIGTERM; exec keeps the wish."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _wait_until_well(server: LiveServer) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.process.poll() is not None:
            pytest.fail(f"the server ended at its start:\n{server.log.read_text()}")
        try:
            with urlopen(f"{server.url}/healthz", timeout=5) as answer:  # noqa: S310 - our own
                if answer.status == 200:
                    return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    pytest.fail(f"the server did not get well in {START_SECONDS} s:\n{server.log.read_text()}")


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """One server for all tests that only need one; mails stay in its outbox."""
    with running_server(tmp_path_factory.mktemp("live")) as server:
        yield server
