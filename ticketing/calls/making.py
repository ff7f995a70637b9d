"""Making the calls that wait, many at a time, so that nobody's slow program holds others up.

Calls run in threads, for nearly all of their time is waiting. A lane (an endpoint or a
connection) has a few of them at most, and only one while it doesn't answer well.
"""

import datetime as dt
import logging
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

from flask import Flask, current_app

from ticketing.calls import queue
from ticketing.calls.handlers import HANDLERS, Outcome, Result
from ticketing.calls.outbound import NotReached
from ticketing.calls.queue import Lane, Lease
from ticketing.extensions import db
from ticketing.models import now
from ticketing.storing.transactions import DATABASE_ERRORS, Busy, Unavailable

Clock = Callable[[], dt.datetime]

AT_ONCE: Final = 16
PER_LANE: Final = 4
ROUND: Final = 1000
_LONGEST_PAUSE: Final = 60.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Report:
    """What a round did. `waiting` are those that remain, now or for later."""

    done: int = 0
    failed: int = 0
    dropped: int = 0
    waiting: int = 0

    def __str__(self) -> str:
        return (
            f"{self.done} done, {self.failed} failed, {self.dropped} dropped, "
            f"{self.waiting} waiting"
        )


def make_waiting(
    limit: int = ROUND, *, clock: Clock = now, stop: threading.Event | None = None
) -> Report:
    """One round: make what is due, up to `limit` calls.

    The calls at hand are finished before `stop` is heeded, as they are in `watch`.
    """
    with _Crew(clock) as crew:
        with suppress(Busy):  # people go first; the calls are there in the next round
            while limit > 0 and not (stop and stop.is_set()):
                if crew.begin_one():
                    limit -= 1
                elif crew.at_work:
                    crew.wait()
                else:
                    break
        crew.finish()
    report = Report(
        done=crew.ended["done"],
        failed=crew.ended["failed"],
        dropped=crew.ended["dropped"],
        waiting=queue.leases.count_undone(),
    )
    db.session.rollback()
    return report


def watch(stop: threading.Event, pause: float = 1.0) -> None:
    """Make calls as they come until `stop` is set, then finish those at hand."""
    idle = pause
    with _Crew(now) as crew:
        while not stop.is_set():
            try:
                if crew.begin_one():
                    idle = pause
                    continue
                if crew.at_work:
                    crew.wait(pause)
                    continue
            except (Unavailable, *DATABASE_ERRORS) as error:
                # A full disk, a database that restarts: the calls wait, and so does this.
                _log.warning("Calls: none now (%s)", type(error).__name__)
                idle = min(idle * 2, _LONGEST_PAUSE)
            finally:
                db.session.remove()
            stop.wait(idle)
        crew.finish()


@dataclass
class _Crew:
    """The threads at work, and in which lanes; used by one thread alone."""

    clock: Clock
    ended: Counter[str] = field(default_factory=Counter)
    _busy: dict[Future[str], Lane] = field(default_factory=dict)
    _unwell: set[Lane] = field(default_factory=set)

    def __enter__(self) -> "_Crew":
        self._app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="call")
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()

    @property
    def at_work(self) -> bool:
        return bool(self._busy)

    def begin_one(self) -> bool:
        """Give the next call that is due to a free thread; whether there was one."""
        self._collect()
        if len(self._busy) >= AT_ONCE:
            return False
        full = self._full_lanes()
        due = queue.next_due(self.clock(), without=full)
        db.session.rollback()
        if due is None:
            return False
        held = queue.lease(self.clock(), without=full)
        if held is None:
            return False
        self._busy[self._pool.submit(_make, self._app, held, self.clock)] = held.lane
        return True

    def wait(self, seconds: float | None = None) -> None:
        """Until one of those at work is done, or the time is over."""
        wait(self._busy, timeout=seconds, return_when=FIRST_COMPLETED)
        self._collect()

    def finish(self) -> None:
        while self._busy:
            self.wait()

    def _collect(self) -> None:
        for future in [each for each in self._busy if each.done()]:
            lane = self._busy.pop(future)
            state = future.result()
            self.ended[state] += 1
            if state == "done":
                self._unwell.discard(lane)
            elif state != "dropped":
                self._unwell.add(lane)

    def _full_lanes(self) -> Iterable[Lane]:
        in_lane = Counter(self._busy.values())
        return [
            lane
            for lane, count in in_lane.items()
            if lane != (None, None) and count >= (1 if lane in self._unwell else PER_LANE)
        ]


def _make(app: Flask, held: Lease, clock: Clock) -> str:
    """Make a call that is held and settle it; returns the state that it is in then."""
    with app.app_context():
        begun = time.monotonic()
        outcome = _outcome(held)
        took = round((time.monotonic() - begun) * 1000)
        if outcome.result is not Result.DONE:
            _log.warning(
                "Call %d (%s), try %d: %s %s",
                held.call_id,
                held.kind,
                held.attempt,
                outcome.result.value,
                outcome.status or "",
            )
        try:
            return queue.settle(held, outcome, took, clock())
        except (Unavailable, *DATABASE_ERRORS) as error:
            # Nobody knows that it was made: when its lease runs out it is made once more.
            _log.warning("Call %d isn't settled (%s)", held.call_id, type(error).__name__)
            return "sending"


def _outcome(held: Lease) -> Outcome:
    handler = HANDLERS.get(held.kind)
    if handler is None:
        return Outcome.failed(f"This installation knows no calls of the kind “{held.kind}”.")
    try:
        return handler(queue.load(db.session(), held.call_id))
    except NotReached as error:
        return Outcome.again(error.text)
    except Exception as error:  # noqa: BLE001 - see below
        # Whatever is wrong with one call, the others are to be made. The error's own text isn't
        # kept: it may quote what the call says.
        where = "".join(traceback.format_tb(error.__traceback__))
        _log.error("Call %d (%s) can't be made:\n%s", held.call_id, held.kind, where)
        return Outcome.again(f"Something went wrong here ({type(error).__name__}).")
    finally:
        db.session.rollback()
