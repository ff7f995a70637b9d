"""The watcher ends jobs whose time is up, and only those."""

from __future__ import annotations

import threading
import time

from ticketing.pdf.watch import Watch


def test_each_is_ended_at_its_own_time() -> None:
    watch, ended = Watch(), dict[str, float]()
    started = time.monotonic()
    both = threading.Barrier(3)

    def expire(name: str) -> None:
        ended[name] = time.monotonic() - started
        threading.Thread(target=both.wait, daemon=True).start()

    watch.begin("late", 0.6, lambda: expire("late"))
    watch.begin("early", 0.2, lambda: expire("early"))  # sooner than the watcher meant to look
    both.wait(10)
    assert list(ended) == ["early", "late"]
    assert ended["early"] >= 0.2
    assert ended["late"] >= 0.6
    assert not watch.end("late")


def test_who_is_in_time_is_left_alone() -> None:
    watch, ended = Watch(), list[str]()
    for number in range(50):
        watch.begin(number, 0.3, lambda: ended.append("one"))
        assert watch.end(number)
    watch.begin("last", 0.3, lambda: ended.append("last"))
    time.sleep(0.6)
    assert ended == ["last"]


def test_it_watches_again_after_a_rest() -> None:
    watch, ended = Watch(), list[int]()
    for number in range(3):
        watch.begin("job", 0.05, lambda number=number: ended.append(number))  # type: ignore[misc]
        time.sleep(0.3)
    assert ended == [0, 1, 2]
