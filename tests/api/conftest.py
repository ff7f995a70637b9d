"""A shop with a key of its organiser, and whether answers keep what the document promises."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.api.caller import Caller, make_key
from ticketing.models import Shop


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def caller(client: FlaskClient, shop: Shop) -> Caller:
    return Caller(client, make_key(shop.organiser))


@pytest.fixture
def stranger(client: FlaskClient) -> Caller:
    """Another organiser's program."""
    return Caller(client, make_key(builders.make_shop(organiser_name="Elsewhere").organiser))
