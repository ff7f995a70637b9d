"""What the main booker sees and does, by the order's link."""

from flask import Flask

from ticketing.web.booker import claim, drawn, overview, share, unchanged
from ticketing.web.booker.parts import blueprint

__all__ = ["blueprint", "claim", "init_app", "overview", "share"]


def init_app(app: Flask) -> None:
    drawn.init_app(app)
    unchanged.init_app(app)
