"""A process that makes PDFs and links' pictures, one after the other, until its pipe closes.

Run by its path, not with -m: that would import the application, which it has no use for (and
which holds the secrets that a process fed with strangers' names had better not hold).
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import types
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What a render may not do, whatever a name on a ticket talks it into: talk to anybody, start
# anything. xhtml2pdf's policy refuses it already; this holds should that ever have a hole.
FORBIDDEN = frozenset(
    {
        "socket.connect",
        "socket.bind",
        "socket.sendto",
        "socket.getaddrinfo",
        "socket.gethostbyname",
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.spawn",
    }
)


def stand_alone() -> None:
    """Make `ticketing.pdf` importable without running the application's own package file."""
    package = types.ModuleType("ticketing")
    package.__path__ = [str(HERE.parent)]
    sys.modules["ticketing"] = package


def limit_memory(megabytes: int) -> None:
    if sys.platform == "win32":
        return  # no such limits there; the time-out still holds
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold names


def limit_time(seconds: float) -> None:
    """Let this job use so much processor time; past it the system ends the process."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime + seconds) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (until, hard))


def lock_down() -> None:
    """From here on: only files of Python, of this package and temporary ones are opened."""
    # Not the project's own root, should it be on the path: the instance folder lies there.
    libraries = [place for place in sys.path if place and not HERE.is_relative_to(place)]
    places = [sys.prefix, sys.base_prefix, str(HERE.parent), tempfile.gettempdir(), *libraries]
    roots = {Path(place).resolve() for place in places}
    allowed = tuple(f"{root}{os.sep}" for root in roots)

    def guard(event: str, args: tuple[object, ...]) -> None:
        if event in FORBIDDEN:
            raise PermissionError(f"a ticket may not {event}")
        if event == "open" and isinstance(args[0], str | bytes):
            path = os.path.realpath(os.fsdecode(args[0]))
            if not path.startswith(allowed):
                raise PermissionError("a ticket may not open other files")

    sys.addaudithook(guard)


def serve(memory_mb: int, timeout: float) -> None:
    # The pipes are for messages alone: a print somewhere would garble them.
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    stand_alone()
    limit_memory(memory_mb)

    from ticketing.pdf import warmup, wire
    from ticketing.pdf.document import Document
    from ticketing.pdf.render import render
    from ticketing.previews.drawing import draw
    from ticketing.previews.preview import Preview

    render(warmup.DOCUMENT)
    draw(warmup.PREVIEW)
    gc.collect()
    gc.freeze()
    lock_down()
    wire.send(outgoing, wire.READY)
    while True:
        try:
            wanted, body = wire.receive(incoming)
        except EOFError:
            return
        limit_time(timeout)
        try:
            if wanted == wire.PREVIEW:
                made = draw(*Preview.from_bytes(body))
            else:
                made = render(Document.from_json(body))
        except Exception as error:  # noqa: BLE001 - reported to the parent, by kind alone
            # No message and no traceback: they may hold a name.
            kind = type(error.__cause__ or error).__name__
            wire.send(outgoing, wire.ERROR, kind.encode("ascii", "replace"))
        else:
            wire.send(outgoing, wire.MADE, made)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]))
