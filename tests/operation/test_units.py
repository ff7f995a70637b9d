"""The units of `deploy/systemd`: systemd understands them, and they fit the server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.operation.proxies import DEPLOY
from ticketing.config import PROJECT, Settings

UNITS = DEPLOY / "systemd"
SERVICES = ("passalong.service", "passalong-watcher.service")
ANALYZE = shutil.which("systemd-analyze")
SINCE = 250  # which can look at units that aren't installed


def version_of_systemd() -> int:
    if ANALYZE is None:
        return 0
    said = subprocess.run([ANALYZE, "--version"], capture_output=True, text=True, check=False)
    found = re.match(r"systemd (\d+)", said.stdout)
    return int(found[1]) if found else 0


needs_systemd = pytest.mark.skipif(
    version_of_systemd() < SINCE,
    reason=f"systemd-analyze {SINCE} isn't here; install it with: apt-get install systemd",
)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they would be for this very checkout."""
    for unit in UNITS.iterdir():
        text = unit.read_text().replace(
            "/opt/passalong/.venv/bin", str(Path(sys.executable).parent)
        )
        (tmp_path / unit.name).write_text(text.replace("/opt/passalong", str(PROJECT)))
    return tmp_path


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run(
        [ANALYZE, *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )


@needs_systemd
def test_systemd_finds_nothing_wrong(units: Path) -> None:
    names = (f"./{name}" for name in ("passalong.socket", *SERVICES))
    found = analyze(units, "verify", "--recursive-errors=no", "--man=no", *names)
    # Of the machine's own units it may say what it likes.
    assert [line for line in found.stderr.splitlines() if "passalong" in line] == []
    assert found.returncode == 0, found.stderr


@needs_systemd
@pytest.mark.parametrize("name", SERVICES)
def test_little_is_left_that_a_service_could_do(units: Path, name: str) -> None:
    """systemd's own measure, from 0, nothing, to 10, everything; it is content with 2."""
    found = analyze(units, "security", "--offline=true", "--threshold=20", f"./{name}")
    assert found.returncode == 0, found.stdout[-500:]


def value_in(unit: str, key: str) -> str:
    [found] = re.findall(rf"(?m)^{key}=(.*)$", (UNITS / unit).read_text())
    return str(found)


def test_there_is_time_to_end_as_the_server_wants_to() -> None:
    patience = re.search(
        r"(?m)^graceful_timeout = (\d+)$", (PROJECT / "ticketing/server.py").read_text()
    )
    assert patience is not None
    for name in SERVICES:
        assert int(value_in(name, "TimeoutStopSec")) >= 60 + int(patience[1])
        assert value_in(name, "KillMode") == "mixed"


def test_both_services_are_fenced_in_alike() -> None:
    fences = [(UNITS / name).read_text().partition("# It writes")[2] for name in SERVICES]
    assert len({fence.partition("[Install]")[0] for fence in fences}) == 1


def test_the_example_of_settings_is_understood(tmp_path: Path) -> None:
    lines = (DEPLOY / "settings.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    known = {f"PASSALONG_{name.upper()}" for name in Settings.__slots__}
    assert given.keys() <= known
    settings = Settings.from_environment({**given, "PASSALONG_INSTANCE_PATH": str(tmp_path)})
    assert settings.secure
    assert settings.proxies == 1
