"""Work on files that come from anywhere, in a process that may do nothing else and not for long.

What reads them are large programs in C or Rust: here one may crash, take more memory than it
gets, or go on for ever, and nothing else notices. Run by its path, not with -m: that would import
the application, which the process has no use for.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

SECONDS: Final = 10  # ten times what the largest picture that we take needs
MEGABYTES: Final = 1024

# The process gets no more of the environment than Python needs: the rest holds secrets.
ENVIRONMENT: Final = (
    *("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "LD_LIBRARY_PATH"),
    *("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"),
)


def ask(script: Path, kind: str, given: bytes) -> tuple[dict[str, Any], bytes]:
    """What the script's `KINDS[kind]` makes of the bytes: a dict and more bytes.

    Nothing of both if it failed or was ended.
    """
    command = [sys.executable, "-P", __file__, str(script), kind, str(SECONDS), str(MEGABYTES)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and files
            command,
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=3 * SECONDS,  # others need the processor too
            check=False,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            start_new_session=True,  # Ctrl+C is for the server
        )
    except subprocess.TimeoutExpired:
        return {}, b""
    if done.returncode != 0:
        return {}, b""
    head, _line, data = done.stdout.partition(b"\n")
    return json.loads(head or b"{}"), data


def _limit(seconds: int, megabytes: int) -> None:
    """So much processor time and memory, no files of its own: the system sees to it."""
    if sys.platform == "win32":
        return  # no such limits there; who waits for us still stops waiting
    import resource

    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, megabytes << 20),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def main(script: str, kind: str, seconds: int, megabytes: int) -> None:
    # The pipe is for the answer alone: a print somewhere would garble it.
    outgoing = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit(seconds, megabytes)
    work = runpy.run_path(script)["KINDS"][kind]
    head, data = work(sys.stdin.buffer.read())
    outgoing.write(json.dumps(head).encode() + b"\n" + data)
    outgoing.close()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
