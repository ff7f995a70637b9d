"""O10, S16: what the list shows goes out as CSV and XLSX, whole, and as nothing but text."""

import csv
import datetime as dt
import io
import logging
import tracemalloc
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from flask import Flask
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from tests import builders
from tests.backoffice.browsing import Browser
from tests.backoffice.conftest import PASSWORD
from tests.backoffice.files import ANNA, HEADER, checked, made_of, place, row
from tests.hostile import FORMULAS, STRINGS
from ticketing import cancelling, links, search
from ticketing.asking import names
from ticketing.extensions import db
from ticketing.models import Order, Question, Shop, Ticket
from ticketing.ordering import exports
from ticketing.storing.transactions import write
from ticketing.words.neutral import neutral, plain

# What a program would run, were it to stand at the start of a cell.
DANGEROUS = tuple("=+-@＝＋－＠\t\r\n")


def as_csv(browser: Browser, query: str = "") -> list[dict[str, str]]:
    """The rows of the CSV as it stands in the file, apostrophes included."""
    answer = browser.get(f"/backoffice/orders/export.csv{query}")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == "attachment; filename=orders.csv"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def sheet_of(browser: Browser, query: str = "") -> Worksheet:
    answer = browser.get(f"/backoffice/orders/export.xlsx{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == "attachment; filename=orders.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(answer.data)).active
    assert isinstance(sheet, Worksheet)
    return sheet


def as_xlsx(browser: Browser, query: str = "") -> list[dict[str, object]]:
    header, *rows = sheet_of(browser, query).iter_rows(values_only=True)
    return [dict(zip(map(str, header), each, strict=True)) for each in rows]


def test_one_row_a_ticket(olga: Browser, shop: Shop, order: Order) -> None:
    with write() as session:
        session.add(
            Question(
                event_id=shop.event_id,
                kind="choices",
                label={"en": "Meals"},
                choices=[
                    {"key": "a", "label": {"en": "Soup"}},
                    {"key": "b", "label": {"en": "Salad"}},
                ],
            )
        )
        shop.event.fields = {"gender": "optional"}
    meals = shop.event.questions[0].key
    builders.claim(order.tickets[1], **{"gender": "unsaid", meals: ["a", "b"]})
    cancelling.cancel_ticket(order.tickets[2], builders.ORGANISER, reason="ill")
    rows = as_csv(olga)
    assert [each["Ticket"] for each in rows] == [f"{order.code}-{n}" for n in range(1, 6)]
    second = rows[1]
    placed = order.created_at.astimezone(ZoneInfo("Europe/Amsterdam"))
    assert second == {
        **second,
        "Order": order.code,
        "Reference": order.reference,
        "Shop": "Riverside tickets",
        "Event": "Riverside Festival",
        "Booker’s first name": "Bea",
        "Booker’s last name": "Booker",
        "Booker’s email": "bea@example.org",
        "Booker’s phone": "'+31687654321",
        "Placed": placed.strftime("%Y-%m-%d %H:%M:%S"),
        "Order status": "Placed",
        "Ticket type": "Weekend",
        "Type code": "weekend",
        "Ticket status": "Ready",
        "First name": "Anna",
        "Last name": "Visser",
        "Email": "anna@example.org",
        "Phone": "'+31612345678",
        "Gender": "I’d rather not say",
        "Meals": "Soup; Salad",
        "Checked in": "",
    }
    assert second["Personalised"]
    assert [each["Ticket status"] for each in rows] == [
        "Not assigned", "Ready", "Cancelled", "Not assigned", "Not assigned",
    ]  # fmt: skip


def test_csv_and_xlsx_say_the_same(olga: Browser, shop: Shop, order: Order) -> None:
    builders.claim(order.tickets[0])
    builders.make_order(shop, tickets=2, first_name="=1+1", phone="")
    told = []
    for each in as_xlsx(olga):
        told.append(
            {
                key: value.strftime("%Y-%m-%d %H:%M:%S")
                if isinstance(value, dt.datetime)
                else value or ""
                for key, value in each.items()
            }
        )
    assert told == [{key: plain(cell) for key, cell in each.items()} for each in as_csv(olga)]
    assert isinstance(as_xlsx(olga)[0]["Placed"], dt.datetime)


def test_no_links_leave_the_house(olga: Browser, order: Order) -> None:
    builders.claim(order.tickets[0])
    everything = olga.get("/backoffice/orders/export.csv").text + str(as_xlsx(olga))
    tokens = [links.order_token(order), *(links.ticket_token(t) for t in order.tickets)]
    assert not [token for token in tokens if token in everything]
    assert "http" not in everything


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"A", "B", "C"}),
        ("?q=zoe", {"B"}),
        ("?q=zoe&sort=name", {"B"}),
        ("?state=all", {"C"}),
        ("?state=none&q=example", {"A", "B"}),
        ("?from=2100-01-01", set()),
        ("?shop=999999", set()),
        ("?q=%25", set()),
    ],
)
def test_the_lists_filter_is_applied(
    olga: Browser, shop: Shop, query: str, found: set[str]
) -> None:
    for name in ("A", "B"):
        builders.make_order(
            shop, tickets=1, last_name=name, email=f"{'zoe' * (name == 'B')}x@example.org"
        )
    done = builders.make_order(shop, tickets=1, last_name="C")
    builders.claim(done.tickets[0])
    assert {each["Booker’s last name"] for each in as_csv(olga, query)} == found
    assert {each["Booker’s last name"] for each in as_xlsx(olga, query)} == found
    page = olga.get(f"/backoffice/orders/export{query}").text
    assert f"<strong>{len(found) if len(found) != 1 else 'One'} order" in page
    if found:
        assert (
            f"/backoffice/orders/export.csv{query.replace('&sort=name', '')}".replace("&", "&amp;")
            in page
            or "state=none" in query
        )


def test_nobody_elses_orders(rival: Browser, olga: Browser, order: Order) -> None:
    assert as_csv(rival) == as_xlsx(rival) == []
    assert as_csv(rival, f"?shop={order.shop_id}&event={order.shop.event_id}") == []
    assert len(as_csv(olga)) == 5


def test_the_desk_does_not_export(app: Flask, shop: Shop, order: Order) -> None:
    builders.make_user(shop.organiser, email="desk@example.org", role="desk", password=PASSWORD)
    desk = Browser(app)
    desk.sign_in("desk@example.org", PASSWORD)
    for path in ("export", "export.csv", "export.xlsx"):
        assert desk.get(f"/backoffice/orders/{path}").status_code == 403
    assert "/orders/export" not in desk.get("/backoffice/orders").text


def test_managers_find_it_at_the_list(olga: Browser, order: Order) -> None:
    page = olga.get("/backoffice/orders?q=bea&state=none").text
    assert "/backoffice/orders/export?q=bea&amp;state=none" in page
    dialog = olga.get("/backoffice/orders/export?q=bea", headers={"HX-Target": "dialog"}).text
    assert "<!doctype" not in dialog.lower()
    assert "One order" in dialog


def test_hostile_texts_go_out_as_they_came(olga: Browser, shop: Shop) -> None:
    """500 texts through the import and out again: none altered, none that a program would run."""
    texts = []
    for text in STRINGS:
        try:
            tidy = names.tidy(text)
        except names.RefusedCharacter:
            continue
        if 0 < len(tidy) <= 200 and tidy not in texts:
            texts.append(tidy)
    rows = [
        row(f"A-{n}", booker=(text, text, "b@example.org", ""), holder=(text, text, *ANNA[2:]))
        for n, text in enumerate(texts)
    ]
    safe = [[neutral(cell) for cell in each] for each in rows]
    place(olga, checked(olga, shop, made_of(*safe)), send_mails=None)
    exported = as_csv(olga)
    spreadsheet = as_xlsx(olga)
    assert len(exported) == len(spreadsheet) == len(texts) > 350
    for text, line, cells in zip(texts, exported, spreadsheet, strict=True):
        for column in ("Booker’s first name", "Last name"):
            assert plain(line[column]) == text
            assert cells[column] == text
    for line in exported:
        for cell in line.values():
            assert not cell.lstrip(" \u00a0\u200b\ufeff").startswith(DANGEROUS), repr(cell)
    for cells_row in sheet_of(olga).iter_rows():
        for one in cells_row:
            assert one.data_type in {"s", "d", "n"}
            assert one.hyperlink is None
            assert one.data_type != "n" or one.value is None


def test_an_export_can_be_imported_again(olga: Browser, shop: Shop) -> None:
    """By renaming its columns alone; apostrophes come off, phone numbers keep their +."""
    place(
        olga,
        checked(olga, shop, made_of(row("A-1", booker=("=Bea", "'-x", *ANNA[2:]), holder=ANNA))),
    )
    names_of = [
        "Reference", "Booker’s first name", "Booker’s last name", "Booker’s email",
        "Booker’s phone", "", "Type code", "First name", "Last name", "Email", "Phone",
    ]  # fmt: skip
    [line] = as_csv(olga)
    assert line["Booker’s phone"] == "'+31612345678"
    again = [line[name] if name else "" for name in names_of]
    again[0] = "A-2"
    place(olga, checked(olga, shop, made_of(again, header=HEADER)))
    first, second = as_csv(olga)
    for name in names_of[1:]:
        if name:
            assert first[name] == second[name]


def test_neutral_and_back() -> None:
    for text in FORMULAS:
        cell = neutral(text)
        assert plain(cell) == text
        # Where semicolons part cells, each part is one.
        parts = [part.strip(" \u00a0\u200b") for part in cell.split(";")]
        assert not [part for part in parts if part.startswith(DANGEROUS)], cell


def test_plain_texts_stay_plain() -> None:
    for text in ("", "Anna", "'t Hart", "O'Neil", "Jean-Luc", "a=b", "1+1", "x@example.org", "'"):
        assert neutral(text) == plain(text) == text


def test_many_orders_in_few_questions_and_little_memory(
    app: Flask, olga: Browser, shop: Shop
) -> None:
    rows = [row(f"R-{n // 2}", holder=ANNA) for n in range(5_000)]
    path = checked(olga, shop, made_of(*rows))
    place(olga, path, send_mails=None)
    asked = 0

    def count(*_arguments: object) -> None:
        nonlocal asked
        asked += 1

    orders = select(Order).where(Order.organiser_id == shop.organiser_id)
    wanted = search.Wanted(shop.organiser_id)
    with Session(db.engine) as session, app.test_request_context():
        columns = exports.columns_of(session, wanted)
        event.listen(db.engine, "before_cursor_execute", count)
        tracemalloc.start()
        size = number = 0
        for part in exports.csv_parts(columns, exports.rows(session, orders, wanted, columns)):
            size += len(part)
            number += 1
        _now, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        event.remove(db.engine, "before_cursor_execute", count)
    portions = 2_500 / exports.ORDERS_AT_ONCE
    assert asked <= 3 * portions + 5
    assert number > 5
    assert size > 500_000
    assert most < 12_000_000, f"{most:,} bytes at once"
    db.session.rollback()
    assert db.session.scalar(select(func.count()).select_from(Ticket)) == 5_000


def test_it_is_logged_without_a_name(
    olga: Browser, order: Order, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        as_csv(olga, "?q=bea")
        as_xlsx(olga)
    told = [each.getMessage() for each in caplog.records if "Export" in each.getMessage()]
    assert len(told) == 2
    assert told[0].startswith("Export of orders as csv by user ")
    assert "bea" not in " ".join(told)
