"""Requests at a fixed pace, whether or not the server keeps up.

A client that waits for each answer before it asks again is polite to a slow server: while one
answer is late, all the requests that people would have sent meanwhile are not even counted. Here
each has its moment, and its time counts from then.
"""

import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class _Connection:
    socket: socket.socket
    due: float = 0.0
    received: bytes = b""


@dataclass
class Outcome:
    """Seconds from the moment a request was due until its answer was there, sorted."""

    seconds: list[float] = field(default_factory=list)
    failed: int = 0

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))] * 1000


def ask(
    address: tuple[str, int],
    paths: Sequence[str],
    *,
    rate: int,
    seconds: float,
    headers: str = "",
    connections: int = 50,
) -> Outcome:
    """So many requests a second, path by path; what finds no free connection waits for one."""
    requests = [
        f"GET {path} HTTP/1.1\r\nHost: {address[0]}\r\n{headers}\r\n".encode() for path in paths
    ]
    selector = selectors.DefaultSelector()
    free: deque[_Connection] = deque()
    for _ in range(connections):
        connection = _Connection(socket.create_connection(address))
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        free.append(connection)
    outcome = Outcome()
    waiting: deque[float] = deque()
    sent, wanted, begun = 0, int(rate * seconds), time.perf_counter()
    while len(outcome.seconds) + outcome.failed < wanted:
        now = time.perf_counter()
        while sent + len(waiting) < wanted and begun + (sent + len(waiting)) / rate <= now:
            waiting.append(begun + (sent + len(waiting)) / rate)
        while waiting and free:
            connection = free.popleft()
            connection.due, connection.received = waiting.popleft(), b""
            connection.socket.sendall(requests[sent % len(requests)])
            sent += 1
        pause = max(0.0, begun + (sent + len(waiting)) / rate - now) if not waiting else None
        for key, _events in selector.select(min(pause, 0.05) if pause is not None else 0.05):
            connection = key.data
            connection.received += connection.socket.recv(65_536)
            if not _is_whole(connection.received):
                continue
            if connection.received.startswith((b"HTTP/1.1 200", b"HTTP/1.1 204")):
                outcome.seconds.append(time.perf_counter() - connection.due)
            else:
                outcome.failed += 1
            free.append(connection)
    for connection in free:
        connection.socket.close()
    outcome.seconds.sort()
    return outcome


def _is_whole(received: bytes) -> bool:
    head, end, body = received.partition(b"\r\n\r\n")
    if not end or head.startswith(b"HTTP/1.1 204"):
        return bool(end)
    length = next(
        int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return len(body) >= length
