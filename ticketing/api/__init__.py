"""The JSON API: for shops that sell our tickets, and for other programs."""

from flask import Flask

from ticketing.api import answers, doors, listing, orders, tickets
from ticketing.api.blueprint import blueprint
from ticketing.api.document import openapi
from ticketing.extensions import csrf

__all__ = ["answers", "doors", "init_app", "listing", "openapi", "orders", "tickets"]


def init_app(app: Flask) -> None:
    # A program shows its key with every request; there is no cookie that a page could abuse.
    csrf.exempt(blueprint)
    app.register_blueprint(blueprint)
