"""People who send their form until it is answered for good, whatever becomes of the server."""

import itertools
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Final

PATIENCE: Final = 120  # seconds; a machine may be busy with other things
PAUSE: Final = 0.05  # seconds before one sends again

DONE: Final = 303
REFUSED, BROKEN = "refused", "broken"  # nobody listens; the connection broke before the answer


@dataclass
class Sent:
    """One form, and all that came of it: statuses, or what became of the connection."""

    request: bytes
    answers: list[int | str] = field(default_factory=list)

    @property
    def came_in(self) -> bool:
        """Whether anybody ever listened."""
        return bool({*self.answers} - {REFUSED})

    @property
    def over(self) -> bool:
        """Whether there is nothing to send again."""
        return bool(self.answers) and self.answers[-1] not in {REFUSED, BROKEN, 503}


class Sending:
    """Many forms, sent by some people side by side, each form one time after the other."""

    def __init__(self, address: tuple[str, int], requests: Sequence[bytes], people: int) -> None:
        self.forms = [Sent(each) for each in requests]
        self._address = address
        self._next = itertools.count()
        self._enough = threading.Event()
        self._problems: list[Exception] = []
        self._threads = [threading.Thread(target=self._work) for _ in range(people)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Until all forms are answered for good; raises what went wrong with the sending."""
        for thread in self._threads:
            thread.join()
        if self._problems:
            raise self._problems[0]

    def give_up(self) -> None:
        self._enough.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def count(self, answer: int | str) -> int:
        return sum(form.answers.count(answer) for form in self.forms)

    def wait_for(self, answer: int | str, times: int = 1) -> None:
        until = time.monotonic() + PATIENCE
        while self.count(answer) < times:
            assert time.monotonic() < until, f"no {answer}: {self.told}"
            time.sleep(0.005)

    @property
    def told(self) -> dict[int | str, int]:
        """How often each answer came."""
        found = {answer for form in self.forms for answer in form.answers}
        return {answer: self.count(answer) for answer in sorted(found, key=str)}

    def _work(self) -> None:
        try:
            while (number := next(self._next)) < len(self.forms) and not self._enough.is_set():
                self._send(self.forms[number])
        except Exception as error:  # noqa: BLE001 - handed to the test by `finish`
            self._problems.append(error)

    def _send(self, form: Sent) -> None:
        until = time.monotonic() + PATIENCE
        while not form.over and not self._enough.is_set():
            if form.answers:
                time.sleep(PAUSE)
            if time.monotonic() > until:
                raise AssertionError(f"sent in vain: {form.answers}")
            form.answers.append(answer_to(self._address, form.request))


@contextmanager
def sending(
    address: tuple[str, int], requests: Sequence[bytes], people: int = 4
) -> Iterator[Sending]:
    """While the block lasts; what hasn't been sent by then is left."""
    found = Sending(address, requests, people)
    found.start()
    try:
        yield found
    finally:
        found.give_up()


def answer_to(address: tuple[str, int], request: bytes) -> int | str:
    """The answer's status, or what became of the connection. Raises `TimeoutError`."""
    try:
        with socket.create_connection(address, timeout=PATIENCE) as line:
            line.sendall(request)
            answer = HTTPResponse(line)
            answer.begin()
            answer.read()
    except ConnectionRefusedError:
        return REFUSED
    except (ConnectionError, HTTPException):
        return BROKEN
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) >= 1, "it says when to come back"
    return answer.status
