"""A process that has just started, and what it says to the database."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from tests.overview.looking import from_outside
from ticketing.extensions import db
from ticketing.web.booker.drawn import Pages


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return from_outside(app)


@pytest.fixture(autouse=True)
def pages(app: Flask) -> Pages:
    """Nothing was drawn yet."""
    app.extensions["passalong.pages"] = found = Pages()
    return found


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """What sessions say from now on; drawing a page takes some, showing it again none."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    db.session.rollback()
    event.listen(db.engine, "before_cursor_execute", note)
    yield said
    event.remove(db.engine, "before_cursor_execute", note)
