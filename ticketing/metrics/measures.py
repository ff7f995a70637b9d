"""What is counted and measured.

Names and units follow https://prometheus.io/docs/practices/naming/. Labels hold words of ours
alone: never what somebody typed, and no address with a token in it.
"""

from functools import partial
from pathlib import Path
from typing import Final

from flask import Flask, current_app
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from ticketing.config import Settings
from ticketing.metrics import sharing

KEY: Final = "passalong.measures"

# Else each series would also say when it began: more to read, and nobody reads it.
disable_created_metrics()  # type: ignore[no-untyped-call]

_REQUEST_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)
_LAG_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)
_PDF_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 20)


class Measures:
    """One app's; in memory, or in files that all processes of an installation share."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        # Requests:
        self.requests = self._count(
            "http_requests", "Requests answered", "method", "route", "status"
        )
        self.request_seconds = self._time(
            "http_request_duration_seconds",
            "Until an answer begins",
            _REQUEST_SECONDS,
            "method",
            "route",
        )
        # What people and programs did to orders and tickets, as their histories tell it:
        self.happened = self._count("history", "Entries in histories", "action", "actor")
        # Open overviews:
        self.streams = self._level("streams_open", "Overviews open with a live stream")
        self.feed_lag = self._time(
            "feed_lag_seconds", "From a change to telling the open overviews", _LAG_SECONDS
        )
        # PDFs:
        self.pdfs = self._count("pdfs", "PDFs asked for", "outcome")  # cached, made, RenderFailed …
        self.pdf_seconds = self._time(
            "pdf_duration_seconds", "Making a PDF, waiting included", _PDF_SECONDS
        )
        self.pdfs_under_way = self._level("pdfs_under_way", "PDFs being made or waiting for it")
        # What is delivered afterwards:
        self.mails = self._count("mails", "Mails tried", "kind", "outcome")
        self.calls = self._count("calls", "Calls to other programs tried", "kind", "outcome")
        self.watcher_seen = Gauge(
            "passalong_watcher_seen_timestamp_seconds",
            "When flask outbox --watch was last at work",
            registry=self.registry,
            multiprocess_mode="max",
        )
        # The database:
        self.busy = self._count("database_busy", "Transactions given up, the database being busy")
        self.started = Gauge(
            "passalong_process_start_time_seconds",
            "When each process started",
            registry=self.registry,
            multiprocess_mode="liveall",
        )
        self.started.set_to_current_time()
        self._answers: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    def answered(self, method: str, route: str, hundreds: int, seconds: float) -> None:
        """Count a request; `hundreds` of its status, seconds until its answer began."""
        key = (method, route, hundreds)
        found = self._answers.get(key)
        if found is None:  # looking them up by their labels takes as long as all the rest
            count = self.requests.labels(method, route, f"{hundreds}xx")
            found = self._answers[key] = (count, self.request_seconds.labels(method, route))
        found[0].inc()
        found[1].observe(seconds)

    def _count(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(f"passalong_{name}_total", help, labels, registry=self.registry)

    def _time(self, name: str, help: str, seconds: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"passalong_{name}", help, labels, buckets=seconds, registry=self.registry)

    def _level(self, name: str, help: str) -> Gauge:
        """A number that goes up and down; of all processes that live, the sum."""
        return Gauge(f"passalong_{name}", help, registry=self.registry, multiprocess_mode="livesum")


def init_app(app: Flask) -> None:
    """Count from now on, for this process alone until it is told to `share`."""
    app.extensions[KEY] = Measures()
    app.extensions["passalong.share"] = partial(share, app)  # for server.py


def current() -> Measures:
    """The running app's."""
    return of_app(current_app)


def of_app(app: Flask) -> Measures:
    found = app.extensions[KEY]
    assert isinstance(found, Measures)  # noqa: S101 - tells the type checker what stands there
    return found


def share(app: Flask, kind: str) -> None:
    """Count from now on in files that all processes read; `kind` is `server` or `watcher`.

    Once a process, before it begins its work. Where the files can't be made, which is logged,
    the numbers stay this process's own.
    """
    settings: Settings = app.extensions["passalong.settings"]
    if sharing.take_place(folder_of(settings), kind):
        app.extensions[KEY] = Measures()


def folder_of(settings: Settings) -> Path:
    return settings.instance_path / "metrics"
