"""How a renderer and its workers speak: a letter, a length, a body, over pipes."""

from __future__ import annotations

import struct
from typing import Protocol

READY, JOB, PREVIEW, MADE, ERROR = b"R", b"J", b"V", b"M", b"E"

_HEAD = struct.Struct(">cI")


class Reader(Protocol):
    def read(self, count: int, /) -> bytes: ...


class Writer(Protocol):
    def write(self, data: bytes, /) -> int | None: ...
    def flush(self) -> None: ...


def send(stream: Writer, kind: bytes, body: bytes = b"") -> None:
    """Write one message."""
    stream.write(_HEAD.pack(kind, len(body)) + body)
    stream.flush()


def receive(stream: Reader) -> tuple[bytes, bytes]:
    """Read one message; EOFError when the other side is gone."""
    kind, length = _HEAD.unpack(_exactly(stream, _HEAD.size))
    return kind, _exactly(stream, length)


def _exactly(stream: Reader, count: int) -> bytes:
    parts = b""
    while len(parts) < count:
        part = stream.read(count - len(parts))
        if not part:
            raise EOFError
        parts += part
    return parts
