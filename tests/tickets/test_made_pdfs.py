"""A ticket's PDF that was made before is sent again only while it would be the same."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Column, DateTime, Integer, Table, event, select, update
from werkzeug.test import TestResponse

from tests import builders
from tests.at_once import at_once
from ticketing import cancelling, links
from ticketing.config import Settings
from ticketing.extensions import db
from ticketing.models import Base, Order, Ticket
from ticketing.pdf import Document, Renderer
from ticketing.storing.transactions import write
from ticketing.web import made_pdfs
from ticketing.web.made_pdfs import MadePdfs

# What a column can be changed to where its type alone doesn't say so.
OTHER = {
    "timezone": "Europe/London",
    "colour": "#123456",
    "locale": "nl",
    "country": "DE",
    "currency": "JPY",
}
TABLES = ("tickets", "orders", "shops", "events", "ticket_types", "organisers")


@pytest.fixture
def ticket(app: Flask) -> Ticket:
    """Made ready by its holder, among others of its order."""
    return builders.claim(builders.make_order(tickets=3).tickets[1])


@pytest.fixture
def pdf_of(app: Flask, client: FlaskClient, ticket: Ticket) -> Any:
    path = f"/t/{links.ticket_token(ticket)}/ticket.pdf"

    def get() -> TestResponse:
        db.session.rollback()
        return client.get(path)

    return get


def kept(app: Flask) -> MadePdfs:
    found = app.extensions["passalong.made_pdfs"]
    assert isinstance(found, MadePdfs)
    return found


@pytest.fixture(autouse=True)
def nothing_made_yet(app: Flask) -> None:
    app.extensions["passalong.made_pdfs"] = MadePdfs()


def statements(app: Flask, act: Any) -> int:
    count = 0

    def one(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        nonlocal count
        count += statement != "BEGIN"

    event.listen(db.engine, "before_cursor_execute", one)
    act()
    event.remove(db.engine, "before_cursor_execute", one)
    return count


def test_once_it_was_made_one_row_is_asked_for(app: Flask, pdf_of: Any) -> None:
    first = pdf_of()
    assert (first.status_code, first.mimetype) == (200, "application/pdf")
    assert statements(app, pdf_of) == 1
    again = pdf_of()
    assert again.data == first.data
    for answer in (first, again):
        del answer.headers["X-Request-ID"]
    assert dict(again.headers) == dict(first.headers)


def test_a_file_that_was_trimmed_is_made_again(app: Flask, pdf_of: Any) -> None:
    first = pdf_of()
    for path in (app.extensions["passalong.settings"].instance_path / "pdf").iterdir():
        path.unlink()
    assert pdf_of().data == first.data


@pytest.mark.parametrize("table", [Base.metadata.tables[name] for name in TABLES], ids=str)
def test_whatever_is_changed_the_pdf_says_what_is_true(
    app: Flask, pdf_of: Any, ticket: Ticket, table: Table
) -> None:
    with write():
        ticket.order.shop.embed_origins = ["https://one.example"]
    this_row = table.c.id == _row_of(ticket, table)
    for column in table.columns:
        if column.primary_key or column.foreign_keys:  # no rule moves a row elsewhere
            continue
        assert pdf_of().status_code == 200
        with db.engine.begin() as connection:
            was = connection.execute(select(table).where(this_row)).mappings().one()[column.name]
            other = _other(column, was)
            connection.execute(update(table).where(this_row).values({column.name: other}))
        seen = pdf_of()
        kept(app).forget()
        true = pdf_of()
        assert (seen.status_code, seen.data) == (true.status_code, true.data), column
        for header in ("Content-Security-Policy", "Content-Disposition"):
            assert seen.headers.get(header) == true.headers.get(header), column
        with db.engine.begin() as connection:
            connection.execute(update(table).where(this_row).values({column.name: was}))


def _row_of(ticket: Ticket, table: Table) -> int:
    order = ticket.order
    return {
        "tickets": ticket.id,
        "orders": order.id,
        "shops": order.shop_id,
        "events": order.shop.event_id,
        "ticket_types": ticket.ticket_type_id,
        "organisers": order.organiser_id,
    }[table.name]


def _other(column: Column[Any], was: Any) -> Any:
    """Another value that may stand there."""
    if column.name == "state":
        return "cancelled" if column.table.name == "orders" else "checked_in"
    if column.name in OTHER:
        return OTHER[column.name]
    if isinstance(getattr(column.type, "impl", column.type), DateTime):
        return (was or dt.datetime(2027, 5, 1, tzinfo=dt.UTC)) + dt.timedelta(hours=3)
    if isinstance(was, bool):
        return not was
    if isinstance(column.type, Integer):
        return (was or 0) + 7
    if isinstance(was, list):
        return ["https://two.example"]
    return {"phone": "off"} if isinstance(was, dict) else f"{(was or '-')[:-1]}ÿ"


def test_whoever_may_not_have_it_any_more_is_told_so(
    app: Flask, pdf_of: Any, ticket: Ticket
) -> None:
    assert pdf_of().status_code == 200
    with write():
        ticket.order.shop.download_enabled = False
    assert pdf_of().status_code == 403
    with write():
        ticket.order.shop.download_enabled = True
    assert pdf_of().status_code == 200
    cancelling.cancel_order(ticket.order, builders.ORGANISER)
    assert pdf_of().status_code == 410


def test_a_link_of_before_is_told_so(app: Flask, pdf_of: Any, ticket: Ticket) -> None:
    assert pdf_of().status_code == 200
    with write():
        ticket.link_generation += 1
    assert pdf_of().status_code == 410
    assert len(kept(app)) == 1, "and nothing is kept for it"


def test_only_so_many_are_remembered(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_pdfs, "MOST", 2)
    order: Order = builders.make_order(tickets=4)
    for ticket in list(order.tickets):
        claimed = builders.claim(ticket)
        answer = client.get(f"/t/{links.ticket_token(claimed)}/ticket.pdf")
        assert answer.status_code == 200
    assert len(kept(app)) == 2


@pytest.fixture
def renderer(app: Flask) -> Iterator[Renderer]:
    """One that nobody has asked for anything yet."""
    app.extensions["passalong.pdf_renderer"] = made = Renderer(workers=1)
    yield made
    made.close()


def test_a_page_that_offers_a_ticket_has_a_process_started_to_draw_it(
    client: FlaskClient, renderer: Renderer
) -> None:
    order = builders.make_order(tickets=2)
    overview = f"/o/{links.order_token(order)}"
    assert client.get(overview).status_code == 200
    assert not renderer.is_started(), "nobody has a ticket to draw"
    builders.claim(order.tickets[0])
    assert client.get(overview).status_code == 200
    assert renderer.is_started()


@pytest.mark.parametrize("download_enabled", [True, False])
def test_a_ticket_page_does_so_only_if_there_is_something_to_draw(
    client: FlaskClient, renderer: Renderer, download_enabled: bool
) -> None:
    order = builders.make_order(builders.make_shop(download_enabled=download_enabled))
    ticket = builders.claim(order.tickets[0])
    assert client.get(f"/t/{links.ticket_token(ticket)}").status_code == 200
    assert renderer.is_started() is download_enabled


class Patient(Renderer):
    """Draws when somebody else has asked for another page, and been answered."""

    def __init__(self, app: Flask, page: str) -> None:
        super().__init__(workers=1, timeout=60)
        self.app = app
        self.page = page
        self.meanwhile: list[int] = []

    def render(self, document: Document) -> bytes:
        [answer] = at_once(self.app, lambda: self.app.test_client().get(self.page))
        self.meanwhile.append(answer.status_code)
        return super().render(document)


class TestWhileItIsDrawn:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """On PostgreSQL with one connection for everybody."""
        return replace(settings, database_connections=1)

    @pytest.mark.parametrize("whose", ["holder", "booker"])
    def test_others_have_the_database(
        self, app: Flask, client: FlaskClient, ticket: Ticket, whose: str
    ) -> None:
        page = f"/t/{links.ticket_token(ticket)}"
        of_all = f"/o/{links.order_token(ticket.order)}/tickets.pdf"
        drawer = Patient(app, page)
        app.extensions["passalong.pdf_renderer"] = drawer
        db.session.rollback()  # what the test itself has read
        path = f"{page}/ticket.pdf" if whose == "holder" else of_all
        assert client.get(path).mimetype == "application/pdf"
        assert drawer.meanwhile == [200]
        drawer.close()
