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


def memory_of(worker: Path) -> dict[str, float]:
    """In MB: all that is in memory, its share of what several processes use, its very own."""
    lines = (worker / "smaps_rollup").read_text().splitlines()[1:]
    sizes = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return {
        "rss": sizes["Rss"],
        "pss": sizes["Pss"],
        "own": sizes["Private_Dirty"] + sizes["Private_Clean"],
    }


def workers_of(server: LiveServer) -> list[Path]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == server.process.pid and b"gunicorn" in command:
            found.append(stat.parent)
    return found


def say_memory(when: str, server: LiveServer) -> None:
    found = [memory_of(worker) for worker in workers_of(server)]
    rss, pss, own = (statistics.mean(each[key] for each in found) for key in ("rss", "pss", "own"))
    print(f"a worker {when}: {rss:.0f} MB resident, {pss:.0f} MB its share, {own:.0f} MB its own")


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
