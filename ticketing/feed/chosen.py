"""Which source a process has: the one for its database."""

from pathlib import Path

from flask import Flask
from sqlalchemy import make_url

from ticketing.extensions import db
from ticketing.feed.sources import Source


def source_for(app: Flask) -> Source:
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    if url.get_backend_name() == "sqlite":
        from ticketing.feed.sqlite import SqliteSource

        return SqliteSource(Path(str(url.database)))
    from ticketing.feed.postgres import PostgresSource  # psycopg: only where it is needed

    with app.app_context():
        return PostgresSource(db.engine)
