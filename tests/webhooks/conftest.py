"""An installation that may call this machine, and a receiver that listens there."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from tests import builders
from tests.webhooks import receiver as receivers
from tests.webhooks.receiver import Receiver
from ticketing.config import Settings
from ticketing.models import Shop, WebhookEndpoint
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, allow_private_targets=True)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receivers.receiver() as found:
        yield found


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def endpoint(shop: Shop, receiver: Receiver) -> WebhookEndpoint:
    """Hears everything that happens to the shop's organiser."""
    return endpoints.create(shop.organiser_id, receiver.url, EVENTS)
