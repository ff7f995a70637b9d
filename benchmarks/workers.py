"""A server's worker processes, and what the system says of them."""

import os
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    """In MB: all that is in memory, its share of what several processes use, its very own."""

    resident: float
    share: float
    own: float


def workers_of(master: int) -> list[Path]:
    """Their folders in /proc; the companions that a demo starts are none."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == master and b"gunicorn" in command:
            found.append(stat.parent)
    return found


def cpu_seconds(workers: list[Path]) -> float:
    """Processor time of all of them since they were started."""
    fields = [(each / "stat").read_text().rpartition(")")[2].split() for each in workers]
    return sum(int(each[11]) + int(each[12]) for each in fields) / TICK


def memory_of(worker: Path) -> Memory:
    lines = (worker / "smaps_rollup").read_text().splitlines()[1:]
    mb = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return Memory(mb["Rss"], mb["Pss"], mb["Private_Dirty"] + mb["Private_Clean"])
