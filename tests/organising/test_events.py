"""An event's details: made, changed, never overwritten; and its picture."""

import datetime as dt
import io
from typing import Any

import pytest
from flask import Flask
from PIL import Image as Pillow

from tests import builders
from tests.at_once import at_once, kinds
from tests.seen import changes, digest, rows
from ticketing.extensions import db
from ticketing.models import Event, Image, Shop
from ticketing.organising import events, images, shops
from ticketing.organising.events import InvalidEvent
from ticketing.organising.images import Picture
from ticketing.refusals import EditedMeanwhile
from ticketing.storing.transactions import write

TYPED = {
    "name": "Zuiderpark Live",
    "place": "Zuiderparktheater",
    "address": "Anna Polakweg 7\r\n2532 AD Den Haag",
    "starts_at": "2027-07-03T19:00",
    "ends_at": "2027-07-03T23:30",
    "timezone": "amsterdam",
    "country": "NL",
    "currency": "EUR",
}


@pytest.fixture
def shop(app: Flask) -> Shop:
    return builders.make_shop()


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


def change(event: Event, **given: str) -> Event:
    """As if the form had been opened just now, and these fields typed."""
    db.session.rollback()
    return events.change(event, {**events.as_typed(event), **given}, revision=event.revision)


def wrong(**given: str) -> dict[str, str]:
    with pytest.raises(InvalidEvent) as invalid:
        events.clean({**TYPED, **given})
    return invalid.value.errors


def utc(*moment: int) -> dt.datetime:
    return dt.datetime(*moment, tzinfo=dt.UTC)  # type: ignore[misc, arg-type]


def picture(colour: str = "red", side: int = 40) -> Picture:
    out = io.BytesIO()
    Pillow.new("RGB", (side, side), colour).save(out, "JPEG")
    return Picture(out.getvalue(), "image/jpeg", side, side)


# ---- Details ----


def test_an_event_is_made_of_what_was_typed(shop: Shop) -> None:
    before = rows()
    made = events.create(shop.organiser, {**TYPED, "name": "  Zuiderpark   Live "})
    assert set(changes(before)) == {"events"}
    assert made.organiser_id == shop.organiser_id
    assert made.name == "Zuiderpark Live"
    assert made.place == "Zuiderparktheater\nAnna Polakweg 7\n2532 AD Den Haag"
    assert made.starts_at == utc(2027, 7, 3, 17)
    assert made.ends_at == utc(2027, 7, 3, 21, 30)
    assert made.timezone == "Europe/Amsterdam"
    assert (made.country, made.currency, made.revision) == ("NL", "EUR", 1)


def test_what_a_form_shows_is_what_was_typed(shop: Shop) -> None:
    made = events.create(shop.organiser, TYPED)
    db.session.rollback()
    expected = {**TYPED, "timezone": "Europe/Amsterdam"}
    expected["address"] = expected["address"].replace("\r\n", "\n")
    assert events.as_typed(made) == expected
    before = events.as_typed(made)
    assert events.as_typed(change(made)) == before


def test_an_end_and_an_address_are_optional(shop: Shop) -> None:
    made = events.create(shop.organiser, {**TYPED, "ends_at": "", "address": " \n "})
    assert made.ends_at is None
    assert made.place == "Zuiderparktheater"
    assert events.as_typed(made)["ends_at"] == ""


def test_what_is_wrong_is_said_of_its_field(app: Flask) -> None:
    cases = {
        "name": ["", " ", "x" * 201, "a\u202eb", "\u200b"],
        "place": ["", "\n", "x" * 201],
        "address": ["x" * 501, "a\0b"],
        "starts_at": ["", "soon", "2027-13-01T10:00", "1999-01-01T10:00"],
        "ends_at": ["later", "2027-07-03T19:00", "2027-07-03T18:59", "2027-07-02T23:00"],
        "timezone": ["", "Mars/Olympus", "Europe"],
        "country": ["", "nl", "XX", "Netherlands"],
        "currency": ["", "eur", "DEM", "XXX"],
    }
    for key, texts in cases.items():
        for typed in texts:
            assert list(wrong(**{key: typed})) == [key], (key, typed)


def test_all_that_is_wrong_is_said_at_once(app: Flask) -> None:
    assert set(wrong(name="", timezone="Mars", ends_at="2027-07-03T10:00", country="")) == {
        "name",
        "timezone",
        "ends_at",
        "country",
    }


def test_a_time_that_clocks_skip_never_comes(app: Flask) -> None:
    # In Amsterdam summer time begins on 28 March 2027 at 2:00, in New York on the 14th.
    for zone, moment in (
        ("Europe/Amsterdam", "2027-03-28T02:30"),
        ("America/New_York", "2027-03-14T02:00"),
    ):
        found = wrong(timezone=zone, starts_at=moment, ends_at="")
        assert "doesn’t exist" in found["starts_at"]
    kept = events.clean({**TYPED, "timezone": "UTC", "starts_at": "2027-03-28T02:30"})
    assert kept["starts_at"] == utc(2027, 3, 28, 2, 30)


def test_of_an_hour_that_comes_twice_the_first_is_meant(app: Flask) -> None:
    night = {"starts_at": "2027-10-31T02:30", "ends_at": "2027-10-31T03:00"}
    found = events.clean({**TYPED, **night})
    assert found["starts_at"] == utc(2027, 10, 31, 0, 30)
    assert found["ends_at"] == utc(2027, 10, 31, 2)
    # By the clocks it ends before it starts; it does not.
    late = events.clean({**TYPED, "starts_at": "2027-10-31T01:30", "ends_at": "2027-10-31T02:10"})
    assert late["ends_at"] - late["starts_at"] == dt.timedelta(minutes=40)


def test_details_change(event: Event) -> None:
    changed = change(event, name="Riverside by night", timezone="Asia/Tokyo")
    assert changed.name == "Riverside by night"
    assert changed.revision == 2
    # In another timezone the clocks show the same.
    assert events.as_typed(changed)["starts_at"] == events.as_typed(event)["starts_at"]


def test_nobody_elses_change_is_overwritten(event: Event) -> None:
    change(event, name="Theirs")
    before = digest()
    with pytest.raises(EditedMeanwhile):
        events.change(event, TYPED, revision=1)
    assert digest() == before
    assert events.change(event, TYPED, revision=2).name == "Zuiderpark Live"


def test_of_two_in_one_instant_one_is_told(app: Flask, event: Event) -> None:
    event_id, revision = event.id, event.revision
    db.session.rollback()

    def save(name: str) -> Any:
        found = db.session.get_one(Event, event_id)
        return events.change(found, {**TYPED, "name": name}, revision=revision).name

    results = at_once(app, lambda: save("One"), lambda: save("Other"))
    assert kinds(results) == ["", "EditedMeanwhile"]
    db.session.rollback()
    assert event.name in results


def test_in_another_currency_prices_keep_their_number(event: Event) -> None:
    change(event, currency="JPY")
    assert [each.price for each in event.ticket_types] == [95, 45, 0]
    change(event, currency="KWD")
    assert [each.price for each in event.ticket_types] == [95_000, 45_000, 0]


def test_a_currency_in_which_a_price_can_t_be_said_is_refused(event: Event) -> None:
    with write():
        event.ticket_types[1].price = 4550
    before = digest()
    with pytest.raises(InvalidEvent) as invalid:
        change(event, currency="JPY", name="Other")
    assert "“Friday” costs €45.50" in invalid.value.errors["currency"]
    assert digest() == before


# ---- Pictures ----


def test_a_picture_is_shown_replaced_and_removed(event: Event) -> None:
    shown = events.set_picture(event, picture(), seen=0).image
    assert shown is not None
    assert images.by_digest(shown.digest) is not None
    former = shown.digest
    replaced = events.set_picture(event, picture("blue"), seen=shown.id).image
    assert replaced is not None
    assert images.by_digest(former) is None, "nobody shows it any more"
    assert db.session.query(Image).count() == 1
    assert events.set_picture(event, None, seen=replaced.id).image is None
    assert db.session.query(Image).count() == 0


def test_a_picture_that_somebody_chose_meanwhile_stays(event: Event) -> None:
    chosen = events.set_picture(event, picture(), seen=0).image
    before = digest()
    for new in (picture("blue"), None):
        with pytest.raises(EditedMeanwhile):
            events.set_picture(event, new, seen=0)
    assert digest() == before
    assert event.image is chosen


def test_the_same_picture_twice_are_two(shop: Shop, event: Event) -> None:
    """So that removing one takes the other from nobody."""
    shown = events.set_picture(event, picture(), seen=0).image
    logo = shops.set_logo(shop, picture(), seen=0).logo
    assert shown is not None
    assert logo is not None
    assert (shown.id != logo.id, shown.digest == logo.digest) == (True, True)
    shops.set_logo(shop, None, seen=logo.id)
    assert images.by_digest(shown.digest) is not None


def test_a_picture_costs_nothing_where_it_isn_t_shown(event: Event) -> None:
    events.set_picture(event, picture(), seen=0)
    db.session.rollback()
    found = db.session.get_one(Event, event.id)
    assert found.image is not None
    assert "data" not in found.image.__dict__
