"""How long a process takes to be ready, and how much memory a server's worker has then.

    uv run python -m benchmarks.start

The first start after an installation compiles all modules, every later one reads what is kept of
that; where PYTHONDONTWRITEBYTECODE is set nothing is kept and every start is like the first.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

from benchmarks.workers import memory_of, workers_of
from tests.live_server import LiveServer, running_server
from ticketing.config import PROJECT

STARTS = 7
START = """
import os, sys, time
began = time.process_time()
import flask, sqlalchemy.orm
theirs = time.process_time()
import ticketing
imported = time.process_time()
ticketing.create_app()
print(theirs - began, imported - began, time.process_time() - imported)
"""


def starts(*, kept: Path | None) -> tuple[float, float, float]:
    """Seconds of processor time: Flask and SQLAlchemy alone, import ticketing, create_app()."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"},
            "PASSALONG_INSTANCE_PATH": folder,
            **({"PYTHONPYCACHEPREFIX": str(kept)} if kept else {"PYTHONDONTWRITEBYTECODE": "1"}),
        }
        found = []
        for _ in range(STARTS + 1):
            said = subprocess.run(
                [sys.executable, "-c", START],
                cwd=PROJECT,
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            found.append([float(each) for each in said.stdout.split()])
    theirs, imported, made = (statistics.median(each) for each in zip(*found[1:], strict=True))
    return theirs, imported, made


def say_memory(when: str, server: LiveServer) -> None:
    found = [memory_of(worker) for worker in workers_of(server.process.pid)]
    resident, share, own = (
        statistics.mean(getattr(each, name) for each in found)
        for name in ("resident", "share", "own")
    )
    print(f"a worker {when}: {resident:.0f} MB resident, {share:.0f} its share, {own:.0f} its own")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        kept = starts(kept=Path(folder) / "bytecode")
        for what, (theirs, imported, made) in (
            ("as usual", kept),
            ("compiling all modules", starts(kept=None)),
        ):
            print(
                f"import ticketing and create_app(), {what}: {imported:.2f} + {made:.2f} s "
                f"(wanted ≤ 1), of which Flask and SQLAlchemy alone {theirs:.2f} s"
            )
        place = Path(folder) / "server"
        place.mkdir()
        bytecode = {"PYTHONPYCACHEPREFIX": str(Path(folder) / "bytecode")}
        with running_server(place, PASSALONG_ACCESS_LOG="no", **bytecode) as server:
            time.sleep(1)
            say_memory("that was just started", server)
            for url in (server.demo["overview_url"], server.demo["shop_url"]):
                for _ in range(60):
                    urlopen(url, timeout=20).close()  # noqa: S310 - our own
            say_memory("that has shown overviews and shops (wanted ≤ 80)", server)


if __name__ == "__main__":
    main()
