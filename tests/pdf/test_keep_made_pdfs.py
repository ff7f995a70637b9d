"""A PDF that was made is kept and served again, by all processes, and never beyond the limit."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ticketing.pdf import PdfCache, RenderFailed

ROOT = Path(__file__).resolve().parents[2]


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_a_pdf_is_made_once(tmp_path: Path) -> None:
    cache = PdfCache(tmp_path / "pdf")
    calls: list[int] = []

    def make() -> bytes:
        calls.append(1)
        return b"%PDF"

    first = cache.get_or_make("ticket 7, version 3", make)
    assert cache.get_or_make("ticket 7, version 3", make) == first
    assert first.read_bytes() == b"%PDF"
    assert cache.get_or_make("ticket 7, version 4", make) != first
    assert len(calls) == 2


def test_its_name_tells_nothing_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    path = PdfCache(tmp_path / "pdf").get_or_make("Zoë Łukasiewicz/../x", lambda: b"%PDF")
    assert path.parent == tmp_path / "pdf"
    assert path.stem.isalnum()
    assert len(path.stem) == 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_many_who_ask_at_once_wait_for_the_one_who_makes_it(tmp_path: Path) -> None:
    cache = PdfCache(tmp_path)
    calls: list[int] = []

    def make() -> bytes:
        calls.append(1)
        time.sleep(0.1)
        return b"%PDF"

    threads = [threading.Thread(target=cache.get_or_make, args=("one", make)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert cache._making == {}


def test_a_failure_keeps_nothing_and_the_next_try_works(tmp_path: Path) -> None:
    cache = PdfCache(tmp_path)

    def fail() -> bytes:
        raise RenderFailed("no")

    with pytest.raises(RenderFailed):
        cache.get_or_make("one", fail)
    assert list(tmp_path.iterdir()) == []
    assert cache.get_or_make("one", lambda: b"%PDF").read_bytes() == b"%PDF"


def test_the_folder_stays_within_its_limit_and_keeps_what_is_used(tmp_path: Path) -> None:
    cache = PdfCache(tmp_path, limit_bytes=100_000)
    used = cache.get_or_make("used", lambda: b"u" * 1000)
    for number in range(300):
        cache.get_or_make(str(number), lambda: b"x" * 1000)
        cache.get_or_make("used", lambda: b"made again")
        assert size_of(tmp_path) <= 100_000
    assert used.read_bytes() == b"u" * 1000
    assert len(list(tmp_path.iterdir())) > 80


def test_a_file_larger_than_the_limit_is_still_delivered(tmp_path: Path) -> None:
    cache = PdfCache(tmp_path, limit_bytes=1000)
    assert cache.get_or_make("big", lambda: b"x" * 5000).stat().st_size == 5000


def test_what_a_crashed_process_left_half_made_is_swept(tmp_path: Path) -> None:
    cache = PdfCache(tmp_path, limit_bytes=1000)
    old, fresh = tmp_path / ".making-old", tmp_path / ".making-fresh"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    cache.get_or_make("one", lambda: b"x" * 100)
    assert not old.exists()
    assert fresh.exists()


def test_many_processes_share_it(tmp_path: Path) -> None:
    script = """
import random, sys
from pathlib import Path
from ticketing.pdf import PdfCache
cache = PdfCache(Path(sys.argv[1]), limit_bytes=60_000)
chance = random.Random(sys.argv[2])
for _ in range(600):
    number = chance.randrange(100)
    wanted = bytes([number]) * 1500
    path = cache.get_or_make(f"ticket {number}", lambda: wanted)
    try:
        assert path.read_bytes() == wanted
    except FileNotFoundError:
        pass  # another process trimmed it just now
print("ok")
"""
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for number in range(3)
    ]
    assert [run.communicate(timeout=60)[0].strip() for run in runs] == ["ok"] * 3
    assert size_of(tmp_path) <= 60_000
    assert not list(tmp_path.glob(".making-*"))


def test_a_process_that_is_killed_leaves_no_half_ticket(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from ticketing.pdf import PdfCache
cache = PdfCache(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(10**9):
    cache.get_or_make(f"ticket {sys.argv[2]} {number}", lambda: b"%PDF" + b"x" * 300_000)
"""
    for number in range(6):
        maker = subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path), str(number)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert maker.stdout is not None
        with maker.stdout:
            maker.stdout.readline()
            while not list(tmp_path.glob("*.pdf")):
                time.sleep(0.001)
            time.sleep(number * 0.007)
            maker.kill()
            maker.wait()
        for path in tmp_path.glob("*.pdf"):
            assert path.stat().st_size == 300_004
            path.unlink()
    assert PdfCache(tmp_path).get_or_make("one", lambda: b"%PDF").read_bytes() == b"%PDF"


def test_what_nobody_asked_for_in_a_week_goes(tmp_path: Path) -> None:
    """It holds a name that may have been erased since, on another machine."""
    cache = PdfCache(tmp_path)
    old, young = (cache.get_or_make(key, lambda: b"%PDF") for key in ("old", "young"))
    eight_days_ago = time.time() - 8 * 86400
    os.utime(old, (eight_days_ago, eight_days_ago))
    cache.drop_unused()
    assert [old.exists(), young.exists()] == [False, True]
    cache.clear()
    assert not young.exists()
    PdfCache(tmp_path / "never made").clear()
