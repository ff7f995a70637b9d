"""Real processes, each with an app of its own on one and the same database."""

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from flask import Flask

from ticketing import create_app
from ticketing.asking import fields
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Ticket

PATIENCE = 60  # seconds that a process waits for the others before it takes them for dead


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to: "done", or the name of what was raised; and how long it took."""

    attempt: str
    result: str
    seconds: float
    value: Any = None


class Member:
    """One process of the crew, seen from inside."""

    def __init__(self, app: Flask, index: int, barrier: Barrier) -> None:
        self.app, self.index, self.barrier = app, index, barrier
        self.outcomes: list[Outcome] = []

    def together(self) -> None:
        """Wait until every process is here."""
        self.barrier.wait(PATIENCE)

    def attempt(
        self,
        name: str,
        expected: tuple[type[Exception], ...],
        action: Callable[..., Any],
        *arguments: Any,
        **named: Any,
    ) -> None:
        """Do it and note what came of it; what isn't expected ends the process."""
        started = time.perf_counter()
        result, value = "done", None
        try:
            value = action(*arguments, **named)
        except expected as refused:
            result = type(refused).__name__
        self.outcomes.append(Outcome(name, result, time.perf_counter() - started, value))


Job = Callable[..., None]


def _work(settings: Settings, index: int, barrier: Barrier, pipe: Connection) -> None:
    app = create_app({"TESTING": True}, settings)
    with app.app_context():
        # What is loaded at first use would look like waiting.
        fields.clean_phone("+31612345678", "NL")
        fields.clean_email("anna@example.org")
        db.session.get(Ticket, 0)
    pipe.send("ready")
    while (order := pipe.recv()) is not None:
        job, arguments = order
        member = Member(app, index, barrier)
        job(member, *arguments)
        pipe.send(member.outcomes)


class Crew:
    def __init__(self, settings: Settings, size: int) -> None:
        # All libraries are loaded once, by a process that has done nothing else.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload([__name__])
        # Kept: else its memory is given to the next crew's barrier, and both count in one.
        self.barrier = context.Barrier(size)
        self.pipes: list[Connection] = []
        self.processes = []
        for index in range(size):
            ours, theirs = context.Pipe()
            process = context.Process(
                target=_work, args=(settings, index, self.barrier, theirs), daemon=True
            )
            process.start()
            theirs.close()  # so that a process that dies is heard of as EOFError
            self.pipes.append(ours)
            self.processes.append(process)
        for pipe in self.pipes:
            assert pipe.recv() == "ready"

    def run(self, job: Job, *arguments: Any) -> list[Outcome]:
        """Let every process do the job; raises `EOFError` if one of them fails."""
        for pipe in self.pipes:
            pipe.send((job, arguments))
        return [outcome for pipe in self.pipes for outcome in pipe.recv()]

    @property
    def is_whole(self) -> bool:
        """Whether all are still there: whoever fails at a job ends, and the others wait in vain."""
        return all(process.is_alive() for process in self.processes)

    def end(self) -> None:
        for process in self.processes:
            process.terminate()
            process.join(5)
        for pipe in self.pipes:
            pipe.close()


@contextmanager
def crew_of(size: int, settings: Settings) -> Iterator[Crew]:
    crew = Crew(settings, size)
    try:
        yield crew
    finally:
        crew.end()


def counted(outcomes: list[Outcome]) -> dict[str, int]:
    return dict(Counter(f"{each.attempt} {each.result}" for each in outcomes))


def slowest(outcomes: list[Outcome]) -> float:
    return max(each.seconds for each in outcomes)
