"""O9 as an organiser meets it: days, a preview of who gets one, one button, and what went out."""

import datetime as dt

import pytest
from flask import Flask

from tests import builders, seen
from tests.backoffice.browsing import Browser
from ticketing import reminders
from ticketing.models import Event, Order, Shop, now
from ticketing.posting import outbox
from ticketing.storing.transactions import write


@pytest.fixture
def page(shop: Shop) -> str:
    return f"/backoffice/events/{shop.event_id}/reminders"


@pytest.fixture
def event(shop: Shop) -> Event:
    return shop.event


def test_days_are_chosen_and_kept(olga: Browser, page: str, event: Event, order: Order) -> None:
    assert "No reminder goes out by itself" in olga.get(page).text
    saved = olga.submit(page, days=["14", "1"], other="10")
    assert saved.status_code == 303
    assert event.reminder_days == [14, 10, 1]
    shown = olga.fields(page)
    assert (shown["days"], shown["other"]) == (["14", "10", "1"], [""])
    text = olga.get(page).text
    assert "one booker, as things stand" in text
    assert "10 days before" in text
    assert olga.submit(page, days=None).status_code == 303
    assert event.reminder_days == []


def test_what_makes_no_sense_is_said_and_kept(olga: Browser, page: str, event: Event) -> None:
    refused = olga.submit(page, days=["7"], other="soon")
    assert refused.status_code == 422
    assert "from 1 to 90" in refused.text
    assert 'value="soon"' in refused.text
    assert 'checked id="days-2"' in refused.text
    assert event.reminder_days == []


def test_somebody_elses_choice_isnt_overwritten(olga: Browser, page: str, event: Event) -> None:
    form = olga.fields(page)
    reminders.change(event, ["30"], "", revision=1)
    refused = olga.send(page, form, days=["7"], other="5")
    assert refused.status_code == 409
    assert "30 days before" in refused.text
    assert "7 days before, 5 days before" in refused.text
    assert event.reminder_days == [30]
    typed = {**form, "revision": ["2"], "days": ["7"], "other": ["5"]}
    assert olga.send(page, typed).status_code == 303
    assert event.reminder_days == [7, 5]


def test_an_expired_session_loses_nothing(olga: Browser, page: str) -> None:
    refused = olga.submit(page, csrf_token="old", other="12")
    assert refused.status_code == 422
    assert 'value="12"' in refused.text


def test_the_preview_says_who_and_who_not(olga: Browser, page: str, order: Order) -> None:
    ready = builders.make_order(order.shop, tickets=1, email="ready@example.org")
    builders.claim(ready.tickets[0])
    off = builders.make_order(order.shop, email="off@example.org")
    reminders.turn(off, off=True)
    before = seen.digest()
    gets = olga.get(f"{page}/send").text
    assert "One booker gets a mail" in gets
    assert "Send one reminder" in gets
    assert f"/orders/{order.id}" in gets
    assert "5 tickets" in gets
    assert "off@example.org" not in gets
    left_out = olga.get(f"{page}/send?show=left-out").text
    assert "All ready: 1 · Wants no reminders: 1" in left_out
    assert "off@example.org" in left_out
    assert "bea@example.org" not in left_out
    assert seen.digest() == before


def test_the_button_sends_them_once(olga: Browser, page: str, order: Order) -> None:
    sent = olga.submit(f"{page}/send")
    assert (sent.status_code, sent.location) == (303, page)
    after = olga.get(page).text
    assert "One reminder is on its way" in after
    assert "By Olga Organiser" in after
    [mail] = builders.mails_of(order, outbox.REMINDER)
    assert seen.last(order).actor_name == "Olga Organiser"
    again = olga.post(f"{page}/send", {"csrf_token": olga.token()})
    assert again.status_code == 303
    assert "Nobody was reminded" in olga.get(page).text
    assert len(builders.mails_of(order, outbox.REMINDER)) == 1
    assert "Reminded on " in olga.get(f"{page}/send?show=left-out").text
    shown = olga.get(f"/backoffice/outbox/{mail.id}").text
    assert "Reminder for the booker" in shown
    assert "still need names" in shown
    history = olga.get(f"/backoffice/orders/{order.id}").text
    assert "Reminded the booker of tickets without a name" in history


def test_more_than_fit_at_once(
    olga: Browser, page: str, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    builders.make_order(order.shop, email="b@example.org")
    builders.make_order(order.shop, email="c@example.org")
    monkeypatch.setattr("ticketing.reminders.MOST_AT_ONCE", 2)
    shown = olga.get(f"{page}/send").text
    assert "At most 2 at once" in shown
    assert "Send 2 reminders" in shown
    olga.submit(f"{page}/send")
    assert (
        "2 reminders are on their way. One booker is left: send once more." in olga.get(page).text
    )


def test_one_shop_alone(olga: Browser, page: str, order: Order) -> None:
    with write() as session:
        other = Shop(
            organiser_id=order.organiser_id,
            event_id=order.shop.event_id,
            slug="box",
            name="Box office",
        )
        session.add(other)
    there = builders.make_order(other, email="box@example.org")
    shown = olga.get(f"{page}/send?shop={other.id}").text
    assert "One booker gets a mail" in shown
    assert order.code not in shown
    assert olga.submit(f"{page}/send?shop={other.id}", action=f"{page}/send").status_code == 303
    assert len(builders.mails_of(there, outbox.REMINDER)) == 1
    assert builders.mails_of(order, outbox.REMINDER) == []


def test_another_organisers_shop_filters_nothing(olga: Browser, page: str, order: Order) -> None:
    elsewhere = builders.make_order(builders.make_shop(), email="else@example.org")
    for shop in (str(elsewhere.shop_id), "0", "x", "9" * 40):
        assert "One booker gets a mail" in olga.get(f"{page}/send?shop={shop}").text
    olga.post(f"{page}/send", {"csrf_token": olga.token(), "shop": str(elsewhere.shop_id)})
    assert builders.mails_of(elsewhere, outbox.REMINDER) == []
    assert len(builders.mails_of(order, outbox.REMINDER)) == 1


def test_the_preview_comes_in_pages(
    olga: Browser, page: str, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketing.web.backoffice.events.reminders.PAGE_SIZE", 2)
    made = [builders.make_order(shop, tickets=1, email=f"b{n}@example.org") for n in range(5)]
    first = olga.get(f"{page}/send").text
    assert "5 bookers get a mail" in first
    assert made[1].code in first
    assert made[2].code not in first
    assert 'rel="prev"' not in first
    last = olga.get(f"{page}/send?after={made[3].id}").text
    assert made[4].code in last
    assert 'rel="next"' not in last
    for nonsense in ("x", "-1", "9" * 30):
        assert made[0].code in olga.get(f"{page}/send?after={nonsense}").text


def test_hostile_names_stay_words(olga: Browser, page: str, shop: Shop) -> None:
    builders.make_order(shop, first_name="<script>alert(1)</script>")
    assert "<script>alert" not in olga.get(f"{page}/send").text


def test_a_past_event_reminds_nobody(olga: Browser, page: str, order: Order) -> None:
    with write():
        order.shop.event.starts_at = now() - dt.timedelta(days=3)
        order.shop.event.ends_at = None
        order.shop.event.reminder_days = [7]
    text = olga.get(page).text
    assert "All days that you chose are over" in text
    assert "Nobody is due" in text
    assert "Deadline passed" in olga.get(f"{page}/send?show=left-out").text


def test_the_tab_is_there(app: Flask, olga: Browser, page: str, event: Event) -> None:
    assert page in olga.get(f"/backoffice/events/{event.id}").text
