"""The Nu Html Checker, which is what validator.w3.org runs, as a server of our own.

It is fetched by npm once and needs Java. One checker serves all tests of a process.
"""

import fcntl
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import Request, urlopen

from tests.live_server import end_with_parent, free_port

PACKAGE: Final = "vnu-jar@26.9.27"
FETCHES: Final = 3  # somebody else's server
START_SECONDS: Final = 240  # on a busy machine
# What compiling better would gain takes longer than a few hundred pages. Compiled like this, its
# schemas need a deeper stack.
FOR_A_SHORT_LIFE: Final = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss4m")
MISSING: Final = "no HTML checker without Java and npm: apt-get install default-jre-headless npm"
WHOLE: Final = re.compile(r"\s*<!doctype", re.IGNORECASE)
# Around what is swapped into a page.
AROUND: Final = '<!doctype html><html lang="en"><head><title>Part</title></head><body>{}</body>'
# Of a part the checker can't know under which heading it goes.
UNDER_ANOTHER: Final = "This document has heading elements but none of them has"


class NotFetched(Exception):
    """There is Java and npm, but what npm should bring couldn't be had."""


def is_there() -> bool:
    return all(map(shutil.which, ("java", "npm")))


class HtmlChecker:
    def __init__(self, url: str) -> None:
        self._url = url
        self._known: dict[str, list[str]] = {}

    def errors(self, html: str) -> list[str]:
        """What is wrong with a page, or with a part that is swapped into one, and where."""
        if html not in self._known:
            whole = WHOLE.match(html)
            found = self._ask(html if whole else AROUND.format(html))
            self._known[html] = [
                each for each in found if whole or not each.startswith(UNDER_ANOTHER)
            ]
        return self._known[html]

    def _ask(self, html: str) -> list[str]:
        kind = {"Content-Type": "text/html; charset=utf-8"}
        request = Request(self._url, html.encode(), kind)  # noqa: S310 - our own
        with urlopen(request, timeout=60) as answer:  # noqa: S310
            messages: list[dict[str, Any]] = json.load(answer)["messages"]
        return [
            f"{each['message']} {each.get('extract', '')!r}"
            for each in messages
            if each["type"] != "info" or each.get("subType") == "warning"
        ]


@contextmanager
def running(folder: Path) -> Iterator[HtmlChecker]:
    """`folder` keeps what npm brings, for the next run as well."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/?out=json"
    java = ["java", "-Xmx256m", *FOR_A_SHORT_LIFE, "-cp", str(_jar(folder))]
    command = [*java, "nu.validator.servlet.Main", str(port)]
    silent = subprocess.DEVNULL
    with subprocess.Popen(
        command, stdout=silent, stderr=silent, preexec_fn=end_with_parent
    ) as process:
        try:
            checker = HtmlChecker(url)
            _wait_for(checker, process)
            yield checker
        finally:
            process.terminate()


def _jar(folder: Path) -> Path:
    jar = folder / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    with (folder / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # the other test processes want it as well
        if not jar.exists():
            how = ["--silent", "--ignore-scripts", "--prefix", str(folder)]
            npm = ["npm", "install", *how, PACKAGE]
            for _ in range(FETCHES):
                if subprocess.run(npm, timeout=START_SECONDS).returncode == 0:
                    break
            else:
                raise NotFetched(f"npm could not fetch {PACKAGE}")
    return jar


def _wait_for(checker: HtmlChecker, java: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and java.poll() is None:
        try:
            assert checker.errors("<p>") == []
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
        else:
            return
    raise TimeoutError("the HTML checker did not start")
