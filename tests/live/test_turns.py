"""Within a process who came first goes first, and nobody's place gets lost."""

import subprocess
import sys
import threading
import time

from ticketing.config import PROJECT
from ticketing.running.turns import Queue, taking_turns


def entering(queue: Queue, name: int, entered: list[int]) -> threading.Thread:
    """Somebody who waits for a place, and gives it back at once."""

    def enter() -> None:
        if queue.enter(30):
            entered.append(name)
            queue.leave()

    thread = threading.Thread(target=enter)
    thread.start()
    while thread.is_alive() and len(queue._waiting) <= name:
        time.sleep(0.001)
    return thread


def test_who_came_first_goes_first() -> None:
    queue, entered = Queue(1), list[int]()
    assert queue.enter(1)
    threads = [entering(queue, name, entered) for name in range(10)]
    queue.leave()
    for thread in threads:
        thread.join(30)
    assert entered == list(range(10))
    assert queue.enter(0)


def test_who_leaves_and_comes_again_waits_behind_the_others() -> None:
    queue, entered = Queue(1), list[int]()
    assert queue.enter(1)
    thread = entering(queue, 0, entered)
    queue.leave()
    assert queue.enter(30)
    assert entered == [0]
    thread.join(30)


def test_so_many_at_a_time() -> None:
    queue = Queue(3)
    assert [queue.enter(0) for _ in range(4)] == [True, True, True, False]
    queue.leave()
    assert queue.enter(0)
    assert not queue.enter(0.01)


def test_who_gave_up_is_not_waited_for() -> None:
    queue = Queue(1)
    assert queue.enter(1)
    assert not queue.enter(0.01)
    queue.leave()
    assert queue.enter(0)


UNDER_GEVENT = """
from gevent import monkey
monkey.patch_all()
import gevent
from ticketing.running.turns import Queue, taking_turns

queue, seen = Queue(1), []

def enter(name):
    if queue.enter(10):
        seen.append(name)
        queue.leave()

assert queue.enter(1)
waiting = [gevent.spawn(enter, name) for name in range(4)]
gevent.sleep(0.01)
waiting[1].kill()               # amid its waiting
waiting[0].kill(block=False)    # who is about to be killed …
queue.leave()                   # … is handed the place
gevent.joinall(waiting)
assert queue.enter(0), "the place got lost"
queue.leave()

def long_work():
    for n in taking_turns(range(100), every=10):
        seen.append("work")

working = gevent.spawn(long_work)
gevent.spawn(seen.append, "another")
working.join()
print(seen.index("another") < 50, [name for name in seen if isinstance(name, int)])
"""


def test_under_gevent_a_killed_greenlet_leaves_its_place_to_the_next() -> None:
    run = subprocess.run(
        [sys.executable, "-c", UNDER_GEVENT],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.split("\n")[0] == "True [2, 3]"


def test_items_of_long_work_are_all_there() -> None:
    assert list(taking_turns(range(7), every=3)) == list(range(7))
