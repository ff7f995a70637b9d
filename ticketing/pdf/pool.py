"""Workers that make PDFs, and the queue before them.

Built on subprocess, threading and pipes alone: gevent makes these cooperative, and without gevent
they are what they are. (A ProcessPoolExecutor's own threads don't survive monkey-patching.)
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from ticketing.confined import ENVIRONMENT

from . import wire
from .document import Document, PoolBusy, RenderFailed, RenderTimeout
from .watch import Watch

WORKER = Path(__file__).with_name("worker.py")
JOBS = 2000  # after which a worker is replaced: whatever a library leaks stays small
START = 30.0  # seconds a worker may take to be ready


class _Worker:
    """One process. Not for two jobs at once."""

    def __init__(self, memory_mb: int, timeout: float, watch: Watch) -> None:
        self.timeout = timeout
        self.watch = watch
        self.jobs = 0
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
            [sys.executable, "-P", str(WORKER), str(memory_mb), str(timeout)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            # Ctrl-C is for the server; the worker ends when its pipe does.
            start_new_session=True,
        )

    def begin(self) -> None:
        """Wait until it has read its fonts."""
        self._ask(None, START)

    def render(self, body: bytes) -> bytes:
        self.jobs += 1
        return self._ask(body, self.timeout)

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """End the process at once; nothing it does is worth waiting for."""
        if self.process.poll() is None:
            self.process.kill()

    def stop(self) -> None:
        """End the process and let go of its pipes."""
        self.kill()
        for stream in (self.process.stdin, self.process.stdout):
            # Closing flushes what the dead process never read.
            with suppress(OSError, ValueError):
                if stream is not None:
                    stream.close()
        self.process.wait()

    def _ask(self, body: bytes | None, timeout: float) -> bytes:
        if self.process.stdin is None or self.process.stdout is None:
            raise RenderFailed("the worker has no pipes")
        # Being killed ends the read below, in a thread as in a greenlet.
        self.watch.begin(self, timeout, self.process.kill)
        try:
            if body is not None:
                wire.send(self.process.stdin, wire.JOB, body)
            kind, answer = wire.receive(self.process.stdout)
        except (EOFError, OSError, ValueError) as error:
            if not self.watch.end(self):
                raise RenderTimeout(f"no answer within {timeout:g} s") from error
            raise RenderFailed("the worker ended") from error
        finally:
            ended = self.watch.end(self)
        if not ended:
            self.jobs = JOBS  # answered and killed in the same instant: not for another job
        if kind == wire.ERROR:
            raise _Refused(answer.decode("ascii"))
        return answer


class _Refused(RenderFailed):
    """The worker answered that it could not; it is well itself."""


class Renderer:
    """Makes PDFs in processes of its own. For many threads or greenlets at once."""

    def __init__(
        self, workers: int = 2, queue: int = 64, timeout: float = 20.0, memory_mb: int = 512
    ) -> None:
        self.workers = workers
        self.queue = queue
        self.timeout = timeout
        self.memory_mb = memory_mb
        self._reset()

    def _reset(self) -> None:
        self._owner = os.getpid()
        self._watch = Watch()
        self._changed = threading.Condition()
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()
        self._started = 0
        self._waiting = 0
        self._closed = False

    def render(self, document: Document) -> bytes:
        """The PDF of the document; RenderFailed, RenderTimeout or PoolBusy if there is none."""
        if self._owner != os.getpid():
            self._reset()  # forked: the workers are the parent's
        body = document.to_json()
        worker = self._take()
        try:
            pdf = worker.render(body)
        except _Refused:
            self._give_back(worker)
            raise
        except BaseException:
            # Also when the asking greenlet is killed: the answer would reach the next one.
            self._drop(worker)
            raise
        self._give_back(worker)
        return pdf

    def close(self) -> None:
        """End all workers; whoever waits gets RenderFailed."""
        with self._changed:
            self._closed = True
            workers, idle, self._idle = list(self._all), self._idle, []
            self._changed.notify_all()
        if self._owner != os.getpid():
            return
        for worker in workers:
            worker.kill()
        for worker in idle:  # the others are in somebody's hands, who lets go of them
            worker.stop()

    def _take(self) -> _Worker:
        until = time.monotonic() + self.timeout
        with self._changed:
            while True:
                if self._closed:
                    raise RenderFailed("closed")
                while self._idle:
                    worker = self._idle.pop()
                    if worker.alive():
                        return worker
                    self._forget(worker)
                    worker.stop()
                if self._started < self.workers:
                    self._started += 1
                    break
                if self._waiting >= self.queue:
                    raise PoolBusy(f"{self._waiting} documents are waiting")
                left = until - time.monotonic()
                if left <= 0:
                    raise RenderTimeout(f"no worker was free within {self.timeout:g} s")
                self._waiting += 1
                try:
                    self._changed.wait(left)
                finally:
                    self._waiting -= 1
        return self._start()

    def _start(self) -> _Worker:
        worker = None
        try:
            worker = _Worker(self.memory_mb, self.timeout, self._watch)
            with self._changed:
                self._all.add(worker)
            worker.begin()
        except BaseException as error:
            with self._changed:
                self._started -= 1
                self._changed.notify()
                if worker is not None:
                    self._all.discard(worker)
            if worker is not None:
                worker.stop()
            if isinstance(error, OSError):
                raise RenderFailed("no worker could be started") from error
            raise
        return worker

    def _give_back(self, worker: _Worker) -> None:
        if worker.jobs >= JOBS:
            self._drop(worker)
            return
        with self._changed:
            closed = self._closed
            if not closed:
                self._idle.append(worker)
                self._changed.notify()
        if closed:
            worker.stop()

    def _drop(self, worker: _Worker) -> None:
        with self._changed:
            self._forget(worker)
            self._changed.notify()
        worker.stop()

    def _forget(self, worker: _Worker) -> None:
        self._all.discard(worker)
        self._started -= 1
