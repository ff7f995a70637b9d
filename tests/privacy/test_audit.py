"""Who looked at people's data, took it out, or changed who may, is told to owners."""

import datetime as dt
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, event, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, joinedload

from tests import builders, seen
from tests.backoffice import phone
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.people.test_roles import TABLE
from ticketing.extensions import db
from ticketing.members import api_keys, audit, two_step
from ticketing.members.audit import Actor
from ticketing.models import AuditEntry, Membership, Order, User, now
from ticketing.storing.transactions import write
from ticketing.web.backoffice.people import audit as page_of_audit
from ticketing.web.backoffice.people import audited, wording_audit
from ticketing.web.backoffice.people.audited import ACTS, LOOKS

# What leaves a trace elsewhere, or is noted in the view with its numbers.
NOTED_IN_THE_VIEW = {
    "export_csv", "export_xlsx", "person", "person_file", "erase_person", "erase_event",
    "event_privacy", "privacy_notice", "audit_file",
}  # fmt: skip
BY_THEIR_RULES = {
    "change_password", "turn_on_two_step", "turn_off_two_step", "renew_recovery_codes",
}  # fmt: skip
IN_THE_HISTORY = {
    "resend_order", "cancel_order", "resend_ticket", "ask_details", "new_barcode", "cancel_ticket",
    "retry_mail", "retry_mails", "send_reminders", "place_import", "ask_details_of_event",
    "check_import", "map_import_types", "drop_import", "shop_import", "import_page",
}  # fmt: skip
# Nobody's details stand there: settings, pictures, programs, one's own account, a team's list.
OF_NOBODY = {
    "home", "shops", "shop_link", "shop_qr_png", "shop_qr_svg", "events", "event",
    "import_template", "export_orders",
    "shop_pretix", "pretix_items", "pretix_products", "pretix_fetch", "pretix_write_back",
    "pretix_again", "pretix_disconnect", "shop", "shop_colour", "shop_embed", "new_shop",
    "new_shop_address", "archive_shop", "unarchive_shop", "shop_logo", "remove_shop_logo",
    "new_event", "edit_event", "event_picture", "remove_event_picture",
    "ticket_types", "new_ticket_type", "ticket_type", "move_ticket_type",
    "event_fields", "preview_event_fields", "type_fields", "preview_type_fields",
    "new_question", "question", "preview_new_question", "preview_question", "move_question",
    "archive_question", "restore_question", "archive_ticket_type", "unarchive_ticket_type",
    "delete_ticket_type", "reminders", "mail_texts", "mail_text", "preview_mail_text",
    "mail_text_frame", "reset_mail_text", "people", "resend_invitation", "invitation_link",
    "revoke_invitation", "organisation", "new_organiser",
    "webhooks", "new_webhook", "webhook", "edit_webhook", "test_webhook", "pause_webhook",
    "resume_webhook", "renew_webhook_secret", "delete_webhook", "replay_lost",
    "webhook_deliveries", "webhook_delivery", "replay_delivery", "api_keys",
    "wallet", "apple_wallet", "apple_wallet_request", "apple_wallet_sample", "stop_apple_wallet",
    "google_wallet", "google_wallet_sample", "stop_google_wallet",
    "account", "switch_organiser", "confirm", "end_sign_in",
}  # fmt: skip


def entries(*actions: str) -> list[AuditEntry]:
    db.session.rollback()
    wanted = select(AuditEntry).order_by(AuditEntry.id)
    if actions:
        wanted = wanted.where(AuditEntry.action.in_(actions))
    return list(db.session.scalars(wanted))


def moments(page: str) -> list[str]:
    """When what a page lists happened."""
    return re.findall(r'<time datetime="([^"]*)"', page)


def test_of_every_page_it_is_known_whether_it_is_noted() -> None:
    known = [
        LOOKS.keys() | ACTS.keys(),
        NOTED_IN_THE_VIEW,
        BY_THEIR_RULES,
        IN_THE_HISTORY,
        OF_NOBODY,
    ]
    assert set().union(*known) == TABLE.keys()
    assert sum(map(len, known)) == len(TABLE)


def test_whoever_opens_an_order_is_noted_once(olga: Browser, order: Order) -> None:
    for _ in range(3):
        assert olga.get(f"/backoffice/orders/{order.id}").status_code == 200
    (entry,) = entries(audit.ORDER_OPENED)
    assert (entry.order_id, entry.organiser_id) == (order.id, order.organiser_id)
    assert entry.user is not None
    assert entry.user.email == "olga@example.org"
    assert len(entry.address) == 24


def test_again_later_is_noted_again(olga: Browser, order: Order, monkeypatch: Any) -> None:
    olga.get(f"/backoffice/orders/{order.id}")
    monkeypatch.setattr(audit, "SAME", dt.timedelta(0))
    olga.get(f"/backoffice/orders/{order.id}")
    assert len(entries(audit.ORDER_OPENED)) == 2


@pytest.mark.engine("sqlite")
def test_a_list_is_noted_as_quickly_after_a_year(app: Flask, order: Order) -> None:
    """However often somebody opened lists: what they did lately is found by when it was."""
    explained: list[str] = []

    def explain(
        _connection: Any, cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> None:
        if statement.startswith("SELECT audit."):
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            explained.extend(line[-1] for line in plan)

    event.listen(db.engine, "before_cursor_execute", explain)
    for actor in (Actor(user_id=1), Actor(api_key_id=1)):
        audit.note(audit.LIST_OPENED, actor, organiser_id=order.organiser_id)
    event.remove(db.engine, "before_cursor_execute", explain)
    assert [plan.partition(" (")[2] for plan in explained] == [
        "user_id=? AND action=? AND order_id=? AND at>?)",
        "api_key_id=? AND action=? AND order_id=? AND at>?)",
    ]


def test_what_somebody_searched_for_is_not_kept(olga: Browser, order: Order) -> None:
    olga.get("/backoffice/orders?q=zqxwords&state=none")
    (entry,) = entries(audit.LIST_OPENED)
    assert entry.about == {"filters": ["q", "state"], "page": "orders"}


def test_nor_what_else_somebody_put_into_the_address(olga: Browser, order: Order) -> None:
    olga.get("/backoffice/orders?bea@example.org=1&shop=7")
    olga.get("/backoffice/orders/export.csv?bea@example.org=1&shop=7")
    noted = [entry.about["filters"] for entry in entries()[-2:]]
    assert noted == [["shop"], ["shop"]]


@pytest.mark.parametrize("page", ["orders", "outbox"])
def test_each_filter_of_a_list_has_a_word(app: Flask, olga: Browser, page: str) -> None:
    (form,) = re.findall(
        r'<form class="card filter-card".*?</form>', olga.get(f"/backoffice/{page}").text, re.S
    )
    offered = set(re.findall(r' name="(\w+)"', form)) - {"sort"}
    assert offered
    assert offered <= audited.FILTERS
    with app.test_request_context():
        assert wording_audit.filters(page).keys() == audited.FILTERS


def test_what_is_refused_is_not_noted(rival: Browser, order: Order) -> None:
    assert rival.get(f"/backoffice/orders/{order.id}").status_code == 404
    assert entries(audit.ORDER_OPENED) == []


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_an_export_says_how_many_rows(olga: Browser, order: Order, form: str) -> None:
    assert olga.get(f"/backoffice/orders/export.{form}?q=bea").data
    (entry,) = entries(audit.EXPORTED)
    assert entry.about == {"form": form, "filters": ["q"], "rows": 5}


def test_signing_in_and_what_changes_it(olga: Browser, order: Order) -> None:
    assert len(entries(audit.SIGNED_IN)) == 1
    changed = olga.submit(
        "/backoffice/account",
        action="/backoffice/account/password",
        present=PASSWORD,
        password="another correct horse",
    )
    assert changed.status_code == 303
    (entry,) = entries(audit.PASSWORD_CHANGED)
    assert entry.user is not None
    assert (entry.user.email, entry.organiser_id) == ("olga@example.org", None)
    others = "/backoffice/account/sign-ins/end-others"
    assert olga.post(others, {"csrf_token": olga.token()}).status_code == 303
    assert len(entries(audit.SIGNED_OUT_EVERYWHERE)) == 1


def test_the_second_step(olga: Browser, order: Order) -> None:
    user = db.session.scalars(select(User)).one()
    beginning = two_step.begin(user)
    two_step.turn_on(user, beginning.sealed, phone.code(beginning.secret), locale="en")
    two_step.renew_recovery_codes(user.id, locale="en")
    two_step.reset(user.id, locale="en")
    told = [entry.action for entry in entries() if entry.action != audit.SIGNED_IN]
    assert told == [audit.TWO_STEP_ON, audit.RECOVERY_CODES, audit.TWO_STEP_OFF]


def test_roles_and_keys(olga: Browser, order: Order) -> None:
    colleague = builders.make_user(
        order.shop.organiser, email="carl@example.org", role="desk", password=PASSWORD
    )
    member = db.session.scalars(select(Membership).where(Membership.user_id == colleague.id)).one()
    page = f"/backoffice/people/{member.id}/role"
    assert olga.submit(page, role="manager").status_code == 303
    (entry,) = entries(audit.ROLE_CHANGED)
    assert entry.about == {"user": colleague.id, "role": "manager"}
    made = olga.submit("/backoffice/api-keys/new", name="Shop", scopes=["orders:read"])
    assert made.status_code == 201
    assert len(entries(audit.KEY_MADE)) == 1
    olga.get("/backoffice/api-keys/new")
    olga.submit("/backoffice/api-keys/new", name="", scopes=None)
    assert len(entries(audit.KEY_MADE)) == 1


def test_what_programs_read(app: Flask, order: Order) -> None:
    _key, plain = api_keys.create(order.shop.organiser, "Shop", ["orders:read"])
    asking = {"Authorization": f"Bearer {plain}"}
    for _ in range(2):
        program = Browser(app)
        assert program.get(f"/api/v1/orders/{order.code}", headers=asking).status_code == 200
        assert program.get("/api/v1/orders", headers=asking).status_code == 200
        assert program.get("/api/v1/shops", headers=asking).status_code == 200
    found = entries(audit.API_READ)
    assert [entry.order_id for entry in found] == [order.id, None]
    assert {entry.api_key.name for entry in found if entry.api_key} == {"Shop"}


def test_nobody_changes_what_stands_there(app: Flask, order: Order) -> None:
    audit.note(audit.ORDER_OPENED, Actor(), organiser_id=order.organiser_id)
    for statement in (update(AuditEntry).values(action="nothing"), delete(AuditEntry)):
        with pytest.raises(DBAPIError, match="kept as it was written"), write() as session:
            session.execute(statement)
    assert len(entries()) == 1


def test_after_a_year_it_goes(app: Flask, order: Order) -> None:
    with write() as session:
        for days in (0, 399, 401):
            entry = AuditEntry(action=audit.ORDER_OPENED, at=now() - dt.timedelta(days=days))
            session.add(entry)
    audit.prune()
    assert len(entries()) == 2


class TestThePage:
    def test_owners_see_who_did_what(self, olga: Browser, order: Order) -> None:
        olga.get(f"/backoffice/orders/{order.id}")
        page = olga.get("/backoffice/audit").text
        for words in ("Olga Organiser", "Opened an order", order.code, "Signed in"):
            assert words in page
        assert "bea@example.org" not in page

    def test_it_speaks_as_the_pages_do(self, olga: Browser, order: Order) -> None:
        olga.get("/backoffice/outbox?q=zqxwords&state=failed")
        assert olga.get(f"/backoffice/orders/export.csv?q=bea&shop={order.shop_id}").data
        about = {"role": "desk"}
        with write() as session:
            session.scalars(select(User)).one().locale = "de"
            audit.record(
                session, audit.INVITED, Actor(), organiser_id=order.organiser_id, about=about
            )
        shown = re.findall(r"<small>(.*?)</small>", olga.get("/backoffice/audit").text)
        assert shown == [
            "Rolle: Service",
            "CSV · gefiltert nach: Suchbegriff, Shop · 5 Zeilen",
            "Postausgang · gefiltert nach: Suchbegriff, Status",
        ]

    def test_they_filter_by_person_action_and_day(self, olga: Browser, order: Order) -> None:
        olga.get(f"/backoffice/orders/{order.id}")
        user = db.session.scalars(select(User)).one()
        row = f'href="/backoffice/orders/{order.id}"'
        for query, shown in (
            ("", True),
            (f"?person={user.id}", True),
            ("?person=99999", False),
            ("?action=order_opened", True),
            ("?action=signed_in", False),
            (f"?from={now().date() + dt.timedelta(days=2)}", False),
            (f"?to={now().date() - dt.timedelta(days=2)}", False),
            ("?person=x&action=%27&from=x", False),
        ):
            assert (row in olga.get(f"/backoffice/audit{query}").text) == shown, query

    def test_others_dont_see_it(self, rival: Browser, olga: Browser, order: Order) -> None:
        olga.get(f"/backoffice/orders/{order.id}")
        page = rival.get("/backoffice/audit").text
        assert order.code not in page
        assert f"/backoffice/orders/{order.id}" not in page

    def test_they_take_it_out(self, olga: Browser, order: Order) -> None:
        olga.get(f"/backoffice/orders/{order.id}")
        lines = olga.get("/backoffice/audit.csv").text.splitlines()
        assert lines[0].startswith("at,user,key,action")
        assert any("order_opened" in line and "olga@example.org" in line for line in lines)
        assert len(entries(audit.AUDIT_EXPORTED)) == 1

    def test_a_download_asks_once_a_portion_and_holds_no_transaction_open(
        self, app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page_of_audit, "ROWS_AT_ONCE", 3)
        who = Actor(builders.make_user(order.shop.organiser, password=PASSWORD).id)
        for _ in range(7):
            audit.note(audit.EXPORTED, who, organiser_id=order.organiser_id, once=False)
        wanted = select(AuditEntry)
        asked: list[str] = []
        session = Session(db.engine)
        event.listen(db.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        for _line in page_of_audit._lines(session, [wanted.options(joinedload(AuditEntry.user))]):
            assert not session.in_transaction()
        assert len([each for each in asked if each.startswith("SELECT")]) == 3

    def test_there_are_pages(self, olga: Browser, order: Order) -> None:
        with write() as session:
            for _ in range(60):
                audit.record(session, audit.EXPORTED, Actor(), organiser_id=order.organiser_id)
        page = olga.get("/backoffice/audit?action=exported").text
        assert page.count('<td data-label="Who">') == 50
        assert 'rel="prev"' not in page

    def test_previous_leads_to_the_page_before(self, olga: Browser, order: Order) -> None:
        with write() as session:
            for _ in range(120):
                audit.record(session, audit.EXPORTED, Actor(), organiser_id=order.organiser_id)

        def led(page: str, way: str) -> str:
            [href] = re.findall(rf'href="([^"]*)" rel="{way}"', page)
            return olga.get(href.replace("&amp;", "&")).text

        first = olga.get("/backoffice/audit?action=exported").text
        second = led(first, "next")
        third = led(second, "next")
        assert "exported" in re.findall(r'href="([^"]*)" rel="prev"', third)[0]
        assert moments(led(third, "prev")) == moments(second)
        assert moments(led(second, "prev")) == moments(first)
        assert 'rel="prev"' not in led(second, "prev")


def test_looking_changes_nothing_else(olga: Browser, order: Order) -> None:
    before = seen.rows()
    olga.get(f"/backoffice/orders/{order.id}")
    assert seen.rows() == before
