"""A disk of a few megabytes: a tmpfs in a mount namespace, which nobody else on the machine sees.

Who isn't root makes themselves one in a user namespace; where neither is allowed, tests skip.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from ticketing.config import PROJECT

_ROOT = os.geteuid() == 0
_ENTER = [] if _ROOT else ["--user", "--preserve-credentials"]
_MAKE = [] if _ROOT else ["--user", "--map-root-user"]
_SCRIPT = 'mount -t tmpfs -o "size=$1" tmpfs "$0" && echo mounted && exec cat'


@dataclass(frozen=True)
class SmallDisk:
    """`inside` begins the commands of those for whom it is there; `here`: how we see it."""

    inside: list[str]
    here: Path

    def fill(self) -> None:
        """Until nothing more fits; may be done again, for others have deleted something."""
        with (self.here / "filler").open("ab", buffering=0) as filler:
            size = 1024 * 1024
            while size:
                try:
                    filler.write(b"\0" * size)
                except OSError:
                    size //= 2

    def free(self) -> None:
        (self.here / "filler").unlink()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[SmallDisk]:
    """In place of this folder, for as long as the block lasts; `size` is for instance "40m"."""
    folder.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        ["unshare", *_MAKE, "--mount", "sh", "-c", _SCRIPT, str(folder), size],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        if process.stdout.readline() != "mounted\n":
            assert process.stderr is not None
            pytest.skip(f"no small disk can be made here: {process.stderr.read().strip()}")
        there = ["--target", str(process.pid), "--mount", f"--wd={PROJECT}"]
        inside = ["nsenter", *there, *_ENTER]
        yield SmallDisk(inside, Path(f"/proc/{process.pid}/root{folder}"))
    finally:
        process.communicate()  # `cat` ends with its input, and the disk with it
