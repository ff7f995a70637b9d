"""The image of `deploy/Dockerfile` holds what it needs and its commands work, with no engine."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.live_server import LiveServer
from tests.operation.proxies import DEPLOY
from ticketing.config import PROJECT, Settings

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def copied() -> set[str]:
    """What goes into the image from here."""
    lines = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", DOCKERFILE)
    return {name for line in lines for name in line.split()}


def command(instruction: str) -> list[str]:
    [found] = re.findall(rf"(?m)^{instruction} (\[.+\])$", DOCKERFILE)
    parsed: list[str] = json.loads(found)
    return parsed


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with nothing but what the image has."""
    folder = tmp_path / "app"
    folder.mkdir()
    for name in copied():
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def test_what_the_image_has_is_enough(image: Path, tmp_path: Path) -> None:
    environment = {
        **{k: v for k, v in os.environ.items() if not k.startswith("PASSALONG_")},
        "PASSALONG_INSTANCE_PATH": str(tmp_path / "data"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    before = {path: path.stat().st_mtime_ns for path in image.rglob("*")}
    for arguments in (["-m", "flask", "db", "upgrade"], ["-m", "flask", "demo", "--json"]):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=image,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in image.rglob("*")} == before, "it is read-only"


def test_nothing_else_reaches_the_engine() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied()


def test_its_own_check_tells_a_well_server_from_none(server: LiveServer) -> None:
    program, *arguments = command("    CMD")
    assert program == "python"
    port = str(urlsplit(server.url).port)
    for where, ends in ((port, 0), ("9", 1)):
        checked = subprocess.run(
            [sys.executable, *arguments],
            env={**os.environ, "PORT": where},
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert checked.returncode == ends, checked.stderr


def test_it_starts_what_the_units_start() -> None:
    unit = (DEPLOY / "systemd" / "passalong.service").read_text()
    started = re.findall(r"(?m)^ExecStart=/opt/passalong/\.venv/bin/(.+)$", unit)
    assert [" ".join(command("CMD"))] == started


def test_settings_are_passed_on_by_their_names() -> None:
    known = {f"PASSALONG_{name.upper()}" for name in Settings.__slots__}
    own = {"PASSALONG_NAME", "PASSALONG_UPSTREAM"}  # of the compose file, for the proxy
    for name in ("compose.yaml", "compose.env.example", "Dockerfile"):
        used = set(re.findall(r"PASSALONG_[A-Z_]+", (DEPLOY / name).read_text()))
        assert used <= known | own, name
