"""A real pretix of the test's own: migrated, seeded, and served on a free port.

It has to be installed already, in an environment of its own (`pip install pretix`), whose Python
is named by `PASSALONG_TEST_PRETIX` or is `.pretix-venv/bin/python` beside `pyproject.toml`.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.live_server import free_port
from ticketing.config import PROJECT

VARIABLE = "PASSALONG_TEST_PRETIX"
ORGANIZER, EVENT = "festival", "summer"
EVENT_PATH = f"/api/v1/organizers/{ORGANIZER}/events/{EVENT}"
START_SECONDS = 90
MIGRATE_SECONDS = 600  # it has 400 migrations

ACTIONS = (
    "pretix.event.order.paid",
    "pretix.event.order.canceled",
    "pretix.event.order.modified",
    "pretix.event.order.changed.*",
    "pretix.event.order.reactivated",
)

_CONFIGURATION = """
[pretix]
instance_name=test
url={url}
datadir={folder}/data
registration=off
allow_http_to_private_networks=on
[database]
backend=sqlite3
name={folder}/data/db.sqlite3
[django]
secret=only-for-tests-only-for-tests-only-for-tests-only-for-tests
[locale]
default=en
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Pretix:
    """`seeded` is what `seed.py` printed."""

    url: str
    version: str
    seeded: dict[str, Any]

    @property
    def token(self) -> str:
        return str(self.seeded["token"])

    def ask(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> Answer:
        """What it answers, whatever the status; `path` from `/api/v1` on or within the event."""
        path = path if path.startswith("/") else f"{EVENT_PATH}/{path}"
        request = Request(  # noqa: S310 - our own
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Token {self.token if token is None else token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310
                return _answer(answer.status, answer.headers.items(), answer.read())
        except HTTPError as error:
            return _answer(error.code, error.headers.items(), error.read())

    def do(self, method: str, path: str, body: Any = None) -> Any:
        """What it answers when it goes well."""
        answer = self.ask(method, path, body)
        assert answer.status < 300, (method, path, answer)
        return answer.body

    def hook(self, target: str) -> None:
        """Have it send its webhooks there."""
        self.do(
            "POST",
            f"/api/v1/organizers/{ORGANIZER}/webhooks/",
            {
                "enabled": True,
                "target_url": target,
                "all_events": True,
                "limit_events": [],
                "action_types": list(ACTIONS),
            },
        )

    def order(self, *positions: dict[str, Any], **named: Any) -> dict[str, Any]:
        """A new order, paid unless said otherwise."""
        found: dict[str, Any] = self.do(
            "POST",
            "orders/",
            {
                "email": "bea@example.org",
                "phone": "+31612345678",
                "locale": "en",
                "sales_channel": "web",
                "status": "p",
                "payment_provider": "manual",
                "send_email": False,
                "invoice_address": {
                    "is_business": False,
                    "name_parts": name("Bea", "Booker"),
                    "country": "NL",
                },
                "positions": [
                    {"positionid": number, "answers": [], **each}
                    for number, each in enumerate(positions, start=1)
                ],
                **named,
            },
        )
        return found

    def adult(self, **details: Any) -> dict[str, Any]:
        variation = self.seeded["variations"]["adult"]
        return {"item": self.seeded["items"]["weekend"], "variation": variation, **details}

    def friday(self, **details: Any) -> dict[str, Any]:
        return {"item": self.seeded["items"]["friday"], "variation": None, **details}

    def shirt(self) -> dict[str, Any]:
        return {"item": self.seeded["items"]["shirt"], "variation": None}


def name(given: str, family: str) -> dict[str, str]:
    return {"_scheme": "given_family", "given_name": given, "family_name": family}


def interpreter() -> Path | None:
    """The Python in whose environment pretix is, if there is one."""
    told = os.environ.get(VARIABLE)
    found = Path(told) if told else PROJECT / ".pretix-venv" / "bin" / "python"
    return found if told or found.exists() else None


@contextmanager
def running_pretix(
    folder: Path,
    python: Path,
    *,
    workers: int = 0,
    more: str = "",
    then: Sequence[Path] = (),
) -> Iterator[Pretix]:
    """Set one up in a folder, start it, stop it at the end; what is in the folder is used again.

    With `workers` it runs as in production, on gunicorn with so many processes, which has to be
    in its environment. `more` goes behind its configuration; `then` are scripts to run before it
    is served.
    """
    fresh = not (folder / "seeded.json").exists()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    configuration = folder / "pretix.cfg"
    configuration.write_text(_CONFIGURATION.format(url=url, folder=folder) + more)
    environment = {
        **os.environ,
        "PRETIX_CONFIG_FILE": str(configuration),
        "DJANGO_SETTINGS_MODULE": "pretix.settings",
    }

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [python, *arguments],
            cwd=folder,
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=MIGRATE_SECONDS,
        )
        return done.stdout

    if fresh:
        run("-m", "pretix", "migrate")
        printed = run(str(Path(__file__).with_name("seed.py"))).splitlines()[-1]
        (folder / "seeded.json").write_text(printed)
    for script in then:
        run(str(script))
    seeded = json.loads((folder / "seeded.json").read_text())
    version = run("-c", "import pretix; print(pretix.__version__)").strip()
    address = f"127.0.0.1:{port}"
    serve = ["pretix", "runserver", address, "--noreload"]
    if workers:
        serve = ["gunicorn", "pretix.wsgi", "--workers", str(workers), "--bind", address]
    with (folder / "pretix.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-m", *serve],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        pretix = Pretix(url, version, seeded)
        _wait_until_well(pretix)
        yield pretix
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _wait_until_well(pretix: Pretix) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            if pretix.ask("GET", "").status == 200:
                return
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise AssertionError(f"pretix did not answer in {START_SECONDS} s")


def _answer(status: int, headers: Any, body: bytes) -> Answer:
    try:
        said = json.loads(body) if body else None
    except ValueError:
        said = body.decode(errors="replace")
    return Answer(status, {key.lower(): value for key, value in headers}, said)
