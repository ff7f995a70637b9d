"""Orders to look for, and each of the ways in which they are found."""

import pytest
from flask import Flask

from tests import builders
from ticketing.models import Shop
from ticketing.search import pages


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture(params=["as it comes", "by the index", "along the list"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """With few orders one of the ways would always do; so each is taken in turn.

    By the index alone, as if an organiser of millions shared it; or at first along the list.
    """
    if request.param == "by the index":
        monkeypatch.setattr(pages, "WALKS", (0,))
        monkeypatch.setattr(pages, "FEW", 0)
    if request.param == "along the list":
        monkeypatch.setattr(pages, "WALKS", (2, 4))
    return str(request.param)
