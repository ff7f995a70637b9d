"""One sender a process writes to the connections of all open streams.

An open overview waits for hours and is written to for a millisecond. In the hands of a WSGI
server its connection keeps a greenlet, the request and all that belongs to it; here it keeps a
number and a few fields (docs/decisions/ten-thousand-streams.md). Runs on gevent's loop.
"""

import logging
import os
import socket
import ssl
from collections.abc import Callable, Iterable
from functools import partial
from random import choice
from typing import Any, Final

import gevent
from flask import Flask
from gevent.queue import SimpleQueue

from ticketing.feed.streams import HEARTBEAT_SECONDS, Stream, beat
from ticketing.feed.watcher import Feed, TooManyStreams, feed_of

log = logging.getLogger(__name__)

DRAWING_AT_ONCE: Final = 4  # more would only queue for the database and the processor
BEATS_EACH: Final = 0.25  # seconds; in portions, lest thousands of beats hold everything else up
# A client that acknowledges nothing for this long has gone without a word.
UNACKNOWLEDGED_MILLISECONDS: Final = 60_000
# What the system keeps for a client that doesn't read; unless told it would be megabytes.
SEND_BUFFER: Final = 32 * 1024


class HandedOver:
    """What an application returns in place of a body when the connection is no longer the
    server's to use or to close; see `server.py`."""

    handed_over = True

    def __iter__(self) -> "HandedOver":
        return self

    def __next__(self) -> bytes:
        raise StopIteration


class _Connection:
    """A client of a stream. It has a descriptor for as long as the sender may write to it."""

    __slots__ = (
        "chunked",
        "drawing",
        "fd",
        "portion",
        "reading",
        "stalled",
        "stream",
        "unsent",
        "writing",
    )

    def __init__(self, stream: Stream, portion: "set[_Connection]", *, chunked: bool) -> None:
        self.stream = stream
        self.portion = portion
        self.chunked = chunked
        self.fd = -1
        self.drawing = False
        self.unsent = b""  # of one event, for a client that is slow; the next waits for its end
        self.stalled = False
        self.reading: Any = None
        self.writing: Any = None


class Sender:
    """Takes connections over from the server, and gives none back."""

    def __init__(self, feed: Feed, *, heartbeat: float = HEARTBEAT_SECONDS) -> None:
        self._feed = feed
        self._loop = gevent.get_hub().loop
        # Which beat together. Drawn by lot, they are spread over time.
        self._portions: list[set[_Connection]] = [
            set() for _ in range(max(1, round(heartbeat / BEATS_EACH)))
        ]
        self._changed: dict[int, list[_Connection]] = {}  # order → who waits for its news
        self._orders: SimpleQueue[int] = SimpleQueue()
        work = [self._beat, *[self._draw] * DRAWING_AT_ONCE]
        self._work = [gevent.spawn(each) for each in work]

    @staticmethod
    def can_take(environ: dict[str, Any]) -> bool:
        """Whether this request's connection is a plain socket, and its answer has a body."""
        connection = environ.get("gunicorn.socket")
        return (
            environ["REQUEST_METHOD"] == "GET"
            and environ["SERVER_PROTOCOL"] in {"HTTP/1.0", "HTTP/1.1"}
            and isinstance(connection, socket.socket)
            and not isinstance(connection, ssl.SSLSocket)
        )

    def take(
        self, environ: dict[str, Any], write: Callable[[bytes], object], stream: Stream
    ) -> Iterable[bytes]:
        """Answer with the stream's beginning, then keep the connection.

        `write` is what `start_response` returned: it sends the head, and frames what follows.
        """
        # As gunicorn does: without a length, whoever speaks HTTP/1.1 gets chunks.
        chunked = environ["SERVER_PROTOCOL"] != "HTTP/1.0"
        connection = _Connection(stream, choice(self._portions), chunked=chunked)  # noqa: S311
        try:
            write(stream.begin(partial(self._wake, connection)))
            connection.fd = _kept(environ["gunicorn.socket"])
        except TooManyStreams:  # the last place was given away meanwhile
            return ()
        except BaseException:
            stream.close()
            raise
        connection.portion.add(connection)
        connection.reading = self._loop.io(connection.fd, 1)
        connection.reading.start(self._heard, connection)
        environ["passalong.handed_over"] = True  # for the server's log
        self._go_on(connection)
        return HandedOver()

    def close(self) -> None:
        """End all streams; their feed is closed."""
        for portion in self._portions:
            for connection in tuple(portion):
                self._finish(connection)
        gevent.killall(self._work, block=False)

    # News:

    def _wake(self, connection: _Connection) -> None:
        order_id = connection.stream.order_id
        waiting = self._changed.setdefault(order_id, [])
        if not waiting:
            self._orders.put(order_id)
        waiting.append(connection)

    def _draw(self) -> None:
        while True:
            # Those of one order follow each other: what is equal is drawn once.
            for connection in self._changed.pop(self._orders.get()):
                self._tell(connection)
            gevent.sleep(0)

    def _tell(self, connection: _Connection) -> None:
        if connection.fd < 0 or connection.unsent or connection.drawing:
            return  # `_go_on` will see what is new by then
        connection.drawing = True
        try:
            news = connection.stream.news()
        except Exception:
            # The client comes back and gets what it missed.
            log.exception("An overview's news can't be drawn")
            self._finish(connection)
            return
        finally:
            connection.drawing = False
        if news:
            self._send(connection, news)
        self._go_on(connection)

    def _go_on(self, connection: _Connection) -> None:
        """What is next, once all was sent that had been drawn."""
        if connection.unsent or connection.fd < 0:
            return
        if connection.stream.ended or self._feed.closed:
            self._finish(connection)
        elif connection.stream.subscription.behind:
            self._wake(connection)

    # Signs of life:

    def _beat(self) -> None:
        while True:
            for portion in self._portions:
                gevent.sleep(BEATS_EACH)
                sign = beat(self._feed)
                for connection in tuple(portion):
                    if not connection.unsent:
                        self._send(connection, sign)
                    elif connection.stalled:  # nothing got through since the last beat
                        self._let_go(connection)
                    else:
                        connection.stalled = True

    # The socket. Nothing here may wait: the loop itself calls these.

    def _heard(self, connection: _Connection) -> None:
        """Clients of a stream have nothing to say: they hang up, or don't speak HTTP."""
        try:
            os.read(connection.fd, 4096)
        except BlockingIOError:
            return
        except OSError as error:
            log.debug("A stream's client is gone: %s", error)
        self._let_go(connection)

    def _send(self, connection: _Connection, event: bytes) -> None:
        if connection.chunked:
            event = b"%x\r\n%b\r\n" % (len(event), event)
        self._write(connection, event)
        if connection.unsent:
            connection.writing = self._loop.io(connection.fd, 2)
            connection.writing.start(self._flush, connection)

    def _flush(self, connection: _Connection) -> None:
        self._write(connection, connection.unsent)
        if connection.unsent or connection.fd < 0:
            return
        connection.writing.stop()
        connection.writing.close()
        connection.writing = None
        self._go_on(connection)

    def _write(self, connection: _Connection, what: bytes) -> None:
        """As much as the connection takes at once; the rest is `unsent`."""
        if connection.fd < 0:
            return
        try:
            sent = os.write(connection.fd, what)
        except BlockingIOError:
            sent = 0
        except OSError as error:
            log.debug("A stream's client is gone: %s", error)
            self._let_go(connection)
            return
        connection.unsent = what[sent:]
        connection.stalled = connection.stalled and not sent

    def _finish(self, connection: _Connection) -> None:
        """End it as HTTP wants, if the client has everything so far."""
        if connection.chunked and not connection.unsent:
            self._write(connection, b"0\r\n\r\n")
        self._let_go(connection)

    def _let_go(self, connection: _Connection) -> None:
        fd, connection.fd = connection.fd, -1
        if fd < 0:
            return
        for watcher in (connection.reading, connection.writing):
            if watcher is not None:
                watcher.stop()
                watcher.close()
        os.close(fd)
        connection.unsent = b""
        connection.portion.discard(connection)
        if not self._feed.closed:
            gevent.spawn(connection.stream.close)  # which may have to wait for its turn


def start_sender(app: Flask) -> Sender:
    """From now on this process's streams are the sender's. Called in a worker, once."""
    sender = Sender(feed_of(app))
    app.extensions["passalong.sender"] = sender
    return sender


def _kept(connection: socket.socket) -> int:
    """The socket's descriptor, which is ours to close now; the server's object is empty."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    user_timeout = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux
    if user_timeout is not None and connection.family in {socket.AF_INET, socket.AF_INET6}:
        connection.setsockopt(socket.IPPROTO_TCP, user_timeout, UNACKNOWLEDGED_MILLISECONDS)
    return connection.detach()
