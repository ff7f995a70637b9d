"""A ticket of an organiser who signs for both wallets."""

import pytest
from flask import Flask

from tests import builders
from tests.security.conftest import client
from tests.wallet import authority
from ticketing.models import AppleWallet, GoogleWallet, Shop, Ticket

__all__ = ["client"]  # a fixture from its own room


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop(colour="#83245f")


@pytest.fixture
def apple(shop: Shop) -> AppleWallet:
    return authority.sign_for_apple(shop.organiser_id)


@pytest.fixture
def google(shop: Shop) -> GoogleWallet:
    return authority.sign_for_google(shop.organiser_id)


@pytest.fixture
def ticket(shop: Shop) -> Ticket:
    """Anna's, of an order of two."""
    return builders.claim(builders.make_order(shop, tickets=2).tickets[0])
