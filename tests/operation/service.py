"""An installation as it runs in earnest: server and watcher, each a process of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.live_server import LiveServer, running_in_earnest
from tests.surfing import Surfer
from ticketing.config import PROJECT

SECONDS = 60  # a machine may be busy with other things


@dataclass(frozen=True)
class Watcher:
    """`flask outbox --watch`; `log` is the file with all it wrote."""

    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def running_watcher(server: LiveServer, name: str = "watcher") -> Iterator[Watcher]:
    log = server.log.with_name(f"{name}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "outbox", "--watch"],
            cwd=PROJECT,
            env=server.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Watcher(process, log)
    finally:
        process.terminate()
        process.wait(SECONDS)


@contextmanager
def running_service(folder: Path, **variables: str) -> Iterator[tuple[LiveServer, Watcher]]:
    with (
        running_in_earnest(folder, **variables) as server,
        running_watcher(server) as watcher,
    ):
        yield server, watcher


def eventually(true: Callable[[], bool], told: str = "") -> None:
    """Fails if it doesn't become true."""
    until = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < until, told or "it never came"
        time.sleep(0.05)


def read_numbers(text: str) -> dict[str, float]:
    """{'name{label="value"}': value}, as Prometheus's own parser reads it; labels sorted."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def numbers_of(server: LiveServer) -> dict[str, float]:
    page = Surfer(server.url).get("/metrics")
    assert page.status == 200
    return read_numbers(page.text)


def sum_of(numbers: dict[str, float], pattern: str) -> float:
    """Of all samples whose name and labels match from their start on."""
    return sum(value for name, value in numbers.items() if re.match(pattern, name))
