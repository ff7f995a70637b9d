"""What somebody sees of an overview, and what they would see if it were drawn just now."""

import re
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.security.conftest import FromOutside
from tests.unpacked import body_of
from ticketing import links
from ticketing.extensions import db
from ticketing.models import Order
from ticketing.web.booker.drawn import Pages

Seen = tuple[int, str, list[tuple[str, str]]]


def path_of(order: Order) -> str:
    return f"/o/{links.order_token(order)}"


def from_outside(app: Flask) -> FlaskClient:
    """Somebody who sees what is true now, whatever the test's own session has read."""
    return FromOutside(app, app.response_class, use_cookies=False)


def seen(answer: TestResponse) -> Seen:
    """All of an answer, but for what each has of its own: the second of its form token."""
    unique = {"Content-Length", "X-Request-ID"}
    headers = sorted(each for each in answer.headers if each[0] not in unique)
    return answer.status_code, re.sub(r"\d+\.[0-9a-f]{32}", "", body_of(answer).decode()), headers


def seen_anew(app: Flask, path: str, **asked: Any) -> Seen:
    """The same by somebody for whom nothing was drawn before."""
    kept = app.extensions["passalong.pages"]
    app.extensions["passalong.pages"] = Pages()
    db.session.rollback()
    try:
        return seen(from_outside(app).get(path, **asked))
    finally:
        app.extensions["passalong.pages"] = kept
