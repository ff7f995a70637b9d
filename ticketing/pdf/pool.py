"""Workers that make PDFs and links' pictures, and the queue before them.

Built on subprocess, threading and pipes alone: gevent makes these cooperative, and without gevent
they are what they are. (A ProcessPoolExecutor's own threads don't survive monkey-patching.)
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from ticketing.previews.preview import Preview
from ticketing.running.confined import ENVIRONMENT

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
        self.ended = False  # not for another job
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

    def make(self, wanted: bytes, body: bytes) -> bytes:
        self.jobs += 1
        return self._ask((wanted, body), self.timeout)

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

    def _ask(self, job: tuple[bytes, bytes] | None, timeout: float) -> bytes:
        if self.process.stdin is None or self.process.stdout is None:
            raise RenderFailed("the worker has no pipes")
        # Being killed ends the read below, in a thread as in a greenlet.
        self.watch.begin(self, timeout, self.process.kill)
        try:
            if job is not None:
                wire.send(self.process.stdin, *job)
            kind, answer = wire.receive(self.process.stdout)
        except (EOFError, OSError, ValueError) as error:
            if not self.watch.end(self):
                raise RenderTimeout(f"no answer within {timeout:g} s") from error
            raise RenderFailed("the worker ended") from error
        finally:
            ended = self.watch.end(self)
        if not ended:
            self.ended = True  # it answered and was killed in the same instant
        if kind == wire.ERROR:
            raise _Refused(answer.decode("ascii"))
        return answer


class _Asker:
    """Somebody in the line, who is answered once: with a worker, or with why there is none."""

    def __init__(self) -> None:
        self.answered = threading.Event()
        self.worker: _Worker | None = None
        self.refusal: RenderFailed | None = None

    def answer(self, worker: _Worker | None = None, *, refusal: RenderFailed | None = None) -> None:
        self.worker, self.refusal = worker, refusal
        self.answered.set()


class _Refused(RenderFailed):
    """The worker answered that it could not; it is well itself."""


class Renderer:
    """Makes PDFs and pictures in processes of its own. For many threads or greenlets at once."""

    def __init__(
        self, workers: int = 1, queue: int = 64, timeout: float = 20.0, memory_mb: int = 512
    ) -> None:
        self.workers = workers
        self.queue = queue
        self.timeout = timeout
        self.memory_mb = memory_mb
        self._reset()

    def _reset(self) -> None:
        self._owner = os.getpid()
        self._watch = Watch()
        self._lock = threading.Lock()
        self._all: set[_Worker] = set()
        self._idle: list[_Worker] = []
        self._line: deque[_Asker] = deque()  # nobody is idle while somebody waits
        self._started = 0  # those that are starting included
        self._starting = 0
        self._closed = False

    def is_started(self) -> bool:
        """Whether a worker is there, or on its way."""
        return self._started > 0

    def warm(self) -> None:
        """Have a worker started if there is none, for somebody may soon want a PDF."""
        self._see_whether_forked()
        with self._lock:
            if not self._started and not self._closed:
                self._start_one()

    def render(self, document: Document) -> bytes:
        """The PDF of the document; RenderFailed, RenderTimeout or PoolBusy if there is none."""
        return self._make(wire.JOB, document.to_json())

    def draw(self, preview: Preview, picture: bytes = b"") -> bytes:
        """The picture of a link as a JPEG, with the event's own; raises as `render` does."""
        return self._make(wire.PREVIEW, preview.to_bytes(picture))

    def _make(self, wanted: bytes, body: bytes) -> bytes:
        self._see_whether_forked()
        worker = self._take()
        try:
            made = worker.make(wanted, body)
        except _Refused:
            self._give_back(worker)
            raise
        except BaseException:
            # Also when the asking greenlet is killed: the answer would reach the next one.
            self._drop(worker)
            raise
        self._give_back(worker)
        return made

    def close(self) -> None:
        """End all workers; whoever waits gets RenderFailed."""
        with self._lock:
            self._closed = True
            workers, idle, self._idle = list(self._all), self._idle, []
            self._refuse_all("closed")
        if self._owner != os.getpid():
            return
        for worker in workers:
            worker.kill()
        for worker in idle:  # the others are in somebody's hands, who lets go of them
            worker.stop()

    def _see_whether_forked(self) -> None:
        if self._owner != os.getpid():
            self._reset()  # the workers are the parent's

    def _take(self) -> _Worker:
        """The worker that is free first, for who has waited longest."""
        with self._lock:
            if self._closed:
                raise RenderFailed("closed")
            while self._idle:
                worker = self._idle.pop()
                if worker.alive():
                    return worker
                self._forget(worker)
                worker.stop()
            if len(self._line) >= self.queue + self._starting:
                raise PoolBusy(f"{len(self._line)} documents are waiting")
            asker = _Asker()
            self._line.append(asker)
            self._start_what_is_missing()
            seconds = self.timeout + (START if self._starting else 0)
        try:
            asker.answered.wait(seconds)
        except BaseException:  # a greenlet may be killed while it waits
            self._withdraw(asker)
            if asker.worker is not None:
                self._give_back(asker.worker)
            raise
        self._withdraw(asker)
        if asker.worker is None:
            raise asker.refusal or RenderTimeout(f"no worker was free within {self.timeout:g} s")
        return asker.worker

    def _withdraw(self, asker: _Asker) -> None:
        with self._lock, suppress(ValueError):  # who was answered isn't in the line any more
            self._line.remove(asker)

    def _refuse_all(self, why: str) -> None:
        while self._line:
            self._line.popleft().answer(refusal=RenderFailed(why))

    def _start_what_is_missing(self) -> None:
        """One more where somebody waits for none that is on its way."""
        if len(self._line) > self._starting and self._started < self.workers:
            self._start_one()

    def _start_one(self) -> None:
        """Beside whatever else goes on, for it takes a second."""
        threading.Thread(target=self._start, name="pdf-start", daemon=True).start()
        self._started += 1
        self._starting += 1

    def _start(self) -> None:
        worker = None
        try:
            worker = _Worker(self.memory_mb, self.timeout, self._watch)
            with self._lock:
                self._all.add(worker)
                if self._closed:
                    raise RenderFailed("closed")  # noqa: TRY301 - it ends as if it had failed
            worker.begin()
        except (RenderFailed, OSError):
            with self._lock:
                self._starting -= 1
                self._forget(worker)
                if not self._started:
                    self._refuse_all("no worker could be started")
            if worker is not None:
                worker.stop()
            return
        with self._lock:
            self._starting -= 1
            worn = [each for each in self._idle if each.jobs >= JOBS]
            self._idle = [each for each in self._idle if each not in worn]
        self._give_back(worker)
        for each in worn:
            self._drop(each)

    def _give_back(self, worker: _Worker) -> None:
        with self._lock:
            if worker.jobs >= JOBS and self._started <= self.workers:
                self._start_one()  # until that one is ready, the worn one goes on
            elif worker.jobs >= JOBS and self._started - self._starting > self.workers:
                worker.ended = True
            kept = not self._closed and not worker.ended
            if kept and self._line:
                self._line.popleft().answer(worker)
            elif kept:
                self._idle.append(worker)
        if not kept:
            self._drop(worker)

    def _drop(self, worker: _Worker) -> None:
        with self._lock:
            self._forget(worker)
            if not self._closed:
                self._start_what_is_missing()
        worker.stop()

    def _forget(self, worker: _Worker | None) -> None:
        if worker is not None:
            self._all.discard(worker)
        self._started -= 1
