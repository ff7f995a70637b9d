"""Somebody whose every detail can be found again, wherever it stands."""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest
from sqlalchemy import LargeBinary, select

from tests import builders
from ticketing import history, personalisation, reminders, sending, sharing
from ticketing.carried import tickets_pdf
from ticketing.config import settings
from ticketing.extensions import db
from ticketing.imports import checking
from ticketing.models import Base, Call, CallTry, Event, Import, Order, OutboxMail, Shop, now
from ticketing.ordering.arriving import NewTicket
from ticketing.ordering.orders import Booker, Line, place
from ticketing.organising import events
from ticketing.privacy import retention
from ticketing.storing.transactions import write
from ticketing.webhooks import endpoints
from ticketing.webhooks.happenings import EVENTS

MARK: Final = "zqx"
PHONES: Final = ("+31655501234", "+31655501235")
BOOKER: Final = {
    "first_name": "Zqxbea",
    "last_name": "Zqxbooker",
    "email": "zqxbea@example.org",
    "phone": PHONES[0],
}
HOLDER: Final = {
    "first_name": "Zqxanna",
    "last_name": "Zqxvisser",
    "email": "zqxanna@example.org",
    "phone": PHONES[1],
    "street": "Zqxstreet",
    "city": "Zqxcity",
}
FORMER: Final = {**HOLDER, "first_name": "Zqxformer", "email": "zqxformer@example.org"}


def lives(shop: Shop) -> Order:
    """An order to which everything happens that writes somebody's details down."""
    event = builders.require(shop.event, street="required", city="optional")
    diet = builders.ask(event, "Diet?", "long_text")
    endpoints.create(shop.organiser_id, "https://hooks.example.org/all", EVENTS)
    order, _new = place(
        shop.id,
        "SHOP-1",
        Booker("Zqxfirst", "Zqxlast", "zqxfirst@example.org", PHONES[0]),
        [
            Line("weekend", 2),
            NewTicket("weekend", {**HOLDER, diet.key: "Zqxnuts"}),
            Line("parking", 1),
        ],
        locale="en",
        asked_from="0" * 24,
    )
    by = history.booker(order)
    reminders.send(event, builders.ORGANISER)
    order = sending.edit_contact(order, BOOKER, builders.ORGANISER, revision=order.revision)
    first, second, *_others = order.tickets
    sharing.share_by_email(first, 1, "zqxshared@example.org", by, locale="en", asked_from="0" * 24)
    personalisation.claim(
        first, {**FORMER, diet.key: "Zqxnuts"}, history.VISITOR, round=1, share_generation=1
    )
    chosen = {first.id: first.revision}
    personalisation.reopen(order, chosen, "Zqxformer is ill", builders.ORGANISER)
    personalisation.claim(first, {**HOLDER, diet.key: "Zqxnuts"}, by, round=2)
    edited = {**HOLDER, "last_name": "Zqxother", diet.key: "Zqxmilk"}
    personalisation.edit(
        first,
        edited,
        builders.ORGANISER,
        revision=first.revision,
        new_barcode=True,
        mail_holder=True,
    )
    sharing.share_by_email(second, 1, "zqxopen@example.org", by, locale="en", asked_from="")
    sending.mail_ticket(first, builders.ORGANISER)
    sending.resend_order(order, builders.ORGANISER)
    return order


def others_repeat_it(order: Order) -> None:
    """Mail servers quote the address that they refuse, and programs what they were told."""
    with write() as session:
        for mail in session.scalars(select(OutboxMail).where(OutboxMail.order_id == order.id)):
            mail.state, mail.last_error = "failed", f"550 <{mail.recipient}> unknown, zqx"
        for call in session.scalars(select(Call).where(Call.order_id == order.id)):
            session.add(
                CallTry(call_id=call.id, milliseconds=1, error="Zqx", answer="Zqx was here")
            )


def is_imported(shop: Shop) -> Import:
    """A file with them in it, that somebody has uploaded and not gone on with."""
    with write() as session:
        found = Import(
            organiser_id=shop.organiser_id,
            shop_id=shop.id,
            filename="orders.csv",
            content=f"{BOOKER['email']},{HOLDER['email']}".encode(),
            cleaned=checking.packed([], None),
            errors=[{"line": 2, "row": 2, "column": "Email", "text": "zqx@ is no address"}],
            type_map={"Zqx": ""},
        )
        session.add(found)
    return found


def draws_tickets(order: Order) -> Path:
    """The folder in which the drawn tickets lie."""
    tickets_pdf.pdf_of(order.tickets[0])
    tickets_pdf.pdf_of_order(order)
    return settings().instance_path / "pdf"


def places() -> dict[str, list[str]]:
    """{table.column: what stands there} of everything that is marked."""
    db.session.rollback()
    found: dict[str, list[str]] = {}
    for name, value in _values():
        if MARK in value.lower() or any(each in value for each in PHONES):
            found.setdefault(name, []).append(value)
    db.session.rollback()
    return found


def _values() -> Iterator[tuple[str, str]]:
    for table in Base.metadata.sorted_tables:
        for row in db.session.execute(select(table)):
            for column, value in zip(table.columns, row, strict=True):
                if value is not None:
                    yield f"{table.name}.{column.name}", _as_text(column.type, value)


def _as_text(kind: Any, value: Any) -> str:
    if isinstance(kind, LargeBinary):
        return bytes(value).decode("latin-1")
    return str(value)


def is_over(event: Event, days: int) -> None:
    """The event ended so many days ago, is kept for thirty, and was set up long before."""
    with write() as session:
        event = session.get_one(Event, event.id)
        event.starts_at = now() - dt.timedelta(days=days + 1)
        event.ends_at = now() - dt.timedelta(days=days)
        event.retention_days = 30
        event.keeping_changed_at = None


def is_moved(event: Event) -> None:
    """To a day that is far away: its details are needed still."""
    typed = {**events.as_typed(event), "starts_at": "2099-06-01T12:00", "ends_at": ""}
    events.change(event, typed, revision=event.revision)


def once_amid_it(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """When the first of an event's orders is erased, and before the second is."""

    def once(_seconds: float) -> None:
        monkeypatch.setattr(retention, "time", time)
        happens()

    monkeypatch.setattr(retention, "_ORDERS_AT_ONCE", 1)
    monkeypatch.setattr(retention, "time", SimpleNamespace(sleep=once))
