"""An organiser's team in front of a browser."""

from tests.backoffice.conftest import olga, order, rival, shop

__all__ = ["olga", "order", "rival", "shop"]  # fixtures from their own room
