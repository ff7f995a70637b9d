"""Tickets are made in worker processes: several at once, and none can take the server with it."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ticketing.pdf import (
    Document,
    PoolBusy,
    Renderer,
    RenderFailed,
    RenderTimeout,
    pool,
    render,
)

from . import sheets
from .processes import ENDLESS, is_running, processes_of, until
from .sheets import SHEET, document, ticket

ROOT = Path(__file__).resolve().parents[2]


def test_a_worker_makes_what_this_process_would(renderer: Renderer) -> None:
    wanted = ticket(holder="山田 محمد 👩‍🚒")
    assert renderer.render(wanted) == render(wanted)


def test_no_worker_runs_until_the_first_ticket(renderer: Renderer) -> None:
    assert processes_of(renderer) == []
    renderer.render(ticket())
    assert len(processes_of(renderer)) == 1
    renderer.render(ticket())
    assert len(processes_of(renderer)) == 1


def test_who_may_soon_want_a_ticket_has_a_worker_started(renderer: Renderer) -> None:
    renderer.warm()
    renderer.warm()
    until(lambda: len(renderer._idle) == 1)
    (pid,) = processes_of(renderer)
    renderer.render(ticket())
    assert processes_of(renderer) == [pid]


def test_nobody_waits_for_a_start_while_a_worker_is_free_sooner(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    renderer.render(ticket())
    slow = tmp_path / "slow.py"
    slow.write_text("import sys; sys.stdin.read()")  # never says that it is ready
    monkeypatch.setattr(pool, "WORKER", slow)
    long = document(*[dataclasses.replace(SHEET, holder=f"Name {n}") for n in range(100)])
    busy = threading.Thread(target=renderer.render, args=(long,))
    busy.start()
    until(lambda: not renderer._idle)
    assert renderer.render(ticket()) == render(ticket())
    busy.join()
    assert len(renderer._idle) == 1, "and the other one is still starting"


def test_where_none_can_be_started_it_is_said_so(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("raise SystemExit(1)")
    monkeypatch.setattr(pool, "WORKER", broken)
    with pytest.raises(RenderFailed, match="could be started"):
        renderer.render(ticket())
    monkeypatch.undo()
    assert renderer.render(ticket()) == render(ticket())


def test_a_worn_worker_goes_on_until_the_next_one_is_ready(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pool, "JOBS", 2)
    renderer = Renderer(workers=1)
    try:
        renderer.render(ticket())
        (first,) = processes_of(renderer)
        renderer.render(ticket())
        assert first in processes_of(renderer)
        until(lambda: not is_running(first) and len(renderer._idle) == 1)
        assert renderer.render(ticket()) == render(ticket())
    finally:
        renderer.close()


def test_many_at_once_get_each_their_own(renderer: Renderer) -> None:
    made: dict[int, bytes] = {}

    def order(number: int) -> None:
        made[number] = renderer.render(ticket(holder=f"Holder {number}"))

    threads = [threading.Thread(target=order, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(processes_of(renderer)) == 2
    for number, pdf in made.items():
        assert f"Holder {number}" in sheets.text(pdf)
    assert len(made) == 20


def test_a_worker_that_takes_too_long_is_ended_and_replaced() -> None:
    renderer = Renderer(workers=1, timeout=1.0)
    try:
        renderer.render(ticket())
        (first,) = processes_of(renderer)
        started = time.monotonic()
        with pytest.raises(RenderTimeout):
            renderer.render(ENDLESS)
        assert time.monotonic() - started < 3
        assert not is_running(first)
        assert renderer.render(ticket()) == render(ticket())
        assert processes_of(renderer) != [first]
    finally:
        renderer.close()


def test_a_failure_names_no_holder(renderer: Renderer) -> None:
    broken = Document("x", "en", (dataclasses.replace(SHEET, labels={}),))
    with pytest.raises(RenderFailed) as failed:
        renderer.render(broken)
    assert "Łukasiewicz" not in str(failed.value)
    assert "KeyError" in str(failed.value)
    assert renderer.render(ticket()) == render(ticket())


def test_who_comes_when_the_queue_is_full_hears_so_at_once() -> None:
    renderer = Renderer(workers=1, queue=1, timeout=4)
    refused: list[type] = []

    def order() -> None:
        try:
            renderer.render(ENDLESS)
        except RenderFailed as error:
            refused.append(type(error))

    try:
        renderer.render(ticket())
        waiting = [threading.Thread(target=order) for _ in range(2)]
        for thread in waiting:
            thread.start()
            time.sleep(0.2)
        started = time.monotonic()
        with pytest.raises(PoolBusy):
            renderer.render(ticket())
        assert time.monotonic() - started < 2
        for thread in waiting:
            thread.join()
        assert refused == [RenderTimeout, RenderTimeout]
    finally:
        renderer.close()


def test_closing_ends_the_workers_and_those_who_wait() -> None:
    renderer = Renderer(workers=1, timeout=20)
    renderer.render(ticket())
    (pid,) = processes_of(renderer)
    failed: list[str] = []

    def order() -> None:
        try:
            renderer.render(ENDLESS)
        except RenderFailed as error:
            failed.append(str(error))

    threads = [threading.Thread(target=order) for _ in range(2)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    renderer.close()
    for thread in threads:
        thread.join(5)
    assert len(failed) == 2
    assert not is_running(pid)
    with pytest.raises(RenderFailed):
        renderer.render(ticket())


def test_a_worker_knows_no_secret_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSALONG_SECRET_KEY", "do-not-tell")
    renderer = Renderer(workers=1)
    try:
        renderer.render(ticket())
        (pid,) = processes_of(renderer)
        environment = Path(f"/proc/{pid}/environ")
        if not environment.exists():
            pytest.skip("this system does not show a process's environment")
        assert b"do-not-tell" not in environment.read_bytes()
    finally:
        renderer.close()


UNDER_GEVENT = """
from gevent import monkey
monkey.patch_all()
import time
import gevent
from ticketing.pdf import Renderer, RenderTimeout
from tests.pdf.sheets import document, SHEET, ticket
import dataclasses
import json

renderer = Renderer(workers=2, timeout=20)
renderer.render(ticket())
gaps, last = [], time.perf_counter()

def tick():
    global last
    while True:
        gevent.sleep(0.005)
        now = time.perf_counter()
        gaps.append(now - last)
        last = now

many = document(*[dataclasses.replace(SHEET, holder=f"Name {n}") for n in range(150)])
ticker = gevent.spawn(tick)
gevent.sleep(0.05)
gaps.clear()
started = time.perf_counter()
jobs = [gevent.spawn(renderer.render, many) for _ in range(4)]
gevent.joinall(jobs, raise_error=True)
took = time.perf_counter() - started
ticks, longest = len(gaps), max(gaps)
short = Renderer(workers=1, timeout=0.5)
try:
    short.render(document(*[SHEET] * 4000))
    outcome = "made"
except RenderTimeout:
    outcome = "timeout"
victim = gevent.spawn(renderer.render, many)
gevent.sleep(0.1)
victim.kill()
after = renderer.render(ticket())
same = all(job.value == jobs[0].value for job in jobs)
ticker.kill()
renderer.close()
short.close()
print(json.dumps(dict(took=took, ticks=ticks, longest=longest, outcome=outcome, same=same,
                      after=after.startswith(b"%PDF"))))
"""


def test_under_gevent_the_loop_goes_on_while_tickets_are_made() -> None:
    run = subprocess.run(
        [sys.executable, "-c", UNDER_GEVENT],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    seen = json.loads(run.stdout.splitlines()[-1])
    assert seen["took"] > 0.3
    assert seen["ticks"] > seen["took"] / 0.05
    assert seen["longest"] < seen["took"] / 2
    assert seen["outcome"] == "timeout"
    assert seen["same"]
    assert seen["after"]
