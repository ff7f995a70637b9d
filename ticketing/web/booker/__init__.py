"""What the main booker sees and does, by the order's link."""

from ticketing.web.booker import claim, overview, share
from ticketing.web.booker.parts import blueprint

__all__ = ["blueprint", "claim", "overview", "share"]
