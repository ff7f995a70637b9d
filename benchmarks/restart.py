"""Thousands of open overviews lose their stream at once: how they come back, and who waits.

    uv run python -m benchmarks.restart [--engine postgresql] [--overviews 10000]

The real server (two workers) is renewed by SIGHUP, as for an update, while claims are made.
"""

import argparse
import signal
import threading
import time
from collections import Counter
from typing import Final
from urllib.request import urlopen

from benchmarks.live import claim, installation, make_places
from benchmarks.open_overviews import raise_open_files
from tests.live_server import LiveServer
from tests.watching import Watching
from ticketing.feed.streams import HEARTBEAT_SECONDS

CLAIMS: Final = 50


class Visitors(threading.Thread):
    """Somebody who asks for a page now and again; how long each answer took, in milliseconds."""

    def __init__(self, server: LiveServer) -> None:
        super().__init__(daemon=True)
        self.answers: list[float] = []
        self.ended = threading.Event()
        self._url = f"{server.url}/healthz"

    def run(self) -> None:
        while not self.ended.wait(0.05):
            begin = time.monotonic()
            with urlopen(self._url, timeout=60) as answer:  # noqa: S310 - our own server
                answer.read()
            self.answers.append((time.monotonic() - begin) * 1000)

    def worst(self) -> str:
        found = sorted(self.answers)
        return f"{found[len(found) // 2]:.0f} ms (median), {found[-1]:.0f} ms (worst)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--overviews", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=5, help="overviews of one order")
    options = parser.parse_args()
    raise_open_files()
    with installation(options.engine) as (server, app):
        places = make_places(app, options.overviews, options.each)
        with Watching(server.url, [place.path for place in places]) as watching:
            watching.wait_for(opened=1)
            time.sleep(HEARTBEAT_SECONDS + 1)  # by then each page knows how many there are
            visitors = Visitors(server)
            visitors.start()
            begin = time.monotonic()
            server.process.send_signal(signal.SIGHUP)
            claimed = claim(app, places, CLAIMS, rate=10)
            watching.wait_for(opened=2)
            visitors.ended.set()
            visitors.join()
            orders = {each.order_id for each in claimed}
            concerned = [
                o for o, p in zip(watching.overviews, places, strict=True) if p.order_id in orders
            ]
            until = time.monotonic() + 60
            while (missed := sum(o.version < 2 for o in concerned)) and time.monotonic() < until:
                time.sleep(0.1)
    back = sorted(overview.openings[1] - begin for overview in watching.overviews)
    fullest = max(Counter(int(each) for each in back).values())
    print(
        f"{options.engine}: {len(back)} overviews were back after {back[len(back) // 2]:.1f} s "
        f"(median), {back[-1]:.1f} s (last), at most {fullest} within a second\n"
        f"{missed} of {len(concerned)} missed a claim, {len(watching.cut_short)} were cut short\n"
        f"other requests meanwhile: {visitors.worst()}",
        flush=True,
    )


if __name__ == "__main__":
    main()
