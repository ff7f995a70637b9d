"""What an organiser sets and does: how long, one person's data, whom people ask, Italy's rule."""

import datetime as dt
import json
from functools import partial
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from tests import builders, seen
from tests.backoffice.browsing import Browser
from tests.privacy import marked
from ticketing import links, personalisation
from ticketing.asking import fields, names, needs
from ticketing.asking.names import ERASED
from ticketing.extensions import db
from ticketing.members import audit
from ticketing.models import AuditEntry, Event, Order, Shop, now
from ticketing.privacy import retention
from ticketing.storing.transactions import write


def audited(action: str) -> list[dict[str, Any]]:
    db.session.rollback()
    found = db.session.query(AuditEntry).filter_by(action=action).order_by(AuditEntry.id)
    return [entry.about for entry in found]


class TestHowLongDetailsAreKept:
    @pytest.fixture
    def page(self, shop: Shop) -> str:
        return f"/backoffice/events/{shop.event_id}/privacy"

    def test_it_is_chosen_and_said(self, olga: Browser, page: str, order: Order) -> None:
        assert "are kept until somebody erases them" in olga.get(page).text
        assert olga.submit(page, days="30").status_code == 303
        db.session.rollback()
        assert db.session.get_one(Event, order.shop.event_id).retention_days == 30
        assert "the details of one person are erased, as things stand" in olga.get(page).text
        assert audited(audit.RETENTION_CHANGED)[-1]["days"] == 30
        assert olga.submit(page, days="0").status_code == 303
        db.session.rollback()
        assert db.session.get_one(Event, order.shop.event_id).retention_days is None

    def test_what_isnt_offered_is_refused(self, olga: Browser, page: str) -> None:
        assert olga.submit(page, days="1").status_code == 422
        assert olga.submit(page, rule="atlantis").status_code == 422

    def test_whoever_changed_it_meanwhile_isnt_overwritten(
        self, olga: Browser, page: str, shop: Shop
    ) -> None:
        form = olga.fields(page)
        olga.submit(page, days="30")
        late = olga.send(page, form, days="7")
        assert late.status_code == 409
        db.session.rollback()
        assert db.session.get_one(Event, shop.event_id).retention_days == 30

    def test_a_new_event_keeps_them_for_ninety_days(self, olga: Browser) -> None:
        created = olga.submit(
            "/backoffice/events/new",
            name="New",
            place="Here",
            starts_at="2027-06-01T20:00",
            timezone="Europe/Amsterdam",
            country="NL",
            currency="EUR",
        )
        assert created.status_code == 303, created.text
        event = db.session.query(Event).filter_by(name="New").one()
        assert event.retention_days == 90

    def test_a_mistyped_year_erases_nobody_for_a_day(
        self, olga: Browser, page: str, order: Order
    ) -> None:
        olga.submit(page, days="90")
        self.saved_long_ago(order)
        olga.submit(
            f"/backoffice/events/{order.shop.event_id}/edit",
            starts_at="2020-06-01T20:00",
            ends_at="",
        )
        self.waits_for_a_day(olga, page)

    def test_a_shorter_time_erases_nobody_for_a_day(
        self, olga: Browser, page: str, order: Order
    ) -> None:
        marked.is_over(order.shop.event, days=20)
        assert olga.submit(page, days="7").status_code == 303
        self.waits_for_a_day(olga, page)
        self.saved_long_ago(order)
        assert olga.submit(page, rule="italy").status_code == 303
        assert "within the hour" in olga.get(page).text, "days and dates stay what they were"

    @staticmethod
    def saved_long_ago(order: Order) -> None:
        with write() as session:
            event = session.get_one(Event, order.shop.event_id)
            event.keeping_changed_at = now() - dt.timedelta(days=300)

    @staticmethod
    def waits_for_a_day(olga: Browser, page: str) -> None:
        shown = olga.get(page).text
        assert "the details of one person are erased, as things stand" in shown
        assert "within the hour" not in shown
        in_time, late = now() + dt.timedelta(hours=23), now() + dt.timedelta(hours=25)
        assert retention.retain(dry_run=True, clock=lambda: in_time) == []
        assert [done.people for done in retention.retain(dry_run=True, clock=lambda: late)] == [1]

    def test_now_if_the_event_is_over(self, olga: Browser, page: str, order: Order) -> None:
        builders.claim(order.tickets[0])
        assert "Erase now" not in olga.get(page).text
        erase = f"/backoffice/events/{order.shop.event_id}/erase"
        refused = olga.post(erase, {"csrf_token": olga.token(), "confirmed": "y"})
        assert refused.status_code == 422
        assert "Nothing was erased: these details are still needed." in refused.text
        marked.is_over(order.shop.event, days=1)
        assert olga.submit(page, action=erase).status_code == 422  # not confirmed
        assert olga.submit(page, action=erase, confirmed="y").status_code == 303
        db.session.refresh(order)
        assert order.email == ERASED
        assert "Nobody’s details are kept" in olga.get(page).text
        shown = olga.get(f"/backoffice/orders/{order.id}").text
        assert "Erased people’s details, for good" in shown
        assert "The event is over, and its details are no longer kept" in shown
        assert "anna" not in shown.lower()

    def test_whoever_presses_it_hears_what_went_before_the_event_was_moved(
        self, olga: Browser, page: str, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        builders.make_order(order.shop)
        marked.is_over(order.shop.event, days=1)
        marked.once_amid_it(monkeypatch, partial(marked.is_moved, order.shop.event))
        erase = f"/backoffice/events/{order.shop.event_id}/erase"
        told = olga.submit(page, action=erase, confirmed="y")
        assert told.status_code == 422
        assert "The details in one order were erased. Then somebody changed the event" in told.text


class TestOnePerson:
    PAGE = "/backoffice/privacy/person"

    @pytest.fixture
    def order(self, shop: Shop) -> Order:
        """Of an event that is over; Anna has the first of two tickets."""
        order = builders.make_order(shop, tickets=2)
        builders.claim(order.tickets[0])
        builders.claim(order.tickets[1], **builders.BOB)
        marked.is_over(shop.event, days=1)
        return order

    def test_everything_is_shown(self, olga: Browser, order: Order) -> None:
        found = olga.submit(self.PAGE, who="06 12345678")
        assert found.status_code == 200
        assert order.tickets[0].code in found.text
        assert order.tickets[1].code not in found.text
        assert audited(audit.PERSON_SEARCHED) == [{"orders": 1}]

    def test_the_orders_page_leads_there(self, olga: Browser, rival: Browser, order: Order) -> None:
        link = f"{self.PAGE}?order={order.id}"
        assert f'href="{link}"' in olga.get(f"/backoffice/orders/{order.id}").text
        assert olga.fields(link, self.PAGE)["who"] == [order.code]
        assert rival.fields(link, self.PAGE)["who"] == [""]
        assert olga.fields(f"{self.PAGE}?order={2**64}", self.PAGE)["who"] == [""]

    def test_who_isnt_here_is_said(self, olga: Browser, order: Order) -> None:
        assert "Nothing is held of them" in olga.submit(self.PAGE, who="who@example.org").text
        refused = olga.submit(self.PAGE, who="Anna Visser")
        assert refused.status_code == 422
        assert "no phone number" in refused.text

    def test_it_is_downloaded(self, olga: Browser, order: Order) -> None:
        page = olga.submit(self.PAGE, who="anna@example.org")
        sent = olga.post(
            f"{self.PAGE}/download", {"csrf_token": olga.token(), "who": "anna@example.org"}
        )
        assert f'action="{self.PAGE}/download"' in page.text
        assert sent.headers["Content-Disposition"] == "attachment; filename=person.json"
        document = json.loads(sent.text)
        assert document["format"] == "passalong-person/1"
        (ticket,) = document["tickets"]
        assert ticket["details"] == builders.ANNA
        assert ticket["ticket"] == order.tickets[0].code
        assert [mail["to"] for mail in document["mails"]] == ["anna@example.org"]
        assert "bob" not in sent.text.lower()
        assert "bea" not in sent.text.lower()
        assert audited(audit.PERSON_EXPORTED)[0]["tickets"] == 1

    def test_it_is_erased(self, olga: Browser, order: Order) -> None:
        token = olga.token()
        sent = {"csrf_token": token, "who": "anna@example.org"}
        assert olga.post(f"{self.PAGE}/erase", sent).status_code == 422
        assert olga.post(f"{self.PAGE}/erase", {**sent, "confirmed": "y"}).status_code == 303
        db.session.expire_all()
        assert [ticket.first_name for ticket in order.tickets] == [ERASED, "Bob"]
        shown = olga.get(f"/backoffice/orders/{order.id}").text
        assert "They asked for it" in shown
        assert audited(audit.PERSON_ERASED) == [{"begun": True}, {"orders": 1, "tickets": 1}]

    def test_what_is_still_needed_has_to_be_said(self, olga: Browser, shop: Shop) -> None:
        order = builders.make_order(shop, tickets=1)
        builders.claim(order.tickets[0])
        found = olga.submit(self.PAGE, who=f"{order.code}-1")
        assert f"Still needed: {order.tickets[0].code}" in found.text
        sent = {"csrf_token": olga.token(), "who": "anna@example.org", "confirmed": "y"}
        assert olga.post(f"{self.PAGE}/erase", sent).status_code == 422
        assert order.tickets[0].first_name == "Anna"
        assert olga.post(f"{self.PAGE}/erase", {**sent, "valid_too": "y"}).status_code == 303
        db.session.expire_all()
        assert order.tickets[0].first_name == ERASED

    def test_logs_and_addresses_tell_nothing_of_them(
        self, olga: Browser, order: Order, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level("DEBUG")
        sent = {"csrf_token": olga.token(), "who": "anna@example.org", "confirmed": "y"}
        for path in (self.PAGE, f"{self.PAGE}/download", f"{self.PAGE}/erase"):
            answer = olga.post(path, sent)
            assert answer.status_code < 400
            assert "anna" not in answer.headers.get("Location", "")
        assert "anna" not in caplog.text.lower()
        told = [(entry.about, entry.address) for entry in db.session.query(AuditEntry)]
        assert "anna" not in str(told)
        assert "127.0.0.1" not in str(told)

    def test_another_organiser_finds_nobody(self, rival: Browser, order: Order) -> None:
        assert "Nothing is held of them" in rival.submit(self.PAGE, who="anna@example.org").text
        sent = {"csrf_token": rival.token(), "who": "anna@example.org", "confirmed": "y"}
        rival.post(f"{self.PAGE}/erase", sent)
        rival.post(f"{self.PAGE}/erase", {**sent, "who": order.code})
        db.session.expire_all()
        assert order.tickets[0].first_name == "Anna"

    def test_the_operator_hands_out_all(self, app: Flask, olga: Browser, order: Order) -> None:
        runner: FlaskCliRunner = app.test_cli_runner()
        document = json.loads(runner.invoke(args=["export", "olga@example.org"]).stdout)
        assert document["account"]["name"] == "Olga Organiser"
        document = json.loads(runner.invoke(args=["export", order.code]).stdout)
        assert document["orders"][0]["details"]["email"] == "bea@example.org"

    def test_former_details_are_handed_out_too(self, app: Flask, order: Order) -> None:
        ticket = order.tickets[0]
        personalisation.reopen(order, {ticket.id: ticket.revision}, "", builders.ORGANISER)
        said = app.test_cli_runner().invoke(args=["export", "anna@example.org"]).stdout
        document = json.loads(said)
        assert document["tickets"] == []
        (former,) = document["former_details"]
        assert former["details"] == builders.ANNA


class TestWhomPeopleAsk:
    PAGE = "/backoffice/privacy/notice"

    def test_their_pages_say_it(self, app: Flask, olga: Browser, order: Order) -> None:
        builders.claim(order.tickets[0])
        notice = "https://riverside.example/privacy"
        saved = olga.submit(self.PAGE, contact="data@riverside.example", notice=notice)
        assert saved.status_code == 303
        paths = [
            f"/o/{links.order_token(order)}",
            builders.share(order.tickets[1]),
            f"/t/{links.ticket_token(order.tickets[0])}",
            f"/shop/{order.shop.slug}",
        ]
        for path in paths:
            page = app.test_client(use_cookies=False).get(path).text
            assert "Riverside Collective holds your data." in page, path
            assert 'href="mailto:data@riverside.example"' in page, path
            assert f'href="{notice}"' in page, path

    @pytest.mark.parametrize(
        ("field", "typed"),
        [
            ("contact", "nobody"),
            ("notice", "http://riverside.example"),
            ("notice", "javascript:alert(1)"),
            ("notice", "https://"),
            ("notice", "https://a@b/"),
            ("notice", "https://[/"),
        ],
    )
    def test_what_leads_nowhere_is_refused(self, olga: Browser, field: str, typed: str) -> None:
        refused = olga.submit(self.PAGE, **{field: typed})
        assert refused.status_code == 422
        assert typed.replace("&", "&amp;") in refused.text


class TestItalysRule:
    @pytest.fixture
    def event(self, olga: Browser, shop: Shop) -> Event:
        page = f"/backoffice/events/{shop.event_id}/privacy"
        assert olga.submit(page, rule="italy", days="30").status_code == 303
        db.session.rollback()
        return db.session.get_one(Event, shop.event_id)

    def test_both_names_are_required(self, event: Event) -> None:
        given = {**needs.of_event(event), "last_name": "off"}
        event = needs.change_event(event, given, revision=event.revision)
        asked = {
            each.field.key: each.required for each in fields.asked_of(event, event.ticket_types[0])
        }
        assert asked["first_name"]
        assert asked["last_name"]

    def test_the_page_that_says_what_is_asked_says_so(self, olga: Browser, event: Event) -> None:
        page = f"/backoffice/events/{event.id}/fields"
        assert "A law wants first and last name" in olga.get(page).text

    def test_a_change_of_name_is_kept_until_the_time_is_over(
        self, olga: Browser, event: Event, order: Order
    ) -> None:
        ticket = order.tickets[0]
        builders.claim(ticket)
        personalisation.edit(
            ticket,
            {**builders.ANNA, "first_name": "Carla"},
            builders.ORGANISER,
            revision=ticket.revision,
            new_barcode=True,
            mail_holder=False,
        )
        told = seen.last(ticket)
        assert (told.before["first_name"], told.after["first_name"]) == ("Anna", "Carla")
        marked.is_over(event, days=1)
        sent = {"csrf_token": olga.token(), "who": f"{order.code}-1", "confirmed": "y"}
        assert olga.post("/backoffice/privacy/person/erase", sent).status_code == 422
        assert seen.last(ticket).before["first_name"] == "Anna"
        marked.is_over(event, days=31)
        retention.retain()
        assert seen.entries(ticket)[-1].before["first_name"] == ERASED
        assert names.full(ERASED, ERASED) == ERASED


def test_an_erased_order_can_still_be_looked_at(app: Flask, olga: Browser, order: Order) -> None:
    """Every page of it, by whoever has a link."""
    builders.claim(order.tickets[0])
    paths = [f"/o/{links.order_token(order)}", f"/t/{links.ticket_token(order.tickets[0])}"]
    with write() as session:
        session.get_one(Event, order.shop.event_id).retention_days = 30
    marked.is_over(order.shop.event, days=31)
    retention.retain()
    db.session.rollback()
    for path in paths:
        answer = app.test_client(use_cookies=False).get(path)
        assert answer.status_code == 200
        assert "anna" not in answer.text.lower()
        assert ERASED in answer.text
    assert olga.get(f"/backoffice/orders/{order.id}").status_code == 200
    edit = olga.fields(f"/backoffice/tickets/{order.tickets[0].id}/edit")
    assert (edit["first_name"], edit["email"]) == ([""], [""])
    assert olga.fields(f"/backoffice/orders/{order.id}/contact/edit")["email"] == [""]
    assert olga.get("/backoffice/orders?q=%E2%80%A2%E2%80%A2%E2%80%A2").status_code == 200
    assert ERASED in olga.get("/backoffice/orders/export.csv").text
