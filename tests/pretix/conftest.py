"""A shop that is connected to a pretix, which answers what a real one answered."""

import dataclasses
from collections.abc import Iterator

import pytest
from flask import Flask

from tests import builders
from tests.pretix.replay import TOKEN, Replay, replaying
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import PretixConnection, Shop
from ticketing.pretix import connections

ADULT, CHILD, FRIDAY, SHIRT = "1:1", "1:2", "2", "3"  # as `seed.py` makes them


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return dataclasses.replace(settings, allow_private_targets=True)


@pytest.fixture
def pretix() -> Iterator[Replay]:
    with replaying() as found:
        yield found


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop(languages=["en", "de"])


def given(pretix: Replay, **typed: str) -> dict[str, str]:
    """What somebody types who connects a shop."""
    return {
        "base_url": pretix.url,
        "organizer": "festival",
        "event": "summer",
        "token": TOKEN,
        **typed,
    }


@pytest.fixture
def unmapped(shop: Shop, pretix: Replay) -> PretixConnection:
    return connections.save(shop, given(pretix), revision=0)


@pytest.fixture
def connection(unmapped: PretixConnection, pretix: Replay) -> PretixConnection:
    """Both weekends are one type here, the shirt is none."""
    chosen = {ADULT: "weekend", CHILD: "weekend", FRIDAY: "friday", SHIRT: ""}
    connections.map_items(unmapped, chosen, revision=unmapped.revision)
    pretix.asked.clear()
    return unmapped


def now_of(connection: PretixConnection) -> PretixConnection:
    """As it is stored."""
    db.session.rollback()
    return db.session.get_one(PretixConnection, connection.id, populate_existing=True)
