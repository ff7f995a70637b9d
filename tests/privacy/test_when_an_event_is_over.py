"""S21: what organisers keep for so many days is gone then, wherever it stood."""

import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy.event
from flask import Flask
from sqlalchemy import JSON, LargeBinary, String, select
from sqlalchemy.orm import Session

from tests import builders, invariants, seen
from tests.privacy import marked
from ticketing import cancelling, sending
from ticketing.asking.names import ERASED
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.mailing import mails
from ticketing.members.audit import Actor
from ticketing.models import AuditEntry, Base, Event, Order, Shop, Ticket
from ticketing.ordering.orders import Booker, Line, place
from ticketing.pdf import Renderer
from ticketing.posting.delivery import error_of
from ticketing.privacy import again, remains, retention
from ticketing.privacy.retention import Done
from ticketing.search import Wanted, count
from ticketing.storing.transactions import write
from ticketing.vault import revocations

# Every column in which words can stand, and whose they are. A new one fails here until somebody has
# said so: is it filled in `marked.lives`, and erased in `privacy/erasing.py`?
OF_PEOPLE = {
    "orders": {"first_name", "last_name", "email", "phone"},
    "tickets": {"first_name", "last_name", "email", "phone", "details"},
    "shares": {"recipient"},
    "history": {"actor_name", "before", "after", "reason"},
    "outbox": {"recipient", "last_error"},
    "search_entries": {"name", "text"},
    "call_tries": {"error", "answer"},
    "imports": {"content", "errors", "type_map"},
}
# Who works for an organiser, and what they wrote; docs/privacy.md says how long that is kept.
OF_THE_TEAM = {
    "organisers": {"name", "privacy_contact", "privacy_notice"},
    "users": {"email", "name", "password", "fs_uniquifier", "totp_secret", "locale"},
    "roles": {"name", "description"},
    "memberships": {"role"},
    "invitations": {"email", "role"},
    "email_changes": {"email"},
    "sign_ins": {"browser"},
    "api_keys": {"name", "prefix", "scopes"},
    "events": {
        "name", "place", "timezone", "country", "currency", "fields", "sender_name",
        "reminder_days", "names_rule",
    },
    "ticket_types": {"code", "name", "fields"},
    "questions": {"kind", "label", "help", "choices", "need"},
    "images": {"digest", "content_type", "data"},
    "mail_texts": {"kind", "language", "subject", "message", "button"},
    "shops": {
        "slug", "name", "delivery_note", "languages", "colour", "consumer_desk", "embed_origins",
    },
    "webhook_endpoints": {"url", "events", "disabled_because"},
    "pretix_connections": {
        "base_url", "organizer", "event", "token", "items", "catalogue", "last_error",
    },
    "apple_wallets": {
        "requested_key", "private_key", "certificate", "intermediate", "pass_type_id", "team_id",
    },
    "google_wallets": {"issuer_id", "service_account", "private_key"},
    "imports": {"filename"},
}  # fmt: skip
# Words of the software, numbers and codes, and digests under a key that isn't in the database.
OF_NOBODY = {
    "installation": {"keys", "backup_mark"},
    "orders": {"code", "reference", "content_digest", "locale", "state"},
    "tickets": {"external_id", "state", "locale", "personalised_by", "claim_digest"},
    "shares": {"channel", "ended_by"},
    "history": {"actor", "action", "form_digest"},
    "outbox": {"kind", "locale", "params", "message_id", "state", "asked_from"},
    "search_entries": {"progress", "code"},
    "calls": {"kind", "event", "params", "message_id", "state"},
    "imports": {"cleaned", "state", "result"},
    "limits": {"name", "subject"},
    "sign_ins": {"digest"},
    "recovery_codes": {"digest"},
    "api_keys": {"digest"},
    "audit": {"action", "about", "address"},
}


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer(workers=1)
    yield renderer
    renderer.close()


@pytest.fixture
def order(app: Flask) -> Order:
    return marked.lives(builders.make_shop())


def test_it_is_known_of_every_column_whose_words_stand_there(app: Flask) -> None:
    known: dict[str, set[str]] = {}
    for part in (OF_PEOPLE, OF_THE_TEAM, OF_NOBODY):
        for table, columns in part.items():
            assert not known.setdefault(table, set()) & columns, table
            known[table] |= columns
    there = {
        table.name: {
            column.name
            for column in table.columns
            if isinstance(column.type, String | JSON | LargeBinary)
        }
        for table in Base.metadata.sorted_tables
    }
    assert {name: columns for name, columns in there.items() if columns} == known


def test_nothing_of_anybody_is_left(app: Flask, order: Order, renderer: Renderer) -> None:
    app.extensions["passalong.pdf_renderer"] = renderer
    marked.others_repeat_it(order)
    marked.is_imported(order.shop)
    folder = marked.draws_tickets(order)
    assert list(folder.iterdir())
    filled = marked.places()
    wanted = {f"{table}.{name}" for table, names in OF_PEOPLE.items() for name in names}
    assert filled.keys() == wanted, "this test must write into each of them"

    marked.is_over(order.shop.event, days=31)
    (done,) = retention.retain()
    assert done.people == 2  # today's booker and holder
    remains.clear()

    assert marked.places() == {}
    assert list(folder.iterdir()) == []
    assert_files_hold_nothing(settings().instance_path)
    invariants.check(db.session())


def assert_files_hold_nothing(folder: Path) -> None:
    """Not in any file either: not in the database's free pages, and not in its log."""
    db.session.remove()
    db.engine.dispose()
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes().lower()
            for mark in (marked.MARK, *marked.PHONES):
                assert mark.encode() not in content, (path.name, mark)


def test_what_is_counted_stays(order: Order) -> None:
    states = [ticket.state for ticket in order.tickets]
    barcodes = [ticket.barcode_generation for ticket in order.tickets]
    actions = seen.actions(order)
    marked.is_over(order.shop.event, days=31)
    retention.retain()
    db.session.refresh(order)
    assert [ticket.state for ticket in order.tickets] == states
    assert [ticket.barcode_generation for ticket in order.tickets] == barcodes
    assert seen.actions(order) == [*actions, "erased"]
    told = seen.last(order)
    assert (told.actor, told.reason) == ("system", "over")
    assert told.after == {"tickets": [1, 3], "contact": True}
    assert count(db.session(), Wanted(order.organiser_id, text="zqx")) == 0
    assert count(db.session(), Wanted(order.organiser_id, text=order.code)) == 1


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_it_goes_when_its_time_is_over(order: Order, days: int, kept: bool) -> None:
    marked.is_over(order.shop.event, days)
    assert [each.people for each in retention.retain(dry_run=True)] == ([] if kept else [2])
    assert marked.places()
    retention.retain()
    assert bool(marked.places()) == kept


def test_without_a_number_of_days_it_is_kept(order: Order) -> None:
    marked.is_over(order.shop.event, days=3000)
    with write() as session:
        session.get_one(Event, order.shop.event_id).retention_days = None
    assert retention.retain() == []


def test_other_events_are_left_alone(order: Order) -> None:
    other = builders.make_order(builders.make_shop(organiser_name="Others"))
    builders.claim(other.tickets[0])
    before = seen.rows()
    marked.is_over(order.shop.event, days=31)
    retention.retain()
    changed = seen.changes(before)
    assert other.id not in changed["orders"]
    assert not {ticket.id for ticket in other.tickets} & {*changed["tickets"]}


def test_whoever_gives_details_afterwards_is_erased_the_next_time(order: Order) -> None:
    marked.is_over(order.shop.event, days=31)
    retention.retain()
    assert retention.retain() == []
    builders.claim(order.tickets[1], first_name="Zqxlate", last_name="", one_name="y", street="Zqx")
    assert marked.places()
    (again,) = retention.retain()
    assert again.people == 1
    assert marked.places() == {}
    invariants.check(db.session())


@pytest.mark.parametrize("turn", [1, 2, 3])
def test_whoever_gives_details_while_it_runs_is_erased_too(
    order: Order, monkeypatch: pytest.MonkeyPatch, turn: int
) -> None:
    """In an order that was done already, when others have their turn to write."""
    marked.is_over(order.shop.event, days=31)
    for _ in range(2):
        builders.make_order(order.shop, tickets=1)
    turns = iter(range(1, 100))

    def others_write(_seconds: float) -> None:
        if next(turns) == turn:
            late = {"first_name": "Zqxlate", "last_name": "Visser", "street": "Zqx"}
            builders.claim(order.tickets[1], **late)

    monkeypatch.setattr(retention, "_ORDERS_AT_ONCE", 1)
    monkeypatch.setattr(retention, "time", SimpleNamespace(sleep=others_write))
    retention.retain()
    assert next(turns) > turn
    retention.retain()
    assert marked.places() == {}
    assert retention.retain() == []


def test_whoever_is_about_to_give_details_when_it_ends_is_waited_for(
    app: Flask, order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an order that was erased before: all is written, and not committed yet."""
    marked.is_over(order.shop.event, days=31)
    retention.retain()
    builders.claim(builders.make_order(order.shop).tickets[0], street="Dam 1")
    ticket_id = order.tickets[1].id
    written = threading.Event()

    def hold(_session: Session) -> None:
        written.set()
        time.sleep(0.5)

    def give_details() -> None:
        with app.app_context():
            sqlalchemy.event.listen(db.session(), "before_commit", hold)
            late = {"first_name": "Zqxlate", "street": "Zqx"}
            builders.claim(db.session.get_one(Ticket, ticket_id), **late)
            db.session.remove()

    visitor = threading.Thread(target=give_details)

    def once(_seconds: float) -> None:
        monkeypatch.setattr(retention, "time", time)
        visitor.start()
        assert written.wait(30)

    monkeypatch.setattr(retention, "time", SimpleNamespace(sleep=once))
    retention.retain()
    visitor.join()
    assert marked.places() == {}
    assert retention.retain() == []


def test_whoever_lengthens_it_in_time_keeps_what_is_there(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another event's details go, whose turn comes first."""
    other = builders.make_order(builders.make_shop(organiser_name="Others"))
    builders.claim(other.tickets[0])
    for each in (order, other):
        marked.is_over(each.shop.event, days=31)
    event = other.shop.event

    def once(_seconds: float) -> None:
        monkeypatch.setattr(retention, "time", time)
        retention.change(event, 365, "", Actor(), revision=event.revision)

    monkeypatch.setattr(retention, "time", SimpleNamespace(sleep=once))
    (done,) = retention.retain()
    assert done.event == order.shop.event.name
    assert marked.places() == {}
    assert other.tickets[0].first_name == "Anna"
    assert other.shop.event.erased_at is None
    assert "erased" not in seen.actions(other)


@pytest.fixture
def later(order: Order, monkeypatch: pytest.MonkeyPatch) -> Order:
    """Anna's, of the same event, whose turn comes when the first order is erased already; somebody
    moves the event just then."""
    later = builders.make_order(order.shop)
    builders.claim(later.tickets[0], street="Dam 1")
    marked.is_over(order.shop.event, days=31)
    marked.once_amid_it(monkeypatch, partial(marked.is_moved, order.shop.event))
    return later


def test_whoever_moves_the_event_while_it_runs_keeps_what_is_left(
    order: Order, later: Order
) -> None:
    event = order.shop.event
    assert retention.retain() == [Done(event.name, people=2, kept=True)]
    assert order.tickets[0].first_name == ERASED
    assert later.tickets[0].first_name == "Anna"
    assert event.erased_at is None
    audited = db.session.scalars(select(AuditEntry.about)).all()
    assert audited == [{"event": event.id, "orders": 1, "tickets": 2}]  # what went is told
    assert remains.clear()


def test_the_command_tells_of_an_event_that_went_in_part(app: Flask, later: Order) -> None:
    said = app.test_cli_runner().invoke(args=["retain"]).output
    assert ": 2 people, then its dates or days were changed: the others are kept" in said
    assert "Events erased: 0" in said


def test_what_is_given_after_an_erasure_outlasts_that_it_is_done_again(
    order: Order, later: Order
) -> None:
    retention.retain()
    builders.claim(order.tickets[1], street="Dam 1")
    noted = revocations.noted_since(None, [revocations.path_of(settings())])
    (line,) = (line for line in noted if line.kind == retention.NOTED_ORDERS)
    again.erase_orders(line.subject, line.facts)
    db.session.refresh(order)
    assert [ticket.first_name for ticket in order.tickets[:2]] == [ERASED, "Anna"]
    assert seen.actions(order).count("erased") == 1


def test_files_that_went_with_a_part_go_again_after_a_restore(order: Order, later: Order) -> None:
    """What was uploaded afterwards stays."""
    gone = marked.is_imported(order.shop)
    retention.retain()
    db.session.refresh(gone)
    assert (gone.state, later.tickets[0].first_name) == ("dropped", "Anna")
    with write():
        gone.state, gone.content, gone.finished_at = "checking", b"Zqxanna", None  # of the backup
    new = marked.is_imported(order.shop)
    noted = revocations.noted_since(None, [revocations.path_of(settings())])
    (line,) = (line for line in noted if line.kind == retention.NOTED_FILES)
    again.drop_files(line.subject, line.facts)
    for each in (gone, new):
        db.session.refresh(each)
    assert [each.state for each in (gone, new)] == ["dropped", "checking"]
    assert [each.content is None for each in (gone, new)] == [True, False]
    assert later.tickets[0].first_name == "Anna"


def test_mails_to_somebody_erased_are_not_sent(order: Order) -> None:
    """Not those that wait, and not those that are written afterwards."""
    marked.is_over(order.shop.event, days=31)
    retention.retain()
    for mail in builders.mails_of(order):
        assert (mail.recipient, mail.state) == (ERASED, "withdrawn")
        assert error_of(mail) == "The recipient’s details were erased."
    cancelling.cancel_order(order, builders.ORGANISER)
    sending_now = builders.mails_of(order)[-1]
    assert sending_now.state == "waiting"
    with pytest.raises(mails.Withdrawn):
        mails.compose(sending_now)
    assert sending.address_of(order.tickets[0]) == ERASED


def test_the_same_order_sent_again_brings_nobody_back(order: Order) -> None:
    """A digest of who was in it could be guessed, so there is none any more."""
    marked.is_over(order.shop.event, days=31)
    retention.retain()
    again, new = place(
        order.shop_id,
        order.reference,
        Booker("Zqxbea", "Zqxbooker", "zqxbea@example.org"),
        [Line("weekend", 1)],
        locale="en",
    )
    assert (again.id, new) == (order.id, False)
    assert marked.places() == {}


def test_people_are_counted_once(app: Flask) -> None:
    shop: Shop = builders.make_shop()
    order = builders.make_order(shop, tickets=4)
    builders.claim(order.tickets[0])
    builders.claim(order.tickets[1], email="ANNA@example.org")
    builders.claim(order.tickets[2], email="bea@example.org")
    assert retention.people_of(db.session(), shop.event.id) == 2
    assert retention.coming(db.session(), shop.event).at is None
