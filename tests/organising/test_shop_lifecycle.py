"""A shop opens, is archived and taken up again; its address is its own for good."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders
from tests.at_once import at_once, kinds
from tests.seen import changes, digest, rows
from ticketing import links
from ticketing.extensions import db
from ticketing.models import PERSONALISED, Event, Organiser, Shop, now
from ticketing.organising import shop_lifecycle
from ticketing.organising.brand import DEFAULT_COLOUR
from ticketing.organising.shops import InvalidSettings
from ticketing.refusals import ShopArchived
from ticketing.storing.transactions import write


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop(
        colour="#00aa77", languages=["nl", "en"], slug="riverside", name="Riverside"
    )


def create(event: Event | None, name: str = "Members", slug: str = "") -> Shop:
    return shop_lifecycle.create(event, {"name": name, "slug": slug})


def wrong(event: Event | None, name: str = "Members", slug: str = "") -> dict[str, str]:
    before = digest()
    with pytest.raises(InvalidSettings) as invalid:
        create(event, name, slug)
    assert digest() == before
    return invalid.value.errors


def test_a_shop_opens(shop: Shop, client: FlaskClient) -> None:
    before = rows()
    made = create(shop.event, " Members  only ", "Members")
    assert set(changes(before)) == {"shops"}
    assert (made.name, made.slug, made.organiser_id) == (
        "Members only",
        "members",
        shop.organiser_id,
    )
    assert made.archived_at is None
    assert client.get("/shop/members").status_code == 200


def test_it_begins_like_the_latest_of_its_organiser(shop: Shop, app: Flask) -> None:
    builders.make_shop(colour="#123456", organiser_name="Somebody else")
    made = create(shop.event)
    assert (made.colour, made.languages, made.consumer_desk) == (
        "#00aa77",
        ["nl", "en"],
        "+31201234567",
    )
    assert (made.embed_origins, made.delivery_note, made.download_enabled) == ([], "", True)


def test_the_first_has_our_colour_and_language(app: Flask) -> None:
    with write() as session:
        organiser = Organiser(name="New")
        event = Event(
            organiser=organiser,
            name="First",
            place="Here",
            starts_at=now(),
            timezone="UTC",
            country="NL",
        )
        session.add(event)
    made = create(event)
    assert (made.colour, made.languages, made.consumer_desk) == (DEFAULT_COLOUR, ["en"], None)


def test_an_address_is_made_of_the_name(shop: Shop) -> None:
    assert create(shop.event, "Żółć & Friends").slug == "zolc-friends"
    assert create(shop.event, "Riverside").slug == "riverside-2"  # there is one
    assert create(shop.event, "Riverside!").slug == "riverside-3"


def test_what_is_wrong_is_said_of_its_field(shop: Shop) -> None:
    event = shop.event
    assert list(wrong(None)) == ["event"]
    assert list(wrong(event, name="")) == ["name"]
    assert list(wrong(event, name="x" * 201)) == ["name"]
    assert list(wrong(event, name="a\u202eb")) == ["name"]
    assert list(wrong(event, name="!?")) == ["slug"]  # nothing to make an address of
    for slug in ("no/slash", "two words", "żółć", "-a", "a--b", "a" * 81, "../x", "a?b", "a.b"):
        assert list(wrong(event, slug=slug)) == ["slug"], slug
    assert "“riverside” is taken" in wrong(event, slug="Riverside")["slug"]
    assert set(wrong(None, name="", slug="a b")) == {"event", "name", "slug"}


def test_an_address_is_taken_whosever_it_is(shop: Shop) -> None:
    other = builders.make_shop(organiser_name="Somebody else")
    assert list(wrong(other.event, slug="riverside")) == ["slug"]
    shop_lifecycle.archive(shop)
    assert list(wrong(other.event, slug="riverside")) == ["slug"]


def test_the_same_address_in_one_instant(app: Flask, shop: Shop) -> None:
    event_id = shop.event_id
    db.session.rollback()

    def open_one() -> Any:
        return create(db.session.get_one(Event, event_id), slug="late").slug

    results = at_once(app, open_one, open_one, open_one)
    assert kinds(results) == ["", "InvalidSettings", "InvalidSettings"]
    assert "is taken" in next(each for each in results if not isinstance(each, str)).errors["slug"]


def test_an_archived_shop_takes_no_orders_and_those_it_has_go_on(
    shop: Shop, client: FlaskClient
) -> None:
    order = builders.make_order(shop, tickets=1)
    archived = shop_lifecycle.archive(shop)
    when, revision = archived.archived_at, archived.revision
    assert when is not None
    again = shop_lifecycle.archive(shop)  # twice is once
    assert (again.archived_at, again.revision) == (when, revision)
    page = client.get("/shop/riverside")
    assert page.status_code == 410
    assert client.post("/shop/riverside").status_code == 410
    with pytest.raises(ShopArchived):
        builders.make_order(shop)
    assert client.get(f"/o/{links.order_token(order)}").status_code == 200
    assert builders.claim(order.tickets[0]).state == PERSONALISED
    assert shop_lifecycle.unarchive(shop).archived_at is None
    assert client.get("/shop/riverside").status_code == 200
    assert len(builders.make_order(shop, tickets=1).tickets) == 1
