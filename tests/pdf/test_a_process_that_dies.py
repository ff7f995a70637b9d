"""A process that draws tickets may die or eat memory: that costs the ticket it was at, no other."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ticketing.pdf import Renderer, RenderFailed, RenderTimeout, render

from . import sheets
from .processes import ENDLESS, is_running, processes_of, until
from .sheets import SHEET, document, ticket

ROOT = Path(__file__).resolve().parents[2]


def test_those_who_are_served_or_wait_meanwhile_get_their_tickets(renderer: Renderer) -> None:
    renderer.render(ticket())
    (first,) = processes_of(renderer)
    failed: list[RenderFailed] = []
    made: dict[str, bytes] = {}

    def doomed() -> None:
        try:
            renderer.render(ENDLESS)
        except RenderFailed as error:
            failed.append(error)

    def ask(name: str, pages: int) -> None:
        sheet = dataclasses.replace(SHEET, holder=name)
        made[name] = renderer.render(document(*[sheet] * pages))

    threads = [threading.Thread(target=doomed)]
    threads[0].start()
    until(lambda: not renderer._idle)
    for number in range(8):
        threads.append(threading.Thread(target=ask, args=(f"Holder {number}", 40)))
        threads[-1].start()
    # The other process is at one of them, and the rest wait in line.
    until(lambda: len(processes_of(renderer)) == 2 and not renderer._starting)
    os.kill(first, signal.SIGKILL)
    for thread in threads:
        thread.join()
    assert [type(error) for error in failed] == [RenderFailed]
    assert len(made) == 8
    for name, pdf in made.items():
        assert name in sheets.text(pdf)


def test_a_worker_that_dies_at_work_fails_that_ticket_alone(renderer: Renderer) -> None:
    renderer.render(ticket())
    (pid,) = processes_of(renderer)
    threading.Timer(0.3, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(RenderFailed) as failed:
        renderer.render(ENDLESS)
    assert not isinstance(failed.value, RenderTimeout)
    assert renderer.render(ticket()) == render(ticket())


def test_a_worker_that_died_while_idle_is_not_asked(renderer: Renderer) -> None:
    renderer.render(ticket())
    (pid,) = processes_of(renderer)
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    assert renderer.render(ticket()) == render(ticket())


def test_a_worker_that_eats_memory_is_stopped_by_its_limit() -> None:
    renderer = Renderer(workers=1, timeout=20, memory_mb=200)
    try:
        with pytest.raises(RenderFailed):
            renderer.render(ENDLESS)
        assert renderer.render(ticket()) == render(ticket())
    finally:
        renderer.close()


def test_a_process_stays_as_large_as_it_is_however_many_tickets_it_made(
    renderer: Renderer,
) -> None:
    def make(numbers: range) -> int:
        for number in numbers:
            renderer.render(ticket(holder=f"Name {number} 山田", barcode=f"{number:08}" * 8))
        (pid,) = processes_of(renderer)
        return resident(pid)

    before = make(range(50))
    assert make(range(50, 400)) - before < 8_000


def resident(pid: int) -> int:
    """Kilobytes of memory."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        pytest.skip("this system does not show a process's memory")
    (line,) = (each for each in status.read_text().splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1])


def test_workers_end_with_their_server_even_when_it_is_killed() -> None:
    script = """
import time
from ticketing.pdf import Renderer
from tests.pdf.sheets import ticket
renderer = Renderer(workers=1)
renderer.render(ticket())
print([worker.process.pid for worker in renderer._all][0], flush=True)
time.sleep(60)
"""
    server = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert server.stdout is not None
    with server.stdout:
        pid = int(server.stdout.readline())
    assert is_running(pid)
    server.kill()
    server.wait()
    until = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not is_running(pid)
