"""All numbers as text, in the format that who asks prefers.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import platform
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from flask import Flask
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import InfoMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from ticketing.config import PROJECT
from ticketing.extensions import db
from ticketing.metrics import sharing, waiting
from ticketing.metrics.measures import folder_of, of_app
from ticketing.running.apart import apart


def exposition(app: Flask, accept: str) -> tuple[bytes, str]:
    """The text and its content type, for an `Accept` header. Needs an application context."""
    registry = CollectorRegistry()
    registry.register(_Found([*waiting.families(), _info()]))
    if not sharing.is_shared():
        registry.register(of_app(app).registry)
        return _written(registry, None, accept)
    # Reading the files of all processes takes a while that others needn't wait for.
    return apart(_written, registry, folder_of(app.extensions["passalong.settings"]), accept)


def _written(registry: CollectorRegistry, folder: Path | None, accept: str) -> tuple[bytes, str]:
    if folder is not None:
        sharing.forget_dead(folder)
        MultiProcessCollector(registry, str(folder))  # type: ignore[no-untyped-call]
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Found(Collector):
    """What was found out beforehand."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def _info() -> Metric:
    about = {
        "version": version(),
        "python": platform.python_version(),
        "database": db.engine.dialect.name,
    }
    return InfoMetricFamily("passalong", "What is running", value=about)


@cache
def version() -> str:
    """Of this software."""
    about = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    return str(about["project"]["version"])
