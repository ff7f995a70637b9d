"""The pages on which events are made and changed."""

import datetime as dt
import re

from flask import Flask

from tests import builders
from tests.backoffice.browsing import Browser, forms_in, refused_in
from tests.backoffice.conftest import PASSWORD
from tests.seen import changes, digest, rows
from ticketing import cancelling
from ticketing.extensions import db
from ticketing.models import Event, Order, Organiser, Shop, now
from ticketing.ordering.orders import Line
from ticketing.storing.transactions import write

NEW = "/backoffice/events/new"
TYPED = {
    "name": "Zuiderpark Live “één”",
    "place": "Zuiderparktheater",
    "address": "Anna Polakweg 7\n2532 AD Den Haag",
    "starts_at": "2027-07-03T19:00",
    "ends_at": "2027-07-03T23:30",
    "timezone": "Europe/Amsterdam",
    "country": "NL",
    "currency": "EUR",
}


def page(shop: Shop) -> str:
    return f"/backoffice/events/{shop.event_id}/edit"


def make_event(organiser: Organiser, name: str, start: dt.timedelta, **more: object) -> Event:
    with write() as session:
        event = Event(
            **{
                "organiser_id": organiser.id,
                "name": name,
                "place": "Here",
                "starts_at": now() + start,
                "timezone": "Asia/Tokyo",
                "country": "JP",
                "currency": "JPY",
                **more,
            }
        )
        session.add(event)
    return event


# ---- The list ----


def test_events_are_listed_coming_or_past(olga: Browser, order: Order) -> None:
    organiser = order.shop.organiser
    day = dt.timedelta(days=1)
    make_event(organiser, "Long ago", -400 * day)
    make_event(organiser, "Still on", -2 * day, ends_at=now() + day)
    make_event(organiser, "Began an hour ago", -dt.timedelta(hours=1))
    builders.claim(order.tickets[0])
    coming = olga.get("/backoffice/events").text
    assert re.findall(r'row-link" href="[^"]*/events/\d+">([^<]+)', coming) == [
        "Still on",
        "Began an hour ago",
        "Riverside Festival",
    ]
    assert "1 of 5" in coming
    past = olga.get("/backoffice/events?past=1").text
    assert "Long ago" in past
    assert "Still on" not in past


def test_a_cancelled_ticket_counts_for_nothing(olga: Browser, order: Order) -> None:
    cancelling.cancel_ticket(order.tickets[0], builders.ORGANISER)
    assert "0 of 4" in olga.get("/backoffice/events").text


def test_what_needs_no_name_is_no_ticket_without_one(olga: Browser, shop: Shop) -> None:
    builders.make_order(shop=shop, lines=[Line("weekend", 2), Line("parking", 1)])
    listed = olga.get("/backoffice/events").text
    assert "0 of 2" in listed
    assert "3 tickets of Riverside Festival" in listed


def test_a_team_without_events_is_told_how_to_begin(app: Flask) -> None:
    with write() as session:
        organiser = Organiser(name="New")
        session.add(organiser)
    for role, offered in (("manager", True), ("desk", False)):
        builders.make_user(organiser, email=f"{role}@example.org", role=role, password=PASSWORD)
        person = Browser(app)
        person.sign_in(f"{role}@example.org", PASSWORD)
        text = person.get("/backoffice/events").text
        assert "No events yet" in text
        assert (f'href="{NEW}"' in text) == offered


# ---- A new one ----


def test_an_event_is_created(olga: Browser, shop: Shop) -> None:
    before = rows()
    answer = olga.submit(NEW, **TYPED)
    event = db.session.query(Event).order_by(Event.id.desc()).first()
    assert event is not None
    assert answer.status_code == 303
    assert answer.location == f"/backoffice/events/{event.id}/ticket-types"
    assert set(changes(before)) == {"events"}
    assert event.organiser_id == shop.organiser_id
    assert event.starts_at == dt.datetime(2027, 7, 3, 17, tzinfo=dt.UTC)
    text = olga.get(answer.location).text
    assert "The event was created" in text
    assert "No ticket types yet" in text
    assert TYPED["name"] in text


def test_it_begins_with_what_the_latest_had(olga: Browser, shop: Shop) -> None:
    make_event(shop.organiser, "In Tokyo", dt.timedelta(days=5))
    known = olga.fields(NEW)
    assert known["timezone"] == ["Asia/Tokyo"]
    assert known["country"] == ["JP"]
    assert known["currency"] == ["JPY"]
    assert known["name"] == [""]


def test_the_first_is_where_the_browser_says(app: Flask) -> None:
    with write() as session:
        organiser = Organiser(name="New")
        session.add(organiser)
    builders.make_user(organiser, email="new@example.org", password=PASSWORD)
    person = Browser(app)
    person.sign_in("new@example.org", PASSWORD)
    text = person.get(NEW, headers={"Accept-Language": "nl-BE,nl;q=0.9"}).text
    assert forms_in(text)[NEW]["country"] == ["BE"]
    assert "data-own-timezone" in text  # without a script it is typed
    odd = person.get(NEW, headers={"Accept-Language": "zh-Hant-XX, x;q=2, *, en-QQ"})
    assert odd.status_code == 200


def test_wrong_input_is_told_beside_its_field_and_nothing_is_lost(
    olga: Browser, shop: Shop
) -> None:
    before = digest()
    wrong = {
        "name": "",
        "place": " ",
        "starts_at": "2027-07-03T19:00",
        "ends_at": "2027-07-03T18:00",
        "timezone": "Mars/Olympus",
        "country": "",
        "currency": "DEM",
    }
    answer = olga.submit(NEW, **{**TYPED, **wrong})
    assert answer.status_code == 422
    told = refused_in(answer.text)
    assert set(told) == wrong.keys() - {"starts_at"}
    assert all(len(text) > 10 for text in told.values())
    answer = olga.submit(NEW, **{**TYPED, "ends_at": "2027-07-03T18:00", "timezone": "Mars"})
    told = refused_in(answer.text)
    assert set(told) == {"ends_at", "timezone"}
    assert "before it starts" in told["ends_at"]
    known = forms_in(answer.text)[NEW]
    expected = {**TYPED, "ends_at": "2027-07-03T18:00", "timezone": "Mars"}
    for key, value in expected.items():
        assert known[key][0].replace("\r\n", "\n").strip() == value, key
    assert digest() == before


def test_clocks_that_go_forward(olga: Browser, shop: Shop) -> None:
    for moment, zone, status in (
        ("2027-03-28T02:30", "Europe/Amsterdam", 422),  # the clocks skip it
        ("2027-03-28T03:00", "Europe/Amsterdam", 303),
        ("2027-03-28T02:30", "Africa/Lagos", 303),
        ("2027-10-31T02:30", "Europe/Amsterdam", 303),  # comes twice
    ):
        answer = olga.submit(NEW, **{**TYPED, "starts_at": moment, "ends_at": "", "timezone": zone})
        assert answer.status_code == status, (moment, zone)
        if status == 422:
            assert "doesn’t exist" in refused_in(answer.text)["starts_at"]


# ---- Changes ----


def test_it_shows_and_saves_the_details(olga: Browser, shop: Shop) -> None:
    known = olga.fields(page(shop))
    assert known["name"] == ["Riverside Festival"]
    assert known["place"] == ["Rivierpark"]
    assert known["address"][0].strip() == "Kade 1, 1011 AB Amsterdam"
    before = rows()
    answer = olga.submit(page(shop), name="Riverside by night", ends_at="")
    assert (answer.status_code, answer.location) == (303, page(shop))
    assert set(changes(before)) == {"events"}
    assert (shop.event.name, shop.event.ends_at) == ("Riverside by night", None)
    assert "The event was saved." in olga.get(page(shop)).text


def test_what_is_there_can_be_saved_as_it_is(olga: Browser, shop: Shop) -> None:
    def details() -> tuple[object, ...]:
        event = shop.event
        return (event.name, event.place, event.starts_at, event.ends_at, event.timezone)

    with write():
        shop.event.starts_at = dt.datetime(2027, 6, 1, 10, tzinfo=dt.UTC)
        shop.event.ends_at = dt.datetime(2027, 6, 1, 20, tzinfo=dt.UTC)
    before = details()
    assert olga.submit(page(shop)).status_code == 303
    assert details() == before


def test_nobody_elses_change_is_overwritten(olga: Browser, shop: Shop) -> None:
    known = olga.fields(page(shop))
    olga.submit(page(shop), name="Theirs", country="BE")
    before = digest()
    answer = olga.send(page(shop), known, name="Mine")
    assert answer.status_code == 409
    assert "Somebody changed this meanwhile" in answer.text
    cells = re.findall(r"<th scope=\"row\">(.*?)</th><td>(.*?)</td><td>(.*?)</td>", answer.text)
    assert cells == [("Name", "Theirs", "Mine"), ("Country", "Belgium", "Netherlands")]
    assert digest() == before
    # Both seen, save again.
    drawn = forms_in(answer.text)[page(shop)]
    assert olga.send(page(shop), drawn).status_code == 303
    assert (shop.event.name, shop.event.country) == ("Mine", "NL")


def test_a_made_up_revision_overwrites_nothing(olga: Browser, shop: Shop) -> None:
    known = olga.fields(page(shop))
    before = digest()
    for revision in ("", "x", "-1", "0", "9" * 30, "٣"):
        answer = olga.send(page(shop), known, name="Mine", revision=revision)
        assert answer.status_code == 409, revision
    assert digest() == before


def test_a_currency_that_no_price_fits_is_refused(olga: Browser, shop: Shop) -> None:
    with write():
        shop.event.ticket_types[0].price = 9550
    answer = olga.submit(page(shop), currency="JPY")
    assert answer.status_code == 422
    assert "€95.50" in refused_in(answer.text)["currency"]
    assert forms_in(answer.text)[page(shop)]["currency"] == ["JPY"]


def test_a_hostile_name_is_text_wherever_it_stands(olga: Browser, shop: Shop) -> None:
    name = '<script>alert("1")</script>'
    olga.submit(page(shop), name=name, place=name, address=name)
    builders.make_order(shop, tickets=1)
    for path in (page(shop), "/backoffice/events", f"/shop/{shop.slug}", "/backoffice/shops"):
        text = olga.get(path).text
        assert "<script>alert" not in text, path
        assert "&lt;script&gt;" in text, path
