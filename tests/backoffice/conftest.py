"""Two organisers on one installation, and somebody of each in front of a browser."""

import pytest
from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser
from ticketing.models import Order, Shop

PASSWORD = "correct horse battery"


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    """Five tickets, none personalised."""
    return builders.make_order(shop, tickets=5)


@pytest.fixture
def olga(app: Flask, shop: Shop) -> Browser:
    """Works for the shop's organiser, and is signed in."""
    builders.make_user(shop.organiser, email="olga@example.org", password=PASSWORD)
    browser = Browser(app)
    assert browser.sign_in("olga@example.org", PASSWORD).status_code == 302
    return browser


@pytest.fixture
def rival(app: Flask) -> Browser:
    """Works for another organiser, and is signed in."""
    other = builders.make_shop(organiser_name="Rival Nights")
    builders.make_user(other.organiser, email="rita@example.org", password=PASSWORD)
    browser = Browser(app)
    assert browser.sign_in("rita@example.org", PASSWORD).status_code == 302
    return browser


@pytest.fixture
def stranger(app: Flask) -> Browser:
    """Not signed in."""
    return Browser(app)
