"""How long things take that are done apart from requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import select

from ticketing.extensions import db
from ticketing.metrics.measures import current, of_app
from ticketing.models import Change, now

Make = Callable[[], bytes]


@contextmanager
def pdf_asked_for() -> Iterator[Callable[[Make], Make]]:
    """Count a PDF that somebody wants; what comes of it measures the making, if it is made."""
    measures = current()
    outcome = "cached"

    def measured(make: Make) -> Make:
        def made() -> bytes:
            nonlocal outcome
            with measures.pdfs_under_way.track_inprogress(), measures.pdf_seconds.time():
                pdf = make()
            outcome = "made"
            return pdf

        return made

    try:
        yield measured
    except BaseException as error:
        outcome = type(error).__name__
        raise
    finally:
        measures.pdfs.labels(outcome).inc()


def told(app: Flask, change_id: int) -> None:
    """Measure how long ago the change was written that the open overviews hear of now."""
    with app.app_context(), db.engine.connect() as connection:
        at = connection.scalar(select(Change.at).where(Change.id == change_id))
    if at is not None:  # it may be pruned by now
        of_app(app).feed_lag.observe((now() - at).total_seconds())
