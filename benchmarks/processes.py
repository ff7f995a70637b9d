"""What processes cost: read from the system, so that other work on the machine hardly shows."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Spent:
    """Seconds of processor time within a block: of this process, and of each other of its own."""

    own: float = 0.0
    servers: float = 0.0  # ours
    database: float = 0.0  # PostgreSQL's processes

    @property
    def all(self) -> float:
        return self.own + self.servers + self.database

    def each(self, number: int) -> str:
        """What one of so many cost."""
        parts = [("server", self.servers), ("database", self.database), ("clients", self.own)]
        told = ", ".join(f"{name} {t / number * 1000:.2f}" for name, t in parts if t >= 1 / TICK)
        return f"{self.all / number * 1000:.2f} ms of processor time each ({told})"


@contextmanager
def spent() -> Iterator[Spent]:
    """Of this process and those that it has started; the figures stand when the block has ended."""
    before = _times()
    found = Spent()
    yield found
    for pid, (name, time) in _times().items():
        took = time - before.get(pid, ("", 0.0))[1]
        if pid == os.getpid():
            found.own += took
        elif name.startswith("postgres"):
            found.database += took
        else:
            found.servers += took


def _times() -> dict[int, tuple[str, float]]:
    """{process: (name, seconds)} of this one and its descendants."""
    found: dict[int, tuple[int, str, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, rest = stat.read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = rest.split()
        time = (int(fields[11]) + int(fields[12])) / TICK
        found[int(stat.parent.name)] = int(fields[1]), head.partition("(")[2], time
    ours = {os.getpid()}
    while more := {pid for pid, (parent, *_) in found.items() if parent in ours} - ours:
        ours |= more
    return {pid: found[pid][1:] for pid in ours}
