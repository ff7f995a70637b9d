import datetime as dt
import re

import pytest
from flask import Flask

from tests.backoffice.browsing import Browser
from tests.seen import changes, rows
from ticketing.models import Shop, now
from ticketing.organising import shops
from ticketing.storing.transactions import write


def page(shop: Shop) -> str:
    return f"/backoffice/shops/{shop.id}"


def test_shops_are_listed_active_or_archived(olga: Browser, shop: Shop) -> None:
    with write() as session:
        session.add(
            Shop(
                organiser_id=shop.organiser_id,
                event_id=shop.event_id,
                slug="old",
                name="Last year",
                archived_at=now(),
            )
        )
    assert "Last year" not in olga.get("/backoffice/shops").text
    archived = olga.get("/backoffice/shops?archived=1").text
    assert "Last year" in archived
    assert "Riverside tickets" not in archived


def test_it_shows_the_settings_and_the_link(olga: Browser, shop: Shop) -> None:
    text = olga.get(page(shop)).text
    assert f"/shop/{shop.slug}" in text
    assert "Europe/Amsterdam" in text
    known = olga.fields(page(shop))
    assert known["name"] == ["Riverside tickets"]
    assert known["download_enabled"] == ["y"]
    assert known["consumer_desk"] == ["+31201234567"]


def test_it_saves_every_setting(olga: Browser, shop: Shop) -> None:
    before = rows()
    answer = olga.submit(
        page(shop),
        name="  Riverside  Friends ",
        download_enabled=None,
        delivery_note="By mail,\r\na week before",
        personalisation_deadline="2027-06-11T18:00",
        consumer_desk="020 123 4568",
        colour="#0A7",
        embed_origins="https://www.Example.org/\nhttps://shop.example.org:8443",
    )
    assert (answer.status_code, answer.location) == (303, page(shop))
    assert set(changes(before)) == {"shops"}
    assert shop.name == "Riverside Friends"
    assert shop.download_enabled is False
    assert shop.delivery_note == "By mail,\na week before"
    assert shop.personalisation_deadline == dt.datetime(2027, 6, 11, 16, tzinfo=dt.UTC)
    assert shop.consumer_desk == "+31201234568"
    assert shop.colour == "#00aa77"
    assert shop.embed_origins == ["https://www.example.org", "https://shop.example.org:8443"]
    assert olga.fields(page(shop))["personalisation_deadline"] == ["2027-06-11T18:00"]


def test_saving_what_is_there_changes_nothing_else(olga: Browser, shop: Shop) -> None:
    before = shops.as_typed(shop)
    assert olga.submit(page(shop)).status_code == 303
    assert shops.as_typed(shop) == before


def test_bad_settings_keep_what_was_typed(olga: Browser, shop: Shop) -> None:
    before = rows()
    typed = {
        "name": "",
        "personalisation_deadline": "soon",
        "consumer_desk": "12",
        "colour": "blue",
        "embed_origins": "https://ok.example\nhttps://*.example.org",
    }
    answer = olga.submit(page(shop), **typed)
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == len(typed)
    for value in ("soon", "blue", "https://*.example.org"):
        assert value in answer.text
    assert changes(before) == {}


def test_nobody_elses_change_is_overwritten(olga: Browser, shop: Shop) -> None:
    known = olga.fields(page(shop))
    olga.submit(page(shop), name="Theirs", download_enabled=None)
    before = rows()
    answer = olga.send(page(shop), known, name="Mine")
    assert answer.status_code == 409
    for words in ("Somebody changed this meanwhile", "Theirs", "Mine", "Off"):
        assert words in answer.text, words
    assert changes(before) == {}
    assert olga.send(page(shop), known, name="Mine", revision=str(shop.revision)).status_code == 303
    assert (shop.name, shop.download_enabled) == ("Mine", True)


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://example.org", "https://example.org"),
        ("HTTPS://Example.ORG:443/", "https://example.org"),
        ("https://sub.example.org:8443", "https://sub.example.org:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_is_kept_as_browsers_compare_it(app: Flask, typed: str, origin: str) -> None:
    assert shops.clean_origin(typed) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "example.org",
        "http://example.org",
        "http://localhost.example.org",
        "https://*.example.org",
        "https://example.org/shop",
        "https://example.org?x",
        "https://example.org#x",
        "https://user@example.org",
        "https://user:secret@example.org",
        "https://example.org;script-src",
        "https://example.org,https://other.example",
        "https://example.org'unsafe-inline'",
        "https://exa mple.org",
        "https://example.org:port",
        "https://example.org:99999",
        "https://[::2]",
        "https://-a.example",
        "https://",
        "*",
        "'self'",
        "data:",
        "javascript://example.org",
        "//example.org",
        "null",
        "https://a\nb.example",
        "https://exam\u202eple.org",
    ],
)
def test_what_isnt_an_exact_origin_is_refused(app: Flask, typed: str) -> None:
    with pytest.raises(ValueError, match=r"origin|https"):
        shops.clean_origin(typed)


@pytest.mark.parametrize(
    ("typed", "utc"),
    [
        ("2027-06-12T18:00", "2027-06-12T16:00+00:00"),
        ("2027-01-12 18:00", "2027-01-12T17:00+00:00"),
        ("2027-10-31T02:30", "2027-10-31T00:30+00:00"),  # comes twice: the first is meant
    ],
)
def test_a_deadline_is_in_the_events_own_time(app: Flask, typed: str, utc: str) -> None:
    moment = shops.local_moment(typed, "Europe/Amsterdam")
    assert moment == dt.datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "typed", ["2027-03-28T02:30", "2027-06-12T18:00Z", "tomorrow", "0001-01-01T00:00", "9999-12-31"]
)
def test_a_moment_that_never_comes_is_refused(app: Flask, typed: str) -> None:
    with pytest.raises(ValueError, match=r"exist|give"):
        shops.local_moment(typed, "Europe/Amsterdam")


def test_a_colour_is_shown_with_its_contrast_as_it_is_chosen(olga: Browser, shop: Shop) -> None:
    at = f"{page(shop)}/colour"
    htmx = {"HX-Request": "true", "HX-Target": "colour-preview"}
    pale = olga.get(f"{at}?colour=%23ffff99", headers=htmx).text
    assert "<html" not in pale
    assert pale.count("<figure>") == 2
    for figure in re.findall(r"button ([\d.]+) : 1, link ([\d.]+) : 1", pale):
        assert all(float(ratio) >= 4.5 for ratio in figure)
    assert 'fill="#ffff99"' in pale  # the button
    assert "In dark mode" in pale
    assert "<html" in olga.get(f"{at}?colour=%23ffff99").text  # without JavaScript
    for typed in ("", "blue", "%23ffff9", "%22%3E%3Cscript%3E"):
        answer = olga.get(f"{at}?colour={typed}", headers=htmx)
        assert answer.status_code == 200
        assert "<figure" not in answer.text
        assert "<script" not in answer.text
