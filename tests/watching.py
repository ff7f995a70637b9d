"""Open overviews by the hundred, which come back by themselves as `static/live.js` does."""

import random
import re
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_LAST_ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)
_RETRY = re.compile(rb"^retry: (\d+)$", re.MULTILINE)
_SPREAD = re.compile(rb"^event: beat\ndata: (\d+)$", re.MULTILINE)


@dataclass(eq=False)
class Overview:
    """One page: the version it shows, and how often its stream was opened."""

    path: str
    version: int = 1
    spread: float = 1.0  # seconds within which to come back, as the server last said
    opened: int = 0
    connection: socket.socket | None = None
    received: bytes = b""
    again_at: float = 0.0  # when to open the stream
    openings: list[float] = field(default_factory=list)  # when (`time.monotonic`)
    retries: list[float] = field(default_factory=list)  # what it said to an EventSource


class Watching(threading.Thread):
    """As many overviews as there are paths, in one thread; use it as a context manager."""

    def __init__(self, url: str, paths: list[str]) -> None:
        super().__init__(daemon=True)
        self.overviews = [Overview(path) for path in paths]
        self.cut_short: list[str] = []  # streams that ended in another way than HTTP wants
        self._at = (urlsplit(url).hostname, urlsplit(url).port)
        self._selector = selectors.DefaultSelector()
        self._ended = threading.Event()

    def __enter__(self) -> "Watching":
        self.start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._ended.set()
        self.join(30)

    def wait_for(self, *, opened: int = 1, version: int = 1, seconds: float = 180) -> None:
        """Until each was opened so often and shows this version, or a later one."""
        until = time.monotonic() + seconds
        while left := sum(o.opened < opened or o.version < version for o in self.overviews):
            assert self.is_alive()
            assert time.monotonic() < until, f"{left} of {len(self.overviews)} overviews wait"
            time.sleep(0.05)

    def run(self) -> None:
        while not self._ended.is_set():
            now = time.monotonic()
            for overview in self.overviews:
                if overview.connection is None and overview.again_at <= now:
                    self._open(overview)
            for key, _events in self._selector.select(0.05):
                self._receive(key.data)
        for overview in self.overviews:
            if overview.connection is not None:
                overview.connection.close()

    def _open(self, overview: Overview) -> None:
        try:
            overview.connection = socket.create_connection(self._at, timeout=30)
        except OSError:  # nobody is there, yet
            self._come_back(overview)
            return
        asked = [f"GET {overview.path}/stream?since=1 HTTP/1.1", "Host: localhost"]
        if overview.opened:
            asked.append(f"Last-Event-ID: {overview.version}")
        overview.connection.sendall("\r\n".join([*asked, "", ""]).encode())
        self._selector.register(overview.connection, selectors.EVENT_READ, overview)

    def _come_back(self, overview: Overview) -> None:
        pause = random.random() * overview.spread  # noqa: S311 - no secret
        overview.again_at = time.monotonic() + pause

    def _receive(self, overview: Overview) -> None:
        assert overview.connection is not None
        try:
            more = overview.connection.recv(65_536)
        except OSError as error:
            self.cut_short.append(repr(error))
            more = b""
        overview.received += more
        for retry in _RETRY.findall(overview.received):
            overview.retries.append(int(retry) / 1000)
            overview.openings.append(time.monotonic())
            overview.opened += 1
        for spread in _SPREAD.findall(overview.received):
            overview.spread = int(spread) / 1000
        for version in _LAST_ID.findall(overview.received):
            overview.version = int(version)
        if not more:
            # A worker that is about to end refuses by 204; the page comes back as from any other.
            refused = overview.received.startswith(b"HTTP/1.1 204 ")
            if not refused and not overview.received.endswith(b"0\r\n\r\n"):
                self.cut_short.append(repr(overview.received[-200:]))
            self._selector.unregister(overview.connection)
            overview.connection.close()
            overview.connection = None
            self._come_back(overview)
        # The end of an event, or of the stream, is kept for what may follow.
        overview.received = b"" if not more else overview.received.rpartition(b"\n\n")[2]
