"""What it costs to be watched: a request's hooks, a line of the access log, a scrape.

uv run python -m benchmarks.watching
"""

import datetime as dt
import io
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from gunicorn import glogging
from gunicorn.config import Config
from werkzeug.test import EnvironBuilder

from ticketing import create_app, metrics, server
from ticketing.config import Settings
from ticketing.metrics.exposition import exposition
from ticketing.web.around import observed

ROUNDS = 7


def microseconds(job: Callable[[], object], times: int = 2_000) -> float:
    """Of processor time for one, at best."""
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(times):
            job()
        best = min(best, time.process_time() - started)
    return best / times * 1e6


def nothing(token: str) -> str:
    return "" if token else "none"


def empty_app(*, seen: bool) -> Flask:
    """A view that does nothing, alone or with what is seen of every request."""
    app = Flask("empty")
    metrics.init_app(app)
    if seen:
        observed.init_app(app)
    app.add_url_rule("/o/<token>", view_func=nothing)
    return app


def request_to(app: Flask) -> Callable[[], object]:
    environ = EnvironBuilder("/o/" + "x" * 36).get_environ()

    def ask() -> None:
        for _part in app.wsgi_app(dict(environ), lambda *_: lambda _: None):
            pass

    return ask


def requests() -> None:
    plain, seen = (microseconds(request_to(empty_app(seen=seen))) for seen in (False, True))
    print(f"an empty view: {plain:.1f} µs; seen: {seen:.1f} µs; so it costs {seen - plain:.1f} µs")


def log_lines() -> None:
    environ = EnvironBuilder("/o/" + "x" * 36, environ_base={"REMOTE_ADDR": "::1"}).get_environ()
    environ |= {"RAW_URI": environ["PATH_INFO"]}
    environ["passalong.traced"] = SimpleNamespace(id="x", method="GET", route="/o/<token>")
    answer = SimpleNamespace(status="200 OK", sent=5_000, headers=[("Content-Length", "5000")])
    asked = SimpleNamespace(headers=[("USER-AGENT", "x" * 80), ("ACCEPT", "text/html")])
    took = dt.timedelta(milliseconds=4)
    found = {}
    for name, kind in (("gunicorn's", glogging.Logger), ("ours", server.Logger)):
        config = Config()
        config.set("accesslog", "-")
        logger: Any = kind(config)
        logger.access_log.handlers[0].stream = io.StringIO()
        found[name] = microseconds(partial(logger.access, answer, asked, environ, took))
        logger.access_log.handlers.clear()
    print("a line of the access log: " + ", ".join(f"{n} {us:.1f} µs" for n, us in found.items()))


def scrapes(app: Flask) -> None:
    """All routes there are, asked for by two methods with two kinds of answers."""
    measures = metrics.of_app(app)
    for rule in app.url_map.iter_rules():
        for method in ("GET", "POST"):
            for hundreds in (2, 4):
                measures.answered(method, rule.rule, hundreds, 0.01)
    with app.app_context():
        text, _type = exposition(app, "")
        took = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            exposition(app, "")
            took.append(time.perf_counter() - started)
    print(
        f"a scrape of {text.count(b'passalong_')} lines: "
        f"{statistics.median(took) * 1000:.0f} ms, {len(text) // 1024} KiB"
    )


def main() -> None:
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings=Settings(instance_path=Path(folder)))
        with app.app_context():
            upgrade()
        logging.disable(logging.NOTSET)
        metrics.share(app, "server")  # in files, as on a real server
        requests()
        log_lines()
        scrapes(app)


if __name__ == "__main__":
    main()
