"""S16: hundreds of hostile texts through every field of a form, and out again unaltered."""

import json
from html.parser import HTMLParser

import icalendar
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import builders, hostile, seen
from tests.api.caller import make_key
from tests.backoffice.browsing import Browser, Fields, forms_in, refused_in
from tests.backoffice.conftest import PASSWORD
from tests.mail.reading import Page
from tests.security import hostile_orders
from ticketing import links
from ticketing.asking import fields, names
from ticketing.carried import calendar
from ticketing.extensions import db
from ticketing.mailing import mails
from ticketing.mailing.letter import presentable
from ticketing.models import Call, Order, OutboxMail, Shop
from ticketing.posting import outbox
from ticketing.webhooks import endpoints, sending
from ticketing.webhooks.happenings import CREATED

LEGAL = hostile.legal()
TOGETHER = 100  # holders of one order
TEXTS = [each.key for each in fields.FIELDS if each.kind == "text"]
NOT_TYPED = {"csrf_token", "round", "reference", "one_name"}


@pytest.fixture
def shop(app: Flask) -> Shop:
    return hostile_orders.make_shop()


@pytest.fixture
def order(shop: Shop) -> Order:
    """As many of the texts as one order is for."""
    return hostile_orders.place(shop, LEGAL[::6], "H")


def test_the_corpus_is_one() -> None:
    assert len(hostile.STRINGS) == len(set(hostile.STRINGS)) >= 700
    assert len(LEGAL) >= 500
    assert len(hostile.refused()) >= 40


# In:


@pytest.mark.engine("sqlite")  # nothing of it reaches a database
def test_through_every_field_of_a_form(client: FlaskClient, shop: Shop) -> None:
    """An answer beside the fields that can't take it; in all of them it stands as it was typed."""
    ticket = builders.make_order(shop, tickets=1).tickets[0]
    at = f"/o/{links.order_token(ticket.order)}/tickets/1/claim?for=other"
    form = forms_in(client.get(at).text)[at]
    short, long = (name for name in form if name not in fields.BY_KEY and name not in NOT_TYPED)
    before = seen.digest()
    for text in hostile.STRINGS:
        answer = client.post(at, data=filled(form, text))
        assert answer.status_code == 422, repr(text)
        wrong = set(refused_in(answer.text))
        assert ("first_name" in wrong) == (not kept(text)), repr(text)
        for name in (*TEXTS[1:], short):
            if name != "last_name" or kept(text) != "":
                assert (name in wrong) == (kept(text) is None), (name, text)
        lines = {line[: fields.MAX_LENGTH] for line in text.splitlines()}  # of any length, there
        assert (long in wrong) == any(kept(line) is None for line in lines), repr(text)
        if kept(text) == text:
            again = forms_in(answer.text)[at]
            for name in (*TEXTS, "email", "phone", "date_of_birth", short, long):
                assert again[name] == [text], name
    assert seen.digest() == before


def filled(form: Fields, text: str) -> Fields:
    return {name: old if name in NOT_TYPED else [text] for name, old in form.items()}


def kept(text: str) -> str | None:
    """As a one-line field keeps it; None if it refuses it."""
    try:
        tidy = names.tidy(text)
    except names.RefusedCharacter:
        return None
    return tidy if len(tidy) <= fields.MAX_LENGTH else None


# Out:


class Skeleton(HTMLParser):
    """A page without its words: its tags, each with the names of its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.bones: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bones.append(" ".join([tag, *(name for name, _value in attrs)]))

    def handle_endtag(self, tag: str) -> None:
        self.bones.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.bones.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.bones.append(f"declaration {decl}")

    def handle_data(self, data: str) -> None:
        self.words += data


def test_pages_keep_their_shape_whatever_people_are_called(
    app: Flask, client: FlaskClient, shop: Shop, order: Order
) -> None:
    """No word becomes a tag or an attribute, on the booker's, holder's and organiser's pages."""
    harmless = hostile_orders.place(shop, ["Anna"] * len(order.tickets), "A")
    builders.make_user(shop.organiser, password=PASSWORD)
    olga = Browser(app)
    olga.sign_in("olga@example.org", PASSWORD)
    for page in ("/o/{token}", "/backoffice/orders/{id}"):
        ask = olga.get if page.startswith("/backoffice") else client.get
        good, evil = (
            Skeleton(ask(page.format(token=links.order_token(each), id=each.id)).text)
            for each in (harmless, order)
        )
        assert evil.bones == good.bones, page
        for ticket in order.tickets:
            whole = names.full(ticket.first_name, ticket.last_name)
            shown = names.short(ticket.first_name, ticket.last_name)
            assert (shown if page.startswith("/o/") else whole) in evil.words
    good = Skeleton(client.get(f"/t/{links.ticket_token(harmless.tickets[0])}").text)
    for ticket in order.tickets:
        evil = Skeleton(client.get(f"/t/{links.ticket_token(ticket)}").text)
        assert evil.bones == good.bones
        assert names.full(ticket.first_name, ticket.last_name) in evil.words


def test_programs_get_them_to_the_letter(client: FlaskClient, shop: Shop) -> None:
    """As JSON: when they ask, and when they are told."""
    endpoints.create(shop.organiser_id, "https://hooks.example.org/", [CREATED])
    key = {"Authorization": f"Bearer {make_key(shop.organiser)}"}
    for start in range(0, len(LEGAL), TOGETHER):
        some = LEGAL[start : start + TOGETHER]
        order = hostile_orders.place(shop, some, f"H-{start}")
        answer = client.get(f"/api/v1/orders/{order.code}", headers=key)
        call = db.session.query(Call).filter_by(order_id=order.id).one()
        told = json.loads(sending.text_of(call))["data"]["order"]
        for said in (answer.get_json(), told):
            holders = [ticket["holder"] for ticket in said["tickets"]]
            assert [holder["first_name"] for holder in holders] == some
            assert [holder["last_name"] for holder in holders] == some
            assert [holder["details"]["city"] for holder in holders] == some


def test_calendars_get_them_to_the_letter(shop: Shop) -> None:
    event = shop.event
    properties = None
    with db.session.no_autoflush:
        for text in LEGAL:
            event.name, event.place = text, f"{text}\n{text}"
            [entry] = icalendar.Calendar.from_ical(calendar.ics_of(event)).walk("VEVENT")
            # icalendar takes an invisible byte order mark for one, and away.
            assert entry["SUMMARY"] == text.removeprefix("\ufeff")
            assert entry["LOCATION"] == f"{text}\n{text}".removeprefix("\ufeff")
            properties = properties or sorted(entry)
            assert sorted(entry) == properties, "and nothing of their own making"
            assert entry.subcomponents == []
    db.session.rollback()


def test_mails_keep_their_shape_and_say_who_is_meant(order: Order) -> None:
    """A name that is long or looks like an address isn't said: it could be an advertisement."""
    tags, said = None, 0
    for ticket in order.tickets:
        mail = OutboxMail(
            kind=outbox.TICKET,
            order_id=order.id,
            ticket_id=ticket.id,
            recipient=hostile_orders.MAIL,
            locale="en",
            params={},
        )
        composed = mails.compose(mail, attach=False)
        name = presentable(names.full(ticket.first_name, ticket.last_name))
        page = Page(composed.html)
        assert name in composed.text
        assert name in page.words
        assert "\n" not in composed.subject
        if name:
            tags = tags or (page.tags, page.attributes)
            assert (page.tags, page.attributes) == tags
            said += 1
    assert said > 30
