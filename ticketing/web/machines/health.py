"""Whether the installation is well and ready, for whoever watches it or sends people to it."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ticketing.running import health

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 when the database answers and its migrations are up to date, else 503."""
    return _answer(health.health())


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """200 when people may be sent here; 503 also while the server is about to stop."""
    return _answer(health.readiness())


def _answer(said: health.Said) -> ResponseReturnValue:
    return said, 200 if health.well(said) else 503
